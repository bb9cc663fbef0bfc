"""What parts cost and how good they are, measured: each module is a command whose `--help` says what and for how long.

    python -m tests.benchmarks.pairs --help

Nothing here passes or fails but for a user's mistake, which exits with 2. `make bench` and `make accuracy` run some of
them; docs/benchmarks.md has the figures.
"""
