"""Federated learning on the board: what it learns from, and a child process that trains."""
