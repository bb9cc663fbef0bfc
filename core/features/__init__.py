"""Keypoint windows -> what the classifier sees. The one implementation, used by the desktop and by every device.

A window is centred on the body and scaled by it, so that near and far, tall and short look the same; bones and
velocities (in torsos per second, hence independent of the frame rate) are added, then the motion of the body as a
whole, and a mask of what was seen. These features matter more than the network (docs/decisions/0002).

    spec = FeatureSpec()                                            # fifteen joints of the body, in the picture plane
    features = extract(window.keypoints, spec, rate_hz=15.0)        # (T, V, 4) -> (T, F)

- A window alone and in a batch has the same features to the bit, and so have a stream and its recording.
- A still picture is a window of one frame: nothing moves in it.
- A joint that was not seen for a while is where the straight line between its neighbours in time puts it, and its mask
  is 0. One that was seen nowhere in the window leaves no trace at all.
"""

from core.features._boxes import boxes_as_points
from core.features._extract import extract
from core.features._joints import JointChannels, joint_channels
from core.features._points import points_of
from core.features._profiles import PROFILES, FeatureSpec, Profile
from core.features._series import centre_and_torso

__all__ = [
    "PROFILES",
    "FeatureSpec",
    "JointChannels",
    "Profile",
    "boxes_as_points",
    "centre_and_torso",
    "extract",
    "joint_channels",
    "points_of",
]
