"""Store and forward: what waits on the disk until somebody has it."""
