"""How models of people report what they see, layout by layout; and the people that they report."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.pose.letterbox import Letterbox
from device.pose.outputs import JOINTS

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
YOLO: tuple[Layout, ...] = (v7, v8, v8_transposed, end_to_end, rtmo)
SINGLE: tuple[Layout, ...] = (single_pose, simcc)
MOVENET: tuple[Layout, ...] = (multi_pose, *SINGLE)
