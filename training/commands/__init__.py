"""The commands around training: data in, looked at and checked, and releases judged."""
