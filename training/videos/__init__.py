"""Videos to recordings, with the estimator that the daemon runs."""
