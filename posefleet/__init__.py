"""The front door: one command, which loads each program only when it is asked for."""
