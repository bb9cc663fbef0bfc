"""`posefleet convert pose-models`: BlazePose's two models out of an installed mediapipe wheel, for devices without it.

The silhouette and the joints in metres that the landmark model gives beside the joints in the picture are left out, it
ends before its heat maps (`converter.heat_head`), and weights are written as the runtime wants them (`converter.lean`).
Every other output, and heat as a device computes it, is compared with the wheel's before anything is written. The
directory is whole or not there.

    summary = write_pose_models(Path("pose-models"))
"""

import hashlib
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from converter.heat_head import before_heat
from converter.lean import NOTHING, Shape, Stop, make_lean
from core.errors import InputError, PosefleetError
from core.files import sync_directory, write_atomically
from core.interpreter import find_runtime
from core.pose_models import (
    DETECTOR,
    LANDMARKS,
    MANIFEST,
    NOTICE,
    WHEEL,
    WHEEL_PATHS,
    ModelFile,
    PoseManifest,
    wheel_models,
    wheel_version,
)
from device.pose.blazepose.heat import CELLS, HEAD, MAPS, REACH, STEPS, WHOLE, HeatHead

Array = npt.NDArray[np.float32]

_SILHOUETTE, _METRES = (1, 256, 256, 1), (1, 117)
_UNWANTED = {DETECTOR: frozenset[Shape](), LANDMARKS: frozenset({_SILHOUETTE, _METRES})}
_BEFORE: dict[str, Mapping[Shape, Stop]] = {DETECTOR: NOTHING, LANDMARKS: {WHOLE: before_heat}}
_PICTURES = 3
_LICENCE = "LICENSE"
_TOLERANCE = 1e-4  # of the largest value of an output: the order of additions may differ, nothing else
_NOTICE_TEXT = """\
pose_detection.tflite and pose_landmark.tflite are derived from the models pose_detection.tflite and
pose_landmark_full.tflite in the Python package {package}.

Copyright the MediaPipe Authors. Licensed under the Apache License, Version 2.0, of which LICENSE is a copy; you may not
use these files except in compliance with it. They are distributed on an "AS IS" basis, without warranties or conditions
of any kind.

Changed: weights are stored as float32 instead of float16 and sparse; the segmentation output and the world landmarks of
the landmark model, and what only they need, are left out; instead of its heat maps it gives the features and weights
that they are computed from.
"""


def write_pose_models(directory: Path) -> PoseManifest:
    """Write the models, their manifest and the notice; an older set of them is replaced.

    Raises:
        InputError: no mediapipe wheel with these models is installed, or the directory holds something else.
        PosefleetError: the models are not the ones known, or a lean one computes something else.
    """
    _check_destination(directory)
    sources = wheel_models()
    if sources is None:
        raise InputError(
            "pose models: no installed mediapipe package has them; install mediapipe==0.10.18 here (later ones bundle "
            "no models), run this again, and copy the directory to the device"
        )
    originals = {DETECTOR: sources.detector.read_bytes(), LANDMARKS: sources.landmarks.read_bytes()}
    models = {name: make_lean(data, unwanted=_UNWANTED[name], before=_BEFORE[name]) for name, data in originals.items()}
    for name, model in models.items():
        _check_same(name, originals[name], model)
    manifest = PoseManifest(
        package=wheel_version(),
        files={name: _describe(name, model, originals[name]) for name, model in models.items()},
    )
    _write_whole(directory, models, manifest)
    return manifest


def _check_destination(directory: Path) -> None:
    known = {MANIFEST, NOTICE, _LICENCE, DETECTOR, LANDMARKS}
    if directory.exists() and (not directory.is_dir() or {entry.name for entry in directory.iterdir()} - known):
        raise InputError(f"{directory}: is there and holds other things than pose models; choose a new directory")


def _check_same(name: str, original: bytes, lean: bytes) -> None:
    """Both models on the same pictures: the outputs that are left must be equal."""
    first, second = _open(original), _open(lean)
    rng = np.random.default_rng(0)
    for _ in range(_PICTURES):
        picture = rng.random(first.get_input_details()[0]["shape"], np.float32)
        expected, found = _compute(first, picture), _with_heat(_compute(second, picture))
        if missing := expected.keys() - found.keys() - _UNWANTED[name]:
            raise PosefleetError(f"{name}: outputs {sorted(missing)} are gone; nothing was written")
        for shape, values in found.items():
            error = float(np.abs(values - expected[shape]).max())
            if not error <= _TOLERANCE * max(1.0, float(np.abs(expected[shape]).max())):
                raise PosefleetError(f"{name}: output {shape} has changed by {error:.2g}; nothing was written")


def _with_heat(outputs: dict[Shape, Array]) -> dict[Shape, Array]:
    """With whole maps in place of what they are computed from, as a device does, around every seventh cell."""
    if not outputs.keys() >= set(HEAD):
        return outputs
    coarse, fine, kernel, bias = (outputs[shape] for shape in HEAD)
    head = HeatHead(coarse[0], fine[0], kernel.reshape(MAPS, -1), bias)
    whole = np.empty(WHOLE, np.float32)
    middles = [min(middle, CELLS - 1 - REACH) for middle in range(REACH, CELLS + REACH, STEPS.size)]
    for x, y in product(middles, middles):
        part = slice(y - REACH, y + REACH + 1), slice(x - REACH, x + REACH + 1)
        whole[0][part] = head.around(np.tile([x, y], (MAPS, 1))).transpose(1, 2, 0)
    return {shape: values for shape, values in outputs.items() if shape not in HEAD} | {WHOLE: whole}


def _open(model: bytes) -> Any:  # noqa: ANN401 - two runtimes, neither of them typed
    interpreter = find_runtime().Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _compute(interpreter: Any, picture: Array) -> dict[Shape, Array]:  # noqa: ANN401
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return {tuple(output["shape"].tolist()): interpreter.get_tensor(output["index"]) for output in outputs}


def _describe(name: str, model: bytes, original: bytes) -> ModelFile:
    return ModelFile(
        size=len(model),
        sha256=hashlib.sha256(model).hexdigest(),
        source=WHEEL_PATHS[name],
        source_sha256=hashlib.sha256(original).hexdigest(),
    )


def _licence() -> bytes:
    """The wheel's own copy, which has to go with the models."""
    try:
        text = distribution(WHEEL).read_text(_LICENCE)
    except PackageNotFoundError:
        text = None
    if not text:
        raise InputError(
            f"{WHEEL}: the installed package has no {_LICENCE} file to go with the models; install it again"
        )
    return text.encode()


def _write_whole(directory: Path, models: dict[str, bytes], manifest: PoseManifest) -> None:
    """Into a directory beside, which then takes the place."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=f".{directory.name}.") as workshop:
        made = Path(workshop) / "new"
        made.mkdir()
        for name, model in models.items():
            write_atomically(made / name, model)
        write_atomically(made / _LICENCE, _licence())
        write_atomically(made / NOTICE, _NOTICE_TEXT.format(package=manifest.package).encode())
        write_atomically(made / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        if directory.exists():
            directory.rename(Path(workshop) / "old")
        made.rename(directory)
    sync_directory(directory.parent)
