"""The terminal way in: thin commands over operations."""
