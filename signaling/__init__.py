"""Sessions, participants, accounts, and the signaling that carries a join."""
