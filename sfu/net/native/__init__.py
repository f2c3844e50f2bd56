"""C for what is done for every packet and every consumer."""
