"""Recordings of people: one in-memory and on-disk form for every source."""
