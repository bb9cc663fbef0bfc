"""Pose estimators, one file each, behind one protocol."""
