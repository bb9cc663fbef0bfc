"""The two models of BlazePose as files: where they are and whether they are what they claim to be.

`posefleet convert pose-models` writes them into a directory of their own: a manifest with sizes and hashes, a notice
about whose they are, the detector and the landmark model. A mediapipe wheel has both, too, less lean; it is only looked
into, never imported.

    models = read_pose_models(Path("/var/lib/posefleet-device/pose-models"))    # or: wheel_models()
    models.detector, models.landmarks                                          # paths of .tflite files
"""

import hashlib
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from core.errors import InputError
from core.tflite_file import check_tflite_file

MANIFEST = "manifest.json"
NOTICE = "NOTICE"
DETECTOR = "pose_detection.tflite"
LANDMARKS = "pose_landmark.tflite"
WHEEL = "mediapipe"
WHEEL_PATHS = {
    DETECTOR: "modules/pose_detection/pose_detection.tflite",
    LANDMARKS: "modules/pose_landmark/pose_landmark_full.tflite",
}
MAX_MODEL_BYTES = 32 * 2**20  # ours have 13 MB each
_MAX_MANIFEST_BYTES = 16 * 2**10
_SCHEMA = 1

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class ModelFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the directory, and the one in the wheel that it was made from."""

    size: Annotated[int, Meta(ge=1, le=MAX_MODEL_BYTES)]
    sha256: Sha256
    source: Annotated[str, Meta(max_length=256)]
    source_sha256: Sha256


class PoseManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the directory holds and where it comes from; `package` is a name and a version."""

    schema: Annotated[int, Meta(ge=1)] = _SCHEMA
    package: Annotated[str, Meta(max_length=64)]
    files: Annotated[dict[str, ModelFile], Meta(max_length=8)]


@dataclass(frozen=True)
class PoseModels:
    """Paths of the two models."""

    detector: Path
    landmarks: Path


def read_pose_models(directory: Path) -> PoseModels:
    """The models in a directory, each checked against the manifest.

    Raises:
        InputError: something is missing, damaged or of another version.
    """
    try:
        manifest = _decode(_read(directory / MANIFEST, _MAX_MANIFEST_BYTES))
        for name in (DETECTOR, LANDMARKS):
            _check(directory / name, manifest.files.get(name))
    except ValueError as exc:
        raise InputError(f"{directory}: {exc}; write it again with `posefleet convert pose-models`") from exc
    return PoseModels(directory / DETECTOR, directory / LANDMARKS)


def wheel_models() -> PoseModels | None:
    """The models in an installed mediapipe wheel, or None where there is none that has them.

    Raises:
        InputError: they are there and damaged.
    """
    spec = PathFinder.find_spec(WHEEL)  # on disk, whatever is loaded under that name
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0])
    paths = {name: root / place for name, place in WHEEL_PATHS.items()}
    if not all(path.is_file() for path in paths.values()):
        return None
    for path in paths.values():
        try:
            check_tflite_file(_read(path, MAX_MODEL_BYTES))
        except ValueError as exc:
            raise InputError(f"{path}: {exc}; install {WHEEL} again") from exc
    return PoseModels(paths[DETECTOR], paths[LANDMARKS])


def wheel_version() -> str:
    """The installed wheel's name and version, as the manifest names it."""
    try:
        return f"{WHEEL} {version(WHEEL)}"
    except PackageNotFoundError:
        return WHEEL


def _decode(data: bytes) -> PoseManifest:
    try:
        manifest = msgspec.json.decode(data, type=PoseManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise ValueError(f"{MANIFEST} cannot be used ({exc})") from exc
    if manifest.schema != _SCHEMA:
        raise ValueError(f"{MANIFEST} has schema {manifest.schema}; this version knows {_SCHEMA}")
    return manifest


def _check(path: Path, expected: ModelFile | None) -> None:
    if expected is None:
        raise ValueError(f"{MANIFEST} does not name {path.name}")
    data = _read(path, MAX_MODEL_BYTES)
    if len(data) != expected.size or hashlib.sha256(data).hexdigest() != expected.sha256:
        raise ValueError(f"{path.name} is not the file that {MANIFEST} describes")
    check_tflite_file(data)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as exc:
        raise ValueError(f"{path.name} cannot be read ({exc.strerror})") from exc
    if len(data) > limit:
        raise ValueError(f"{path.name} has more than {limit} bytes")
    return data
