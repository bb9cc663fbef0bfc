"""BlazePose (Bazarevsky et al. 2020) without MediaPipe's graph.

A picture's way: `schedule` (is it time to look for people?) -> `detector` (letterbox, `anchors`, `suppression`) ->
`regions` -> `landmarks` -> `smoothing` in `followed`, which gives the next picture's regions. `estimator` is all of it.
"""

from device.pose.blazepose.estimator import BlazePoseEstimator

__all__ = ["BlazePoseEstimator"]
