"""What forwarding costs: `python -m bench`."""
