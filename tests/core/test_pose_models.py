"""A directory of pose models is taken as a whole, unchanged, or not at all."""

import hashlib

import msgspec
import pytest

import core.pose_models as module
from core.errors import InputError
from core.pose_models import DETECTOR, LANDMARKS, MANIFEST, ModelFile, PoseManifest, read_pose_models, wheel_models
from tests import tiny


@pytest.fixture
def directory(tmp_path):
    """A well-formed directory; the models in it are not those of people."""
    data = tiny.template()
    digest = hashlib.sha256(data).hexdigest()
    one = ModelFile(size=len(data), sha256=digest, source="a.tflite", source_sha256=digest)
    for name in (DETECTOR, LANDMARKS):
        (tmp_path / name).write_bytes(data)
    write_manifest(tmp_path, PoseManifest(package="mediapipe 1", files={DETECTOR: one, LANDMARKS: one}))
    return tmp_path


def write_manifest(directory, manifest):
    (directory / MANIFEST).write_bytes(msgspec.json.encode(manifest))


def test_what_the_manifest_describes_is_taken(directory):
    """The paths of both models are given when hashes and sizes agree."""
    models = read_pose_models(directory)
    assert (models.detector, models.landmarks) == (directory / DETECTOR, directory / LANDMARKS)


@pytest.mark.parametrize("name", [DETECTOR, LANDMARKS, MANIFEST])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_damage_is_refused(directory, name, damage):
    """A file that is missing, shorter or changed is refused, naming the directory and what makes it anew."""
    path = directory / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "cut" else bytes([data[0] ^ 1]) + data[1:])
    with pytest.raises(InputError, match=r"posefleet convert pose-models") as caught:
        read_pose_models(directory)
    assert str(directory) in str(caught.value)


def test_another_schema_is_refused(directory):
    """A manifest of a later version says so."""
    manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=PoseManifest)
    write_manifest(directory, msgspec.structs.replace(manifest, schema=2))
    with pytest.raises(InputError, match="schema 2"):
        read_pose_models(directory)


def test_a_huge_file_is_not_read(directory, monkeypatch):
    """A file beyond the bound is refused without taking it into memory."""
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", 1000)
    with pytest.raises(InputError, match="more than 1000 bytes"):
        read_pose_models(directory)


def test_the_wheels_models_are_found_without_importing_it():
    """Both models of the installed wheel are there."""
    models = wheel_models()
    assert models is not None
    assert models.detector.name == "pose_detection.tflite"
    assert models.landmarks.name == "pose_landmark_full.tflite"


def test_no_wheel_is_no_error(monkeypatch):
    """Where mediapipe is not installed, there are none."""
    monkeypatch.setattr(module, "WHEEL", "a_package_that_nobody_has")
    assert wheel_models() is None
