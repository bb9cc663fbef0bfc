"""The budget of a frame: measured by stage, and held by a ladder of named steps."""
