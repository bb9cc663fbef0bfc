"""Where pictures come from: cameras, streams and films, and what of their pictures is looked at."""
