"""Annotations of PYSKL and MMAction2: a pickle with the joints of every clip, from HRNet, Kinect or elsewhere.

Either `{"split": {name: ids}, "annotations": [...]}`, or a list of annotations (the older form), or one annotation.
Each has `frame_dir` (or `filename`), `label`, `total_frames` and `keypoint` (M, T, V, C): in pixels with
`keypoint_score` (M, T, V) and `img_shape` (height, width), or in metres with C = 3. Kinetics' compressed form has
`raw_file` (a pickle beside it), `frame_inds` and `box_score` instead of `keypoint`. Splits go along as published.

    posefleet data import ntu60_hrnet.pkl --out data/ntu2d --classes ntu_names.txt
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import InputError
from core.skeleton import NTU25, Array
from training.datasets.formats._annotations import Annotation, RawFiles, read_annotation
from training.datasets.formats._base import Format, Options, Reading, action_labels, assemble, frame_times
from training.datasets.formats._landmarks import layout_of
from training.datasets.formats._pickles import load_pickle
from training.datasets.recording import FRAME_HEIGHTS, METRES, Recording

_FPS = 30.0
_PLANAR = {17: "coco17", 18: "op18", 25: "body25", 21: "hand21", 15: "jhmdb15"}
_SPATIAL = {25: "ntu25", 20: "kinect20", 21: "hand21"}
# In these names the person, and the take that several clips were cut from, are said.
_NTU = re.compile(r"S\d{3}C\d{3}(P\d{3})R\d{3}A\d{3}")
_UCF = re.compile(r"(v_\w+_g\d+)_c\d+")


def recognises(source: Path) -> bool:
    """Whether it is a pickle; what is in it, only reading tells."""
    return source.is_file() and source.suffix in {".pkl", ".pickle"}


def read(source: Path, options: Options) -> Reading:
    """Every annotation is a unit; each of its people is a recording."""
    content = load_pickle(source)
    annotations, splits = _parts(content, source)
    return Reading(len(annotations), _recordings(source, annotations, splits, options))


def _parts(content: Any, source: Path) -> tuple[Sequence[Any], Mapping[str, tuple[str, ...]]]:  # noqa: ANN401 - from a pickle
    if isinstance(content, dict) and "keypoint" in content:
        content = [content]
    if isinstance(content, list):
        return content, {}
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        raise InputError(f"{source}: is neither a list of annotations nor a dict with `annotations`")
    parts: dict[str, list[str]] = {}
    published = content.get("split", {})
    if not isinstance(published, dict) or not all(isinstance(ids, list | tuple | set) for ids in published.values()):
        raise InputError(f"{source}: split is not a dict of lists of clips")
    for name, ids in published.items():
        for clip in ids:
            parts.setdefault(str(clip), []).append(str(name))
    return content["annotations"], {clip: tuple(names) for clip, names in parts.items()}


def _recordings(
    source: Path, annotations: Sequence[Any], splits: Mapping[str, tuple[str, ...]], options: Options
) -> Iterator[Sequence[Recording]]:
    raw_files = RawFiles(source.parent)
    for number, raw in enumerate(annotations):
        annotation = read_annotation(raw, raw_files, f"{source}: annotation {number}", options)
        yield list(_people(annotation, splits.get(annotation.name, ()), options))


def _people(annotation: Annotation, splits: tuple[str, ...], options: Options) -> Iterator[Recording]:
    layout = layout_of(
        annotation.keypoint.shape[2],
        options.layout,
        where=annotation.where,
        candidates=_SPATIAL if annotation.in_space else _PLANAR,
    )
    frames = annotation.keypoint.shape[1]
    labels, classes = action_labels(options.label or options.class_name(annotation.label), frames)
    ntu, ucf = _NTU.search(annotation.name), _UCF.search(annotation.name)
    person = options.subject or (ntu[1] if ntu else ucf[1] if ucf else Path(annotation.name).name)
    everybody = [_joints(annotation, number, layout) for number in range(len(annotation.keypoint))]
    present = [joints for joints in everybody if np.isfinite(joints).any()]
    present.sort(key=lambda joints: -float(np.nansum(joints[..., 3])))
    for number, joints in enumerate(present[: options.people]):
        yield Recording(
            name=f"{Path(annotation.name).name}_{number}",
            subject=f"{person}+{number}" if number else person,
            times=frame_times(frames, options.fps or _FPS),
            joints=joints,
            labels=labels,
            classes=classes,
            layout=layout,
            source=ucf[1] if ucf else annotation.name,
            splits=splits,
            unit=METRES if annotation.in_space else FRAME_HEIGHTS,
            has_depth=annotation.in_space,
        )


def _joints(annotation: Annotation, person: int, layout: str) -> Array:
    """Kinects' x grows to the sensor's left and y up; pixels become frame heights."""
    place = annotation.keypoint[person].astype(np.float64)
    if layout == NTU25.name and annotation.in_space:
        place = place * np.array([-1, -1, 1])
    elif not annotation.in_space:
        place = place / annotation.height
    return assemble(place, annotation.score[person], layout=layout, where=f"{annotation.where}: person {person}")


FORMAT = Format("pyskl", "PYSKL or MMAction2 annotations, *.pkl", recognises, read)
