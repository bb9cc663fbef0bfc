"""What the outputs of a user's pose model mean: a layout is recognised by shapes, and decoded to candidates.

Every layout gives candidates in pixels of the model's input; `device.pose.yolo` and `device.pose.movenet` hold them.
A model whose shapes no layout explains is refused with the shapes that were seen and the layouts that are known.

    layout = recognise(model, YOLO, "yolo")
    people = layout.decode(model.run(picture), model.size, 0.25)        # Candidates
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.skeleton import COCO17, Pose
from device.objects.picture_model import Array, PictureModel, Pixels, Shape

Size = tuple[int, int]  # rows, columns
JOINTS = COCO17.size
KEYPOINTS = 3 * JOINTS  # numbers: x, y and score of each
HIPS = [COCO17.index[name] for name in ("left_hip", "right_hip")]
TORSO = [*HIPS, *(COCO17.index[name] for name in ("left_shoulder", "right_shoulder"))]
_MOST_NORMALISED = 2.0  # shares of the input hardly pass 1; the pixels of somebody always pass 2
_MOST_CANDIDATES = 300  # what overlapping boxes are compared for; the best come first


@dataclass(frozen=True)
class Candidates:
    """People that a model reports, in pixels of its input, best first.

    Attributes:
        score: (N,) in [0, 1].
        boxes: (N, 4) left, top, right, bottom.
        keypoints: (N, 17, 3) x, y, score.
    """

    score: Array
    boxes: Array
    keypoints: Array

    def take(self, rows: npt.NDArray[np.intp]) -> "Candidates":
        """Some of them."""
        return Candidates(self.score[rows], self.boxes[rows], self.keypoints[rows])


@dataclass(frozen=True)
class OutputLayout:
    """One way in which models report people.

    Attributes:
        name: whose models do, and the shapes of their outputs, for messages.
        fits: whether outputs of these shapes, for an input of this size, are of this layout.
        decode: outputs and size of the input to candidates with at least the given score.
        pixels: what float inputs of such models are filled with.
        fill: the brightness of the bars around a picture, as in training.
        overlapping: whether one person is reported many times.
        single: whether it is always one person, best seen in a region of their own.
    """

    name: str
    fits: Callable[[Sequence[Shape], Size], bool]
    decode: Callable[[Sequence[Array], Size, float], Candidates]
    pixels: Pixels
    fill: int = 0
    overlapping: bool = False
    single: bool = False


def recognise(model: PictureModel, layouts: Sequence[OutputLayout], estimator: str) -> OutputLayout:
    """The layout of a model's outputs.

    Raises:
        InputError: none of the layouts explains them.
    """
    for layout in layouts:
        if layout.fits(model.shapes, model.size):
            return layout
    known = "; ".join(layout.name for layout in layouts)
    raise InputError(
        f"{model.path}: the estimator `{estimator}` knows no such outputs; the file has {model.describe()}; known are "
        f"(N follows from the input's size): {known}; export it with its original outputs, or set [pose] estimator to "
        "the one that knows them"
    )


def to_pixels(places: Array, size: Size) -> Array:
    """Coordinates (N, ..., 2) x, y as pixels of the input, whether they are that or shares of it.

    Exports differ in this for boxes and for keypoints, even within one file, so each group is decided by itself, from
    candidates that count: what is larger than a share can be is pixels.
    """
    if places.size and np.abs(places).max() > _MOST_NORMALISED:
        return places
    return places * np.array((size[1], size[0]), np.float32)


def best(rows: Array, score: Array, least: float) -> npt.NDArray[np.intp]:
    """Which rows (N, ...) count, best first: with a score of at least `least`, all numbers finite, and not too many."""
    chosen = np.flatnonzero(score >= least)
    chosen = chosen[np.argsort(-score[chosen], kind="stable")][:_MOST_CANDIDATES]
    finite = np.isfinite(rows[chosen]).all(axis=tuple(range(1, rows.ndim)))
    return np.asarray(chosen[finite], np.intp)


def is_somebody(keypoints: Array, min_visibility: float) -> bool:
    """Whether keypoints (17, 3) show shoulders and hips well enough for their movement to be judged."""
    return bool(keypoints[TORSO, 2].mean() >= min_visibility)


def to_pose(places: Array, score: Array) -> Pose:
    """A pose of joints (17, 2) in frame heights and their scores (17,)."""
    joints = np.zeros((JOINTS, 3), np.float32)
    joints[:, :2] = places
    return Pose(joints, np.clip(score, 0, 1).astype(np.float32), COCO17.name)
