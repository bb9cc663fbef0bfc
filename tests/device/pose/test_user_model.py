"""Every known layout of a user's pose model gives the joints where they are, and others are refused with a reason."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from device.pose import make_estimator
from device.pose.letterbox import Letterbox
from device.pose.outputs import JOINTS
from device.settings import PoseSettings
from tests import picture_models
from tests.picture_models import Tensor

ROWS, COLUMNS = 96, 128  # of the model's input
PICTURE = (90, 150)  # wider than the input: bars above and below
CELLS = 12 * 16 + 6 * 8 + 3 * 4
BOX = Letterbox.fit(PICTURE, (ROWS, COLUMNS))
SIZE = np.array((COLUMNS, ROWS), np.float32)


def people(count: int) -> list[np.ndarray]:
    """Joints (17, 3) x, y in pixels of the picture and score, side by side."""
    random = np.random.default_rng(7)
    width = PICTURE[1] / count
    low = [(width * number + 4, 8) for number in range(count)]
    joints = [random.uniform(corner, (corner[0] + width - 8, PICTURE[0] - 8), (JOINTS, 2)) for corner in low]
    return [np.concatenate([places, random.uniform(0.7, 0.95, (JOINTS, 1))], axis=1) for places in joints]


@dataclass(frozen=True)
class Seen:
    """A person in the model's input: centre and size of their box, keypoints (17, 3); in pixels, or as shares."""

    box: np.ndarray
    keypoints: np.ndarray

    @property
    def corners(self) -> np.ndarray:
        return np.concatenate([self.box[:2] - self.box[2:] / 2, self.box[:2] + self.box[2:] / 2])


def seen(person: np.ndarray, shares: tuple[bool, bool], *, whole: bool = False) -> Seen:
    """The person as a model would report it; single-pose models see the picture without rounding to whole pixels."""
    box_shares, keypoint_shares = shares
    places = BOX.to_input(person[:, :2].astype(np.float32))
    if whole:
        scale = min(SIZE / PICTURE[::-1])
        places = person[:, :2] * scale + (SIZE - np.array(PICTURE[::-1]) * scale) / 2
    low, high = places.min(axis=0), places.max(axis=0)
    box = np.concatenate([(low + high) / 2, high - low]) / (np.tile(SIZE, 2) if box_shares else 1)
    keypoints = np.concatenate([places / (SIZE if keypoint_shares else 1), person[:, 2:]], axis=1)
    return Seen(box, keypoints)


def v8_rows(found: list[Seen]) -> np.ndarray:
    rows = np.zeros((1, CELLS, 56))
    for number, one in enumerate(found):
        for place, score in ((30 + number, 0.9), (90 + number, 0.7)):  # twice, as neighbouring cells report a person
            rows[0, place] = np.concatenate([one.box, [score], one.keypoints.ravel()])
    rows[0, 5] = np.concatenate([found[0].box, [0.1], np.ones(51)])  # nobody: too low a score
    return rows


def v7(found: list[Seen]) -> list[np.ndarray]:
    rows = np.zeros((1, 3 * CELLS, 57))
    for number, one in enumerate(found):
        for place, score in ((30 + number, 0.9), (90 + number, 0.7)):
            rows[0, place] = np.concatenate([one.box, [score, 0.95], one.keypoints.ravel()])
    rows[0, 5] = np.concatenate([found[0].box, [0.9, 0.2], np.ones(51)])  # an object, but hardly a person
    return [rows]


def v8(found: list[Seen]) -> list[np.ndarray]:
    return [v8_rows(found).transpose(0, 2, 1)]


def v8_transposed(found: list[Seen]) -> list[np.ndarray]:
    return [v8_rows(found)]


def end_to_end(found: list[Seen]) -> list[np.ndarray]:
    rows = np.zeros((1, 300, 57))
    for number, one in enumerate(found):
        rows[0, number] = np.concatenate([one.corners, [0.9 - number / 10, 0], one.keypoints.ravel()])
    return [rows]


def rtmo(found: list[Seen]) -> list[np.ndarray]:
    keypoints, boxes = np.zeros((1, 40, JOINTS, 3)), np.zeros((1, 40, 5))
    for number, one in enumerate(found):
        keypoints[0, number] = one.keypoints
        boxes[0, number] = [*one.corners, 0.9 - number / 10]
    return [keypoints, boxes]


def multi_pose(found: list[Seen]) -> list[np.ndarray]:
    rows = np.zeros((1, 6, 56))
    for number, one in enumerate(found):
        left, top, right, bottom = one.corners
        keypoints = one.keypoints[:, [1, 0, 2]].ravel()
        rows[0, number] = [*keypoints, top, left, bottom, right, 0.9 - number / 10]
    return [rows]


def single_pose(found: list[Seen]) -> list[np.ndarray]:
    return [found[0].keypoints[None, None][..., [1, 0, 2]]]


def simcc(found: list[Seen]) -> list[np.ndarray]:
    across, down = np.zeros((1, JOINTS, 2 * COLUMNS)), np.zeros((1, JOINTS, 2 * ROWS))
    for joint, (x, y, score) in enumerate(found[0].keypoints):
        across[0, joint, round(2 * x)] = score
        down[0, joint, round(2 * y)] = score + 0.01
    return [down, across]


Layout = Callable[[list[Seen]], list[np.ndarray]]
SHARES = {
    "pixels": (False, False),
    "box shares": (True, False),
    "keypoint shares": (False, True),
    "shares": (True, True),
}
YOLO: tuple[Layout, ...] = (v7, v8, v8_transposed, end_to_end, rtmo)
SINGLE: tuple[Layout, ...] = (single_pose, simcc)
# One scale holds for a whole tensor: eight bits cannot hold pixels and scores together.
EIGHT_BITS = {"int8": ("int8", 1 / 250, -128), "uint8": ("uint8", 1 / 250, 0)}
CASES = [
    *(pytest.param("yolo", one, SHARES[how], None, id=f"{one.__name__}-{how}") for one in YOLO for how in SHARES),
    pytest.param("movenet", multi_pose, SHARES["shares"], None, id="multi_pose"),
    pytest.param("movenet", single_pose, SHARES["shares"], None, id="single_pose"),
    pytest.param("movenet", simcc, SHARES["pixels"], None, id="simcc"),
    *(
        pytest.param(name, one, SHARES["pixels" if one is simcc else "shares"], how, id=f"{one.__name__}-{kind}")
        for kind, how in EIGHT_BITS.items()
        for name, layouts in (("yolo", YOLO), ("movenet", (multi_pose, *SINGLE)))
        for one in layouts
    ),
]


def estimator_of(tmp_path, estimator: str, model: bytes, **settings):
    path = tmp_path / "pose.tflite"
    path.write_bytes(model)
    return make_estimator(PoseSettings(estimator=estimator, model=path, **settings))


def check(poses, expected: list[np.ndarray]) -> None:
    """Everybody is where they are, within half a pixel, in order of their place from left to right."""
    assert len(poses) == len(expected)
    for pose, person in zip(sorted(poses, key=lambda one: one.joints[:, 0].mean()), expected, strict=True):
        assert pose.layout == "coco17"
        places = pose.joints[:, :2] * PICTURE[0]
        assert np.linalg.norm(places - person[:, :2], axis=1).max() < 0.5
        assert pose.score == pytest.approx(person[:, 2], abs=0.01)
        assert not pose.joints[:, 2].any()


@pytest.mark.parametrize(("estimator", "layout", "shares", "quantized"), CASES)
def test_joints_are_found_where_they_are(tmp_path, estimator, layout, shares, quantized):
    """Each layout, in pixels or shares, float or quantized, gives everybody's joints within half a pixel."""
    single = layout in SINGLE
    expected = people(1 if single else 2)
    answers = layout([seen(one, shares, whole=single) for one in expected])
    how = [quantized] * len(answers)
    model = picture_models.fixed(answers, picture=Tensor((1, ROWS, COLUMNS, 3)), quantized=how)
    made = estimator_of(tmp_path, estimator, model)
    check(made.estimate(np.zeros((*PICTURE, 3), np.uint8), 0.0), expected)
    made.close()
