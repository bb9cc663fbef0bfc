"""How good a release is: windows, events, the unknown, and pictures of it."""
