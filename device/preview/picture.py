"""A judged frame as a picture for people: everybody's skeleton, number and action in it.

jpeg = encode(draw(sight))
"""

import numpy as np

from core.skeleton import Array
from device.drawing import Picture, draw_skeleton
from device.onlookers import Sight

_LARGEST = 960  # pixels of width; a wider picture is scaled down
_QUALITY = 80  # of JPEG, in percent
_SIZE = 0.6  # of letters
_WHITE, _GREEN, _DARK = (255, 255, 255), (120, 230, 120), (30, 30, 30)


def draw(sight: Sight) -> Picture:
    """A copy (H, W, 3) BGR of the frame, with what was seen in it."""
    import cv2

    image = sight.frame.image
    scale = min(1.0, _LARGEST / image.shape[1])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    picture: Picture = np.array(image) if scale == 1 else np.asarray(cv2.resize(image, size), np.uint8)
    for track, pose in sight.people:
        keypoints = pose.core15
        places = keypoints[:, :2] * np.float32(picture.shape[0])
        draw_skeleton(picture, places, keypoints[:, 3], thickness=3, bgr=True)
        _name(picture, places[keypoints[:, 3] > 0], track, sight.doing.get(track))
    return picture


def _name(picture: Picture, places: Array, track: int, doing: tuple[str, float] | None) -> None:
    """Number and action above the head, dark behind bright so that it can be read anywhere."""
    import cv2

    if not len(places):
        return
    text = f"{track}" if doing is None else f"{track} {doing[0]} {doing[1]:.0%}"
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, _SIZE, 2)
    middle, top = places[places[:, 1].argmin()]
    left = np.clip(middle - width / 2, 0, max(picture.shape[1] - width, 0))
    spot = (int(left), int(np.clip(top - 30, 16, picture.shape[0] - 1)))
    for shade, thickness in ((_DARK, 5), (_WHITE if doing is None else _GREEN, 2)):
        cv2.putText(picture, text, spot, cv2.FONT_HERSHEY_SIMPLEX, _SIZE, shade, thickness, cv2.LINE_AA)


def encode(picture: Picture) -> bytes:
    """As JPEG."""
    import cv2

    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()
