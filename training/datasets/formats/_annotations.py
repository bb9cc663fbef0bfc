"""One annotation of PYSKL or MMAction2, checked field by field; Kinetics' compressed form unpacked.

annotation = read_annotation(raw, Path("k400.pkl"), "k400.pkl: annotation 12", Options())
annotation.keypoint, annotation.score          # (M, T, V, 2 or 3), (M, T, V)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from training.datasets.arrays import AnyArray
from training.datasets.formats._base import MAX_FRAMES, Options
from training.datasets.formats._people import keep_people, link, spread
from training.datasets.formats._pickles import array_of, load_pickle

_PLANE, _SPACE = 2, 3  # coordinates of a joint
_MOST_NUMBERS = 200_000_000  # of an annotation when it is unpacked
_SEEN = 0.01  # scores up to it are how PYSKL writes that a joint was not found


@dataclass(frozen=True)
class Annotation:
    """The joints of everybody in a clip.

    Attributes:
        keypoint: (M, T, V, 2 or 3) pixels or metres.
        score: (M, T, V), 0 where a joint was not found.
        height: of the picture in pixels; 1 for metres.
        where: the place in the file, for complaints.
    """

    name: str
    label: int
    keypoint: AnyArray
    score: AnyArray
    height: float
    where: str

    @property
    def in_space(self) -> bool:
        """Whether there is depth."""
        return bool(self.keypoint.shape[3] == _SPACE)


class RawFiles:
    """The pickles beside an annotation file; the last one is remembered, for clips of one file follow each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last: tuple[Path, Mapping[Any, Any]] | None = None

    def clip(self, file: object, name: str, where: str) -> Mapping[Any, Any]:
        """The skeletons of a clip.

        Raises:
            InputError: the file cannot be read, or the clip is not in it.
        """
        path = self._folder / Path(str(file)).name  # the annotator's own folders are of no use here
        if self._last is None or self._last[0] != path:
            content = load_pickle(path)
            if not isinstance(content, dict):
                raise InputError(f"{path}: is not a dict of clips")
            self._last = (path, content)
        clip = self._last[1].get(name)
        if not isinstance(clip, dict):
            raise InputError(f"{where}: is not in {path}")
        return clip


def read_annotation(raw: Any, raw_files: RawFiles, where: str, options: Options) -> Annotation:  # noqa: ANN401 - from a pickle
    """Check an annotation.

    Raises:
        InputError: a field is missing, or is not what it should be.
    """
    if not isinstance(raw, dict):
        raise InputError(f"{where}: is not a dict")
    name = raw.get("frame_dir", raw.get("filename"))
    if not isinstance(name, str) or not name:
        raise InputError(f"{where}: has no frame_dir")
    where = f"{where} ({name[:80]})"
    label, frames = _whole(raw, "label", where, least=-1), _whole(raw, "total_frames", where, least=0)
    if "raw_file" in raw:
        clip = raw_files.clip(raw["raw_file"], name, where)
        keypoint, score = _unpack(clip, _numbers(raw, "frame_inds", where, 1), frames, where, options.people)
    else:
        keypoint, score = _plain(raw, frames, where)
    height = 1.0 if keypoint.shape[3] == _SPACE else _height(raw, where, options)
    return Annotation(name, label, keypoint, np.where(score <= _SEEN, 0, score), height, where)


def _whole(raw: Mapping[Any, Any], field: str, where: str, least: int) -> int:
    value = raw.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_FRAMES:
        raise InputError(f"{where}: {field} is {str(value)[:40]}; a whole number from {least} is needed")
    return value


def _height(raw: Mapping[Any, Any], where: str, options: Options) -> float:
    shape = raw.get("img_shape", raw.get("original_shape"))
    if options.size is not None:
        return float(options.size[1])
    if (
        not isinstance(shape, tuple | list)
        or len(shape) != _PLANE
        or not all(isinstance(side, int | float) and 1 < side <= MAX_FRAMES for side in shape)
    ):
        raise InputError(f"{where}: img_shape is {str(shape)[:40]}; (height, width) is needed, or --size")
    return float(shape[0])


def _numbers(raw: Mapping[Any, Any], field: str, where: str, dimensions: int) -> AnyArray:
    array = array_of(raw.get(field))
    if array is None or array.ndim != dimensions or array.dtype.kind not in "fiu":
        has = "missing" if array is None else f"{array.shape} of {array.dtype}"
        raise InputError(f"{where}: {field} is {has}; an array of {dimensions} dimensions of numbers is needed")
    return array


def _plain(raw: Mapping[Any, Any], frames: int, where: str) -> tuple[AnyArray, AnyArray]:
    keypoint = _numbers(raw, "keypoint", where, 4)
    if keypoint.shape[1] != frames or keypoint.shape[3] not in {_PLANE, _SPACE}:
        raise InputError(f"{where}: keypoint is {keypoint.shape}; (people, {frames}, joints, 2 or 3) is needed")
    there = (keypoint != 0).any(axis=-1)
    if keypoint.shape[3] == _SPACE and "keypoint_score" not in raw:
        return keypoint, there.astype(np.float64)
    score = _numbers(raw, "keypoint_score", where, 3)
    if score.shape != keypoint.shape[:3]:
        raise InputError(f"{where}: keypoint_score is {score.shape}, keypoint {keypoint.shape}")
    return keypoint, score * there


def _unpack(
    clip: Mapping[Any, Any], place: AnyArray, frames: int, where: str, people: int
) -> tuple[AnyArray, AnyArray]:
    """Kinetics' form: the skeletons of all frames in one array, in no order within a frame."""
    points = _numbers(clip, "keypoint", where, 3)
    if points.shape[2] != _SPACE or len(place) != len(points):
        raise InputError(f"{where}: keypoint is {points.shape}; ({len(place)}, joints, 3) is needed, one a frame_inds")
    if len(place) and not 0 <= place.min() <= place.max() < frames:
        raise InputError(f"{where}: frame_inds go from {place.min()} to {place.max()}, but there are {frames} frames")
    if people * frames * points.shape[1] > _MOST_NUMBERS:
        raise InputError(f"{where}: {frames} frames are too many for one clip")
    by_frame: list[list[AnyArray]] = [[] for _ in range(frames)]
    for one, frame in zip(points.astype(np.float64), place, strict=True):
        by_frame[int(frame)].append(one)
    everybody = [spread(track, frames, points.shape[1]) for track in keep_people(link(by_frame, where), people)]
    values = np.stack(everybody) if everybody else np.zeros((0, frames, points.shape[1], _SPACE))
    return values[..., :_PLANE], values[..., _PLANE]
