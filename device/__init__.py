"""The daemon on a board: camera frames in, action events and weight deltas out."""
