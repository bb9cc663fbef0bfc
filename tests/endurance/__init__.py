"""Faults that last: minutes of outage, loss and capture, each with a short form in the suite."""
