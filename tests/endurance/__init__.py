"""Faults that last: minutes of outage, loss, load and capture, each with a short form in the suite.

    python -m tests.endurance.outage --help

Each module that is a command exits with 1 where a promise is broken, and with 2 where it cannot be tried.
"""
