"""`posefleet device bench`: stages and estimators measured on this board."""
