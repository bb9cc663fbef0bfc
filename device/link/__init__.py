"""The way to the broker and back, and the closed list of what may take it."""
