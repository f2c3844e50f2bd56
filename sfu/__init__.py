"""The selective forwarding unit: media between peer connections, never decoded."""
