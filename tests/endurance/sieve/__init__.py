"""Sieves for captured bytes: copies of what was seen (`copies`), and numbers that follow it in time (`traces`)."""
