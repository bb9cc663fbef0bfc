"""From nothing to a running daemon: questions, a configuration, and a check of everything it needs."""
