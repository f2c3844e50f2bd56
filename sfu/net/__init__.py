"""The only part of the SFU that knows sockets, clocks and tasks."""
