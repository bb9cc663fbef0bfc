"""For whoever stands before the camera: preview and teaching, asked of the running daemon."""
