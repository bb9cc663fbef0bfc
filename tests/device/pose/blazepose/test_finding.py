"""Looking for others ends."""

from contextlib import closing

import numpy as np

from device.pose.blazepose import BlazePoseEstimator
from device.pose.blazepose.finding import Finding
from device.settings import PoseSettings


def test_a_picture_comes_to_an_end_whoever_seems_to_replace_whom(monkeypatch):
    """Where every search seems to find somebody and drop somebody else, a picture is searched a dozen times."""
    searches = []

    def find_ever_again(_, *arguments):
        searches.append(arguments)
        return True

    monkeypatch.setattr(Finding, "_finds", find_ever_again)
    with closing(BlazePoseEstimator(PoseSettings(estimator="blazepose"))) as estimator:
        estimator.estimate(np.full((360, 480, 3), 127, np.uint8), 0.0)
    assert len(searches) == 13
