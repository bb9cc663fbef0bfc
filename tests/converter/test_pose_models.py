"""The wheel's pose models become lean ones that compute the same, in a directory that is whole or not there."""

import hashlib
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

import converter.pose_models as module
from converter.heat_head import before_heat
from converter.lean import make_lean
from converter.pose_models import write_pose_models
from converter.tensors import read_operators
from core.errors import InputError, PosefleetError
from core.interpreter import find_runtime
from core.pose_models import DETECTOR, LANDMARKS, MANIFEST, NOTICE, PoseManifest, read_pose_models, wheel_models
from device.pose.blazepose.heat import CELLS, HEAD, MAPS, WHOLE
from tests import tiny

UNREAD = {(1, 256, 256, 1), (1, 117)}  # the silhouette and the joints in metres


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The models as the command writes them."""
    path = tmp_path_factory.mktemp("models") / "pose-models"
    write_pose_models(path)
    return path


def outputs_of(path, picture):
    interpreter = find_runtime().Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    return {
        tuple(output["shape"].tolist()): interpreter.get_tensor(output["index"])
        for output in interpreter.get_output_details()
    }


@pytest.mark.parametrize(("name", "size"), [(DETECTOR, 224), (LANDMARKS, 256)])
def test_what_is_left_computes_the_same(directory, name, size):
    """On pictures that the converter did not try, every output is the wheel's to the last bit, heat nearly so."""
    wheel, lean = wheel_models(), read_pose_models(directory)
    original, made = (wheel.detector, lean.detector) if name == DETECTOR else (wheel.landmarks, lean.landmarks)
    rng = np.random.default_rng(7)
    picture = np.cumsum(rng.normal(0, 0.1, (1, size, size, 3)), axis=2).astype(np.float32).clip(-1, 1)
    expected, found = outputs_of(original, picture), outputs_of(made, picture)
    assert expected.keys() - found.keys() == (UNREAD | {WHOLE} if name == LANDMARKS else set())
    for shape in expected.keys() & found.keys():
        np.testing.assert_array_equal(found[shape], expected[shape])
    if name == LANDMARKS:
        coarse, fine, kernel, bias = (found[shape] for shape in HEAD)
        enlarged = cv2.resize(coarse[0], (CELLS, CELLS), interpolation=cv2.INTER_LINEAR)
        heat = (enlarged + fine[0]) @ kernel.reshape(MAPS, -1).T + bias
        np.testing.assert_allclose(heat, expected[WHOLE][0], atol=1e-4 * np.abs(heat).max())


def test_heat_maps_that_are_made_otherwise_are_refused():
    """A model whose maps are no weighed sum of coarse and fine features is not cut there."""
    data = wheel_models().landmarks.read_bytes()
    with pytest.raises(PosefleetError, match="computed in another way"):
        make_lean(data, unwanted=UNREAD, before={(1, 195): before_heat})
    with pytest.raises(PosefleetError, match="no outputs"):
        make_lean(data, unwanted=UNREAD, before={(1, 2, 3): before_heat})


def test_nothing_is_left_to_spell_out(directory):
    """Sparse and half-precision weights are float32: no operator spends memory on them at every start."""
    for name in (DETECTOR, LANDMARKS):
        operators = read_operators((directory / name).read_bytes())
        assert not {"DEQUANTIZE", "DENSIFY"} & set(operators)
        assert len(operators) < 130


def test_the_manifest_says_what_came_from_where(directory):
    """Hashes of what was made and of what it was made from, the package and its version; the licence goes along."""
    manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=PoseManifest)
    assert manifest.package.startswith("mediapipe 0.10")
    sources = {DETECTOR: wheel_models().detector, LANDMARKS: wheel_models().landmarks}
    for name, file in manifest.files.items():
        data = (directory / name).read_bytes()
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert file.source_sha256 == hashlib.sha256(sources[name].read_bytes()).hexdigest()
        assert sources[name].as_posix().endswith(file.source)
    assert "Apache License" in (directory / NOTICE).read_text()
    assert "Version 2.0" in (directory / "LICENSE").read_text()


def test_a_failure_leaves_nothing_behind(tmp_path, monkeypatch):
    """When the check fails, neither the directory nor a part of it is there, and an older one is untouched."""

    def spoilt(data: bytes, **how: Any) -> bytes:
        made = bytearray(make_lean(data, **how))
        made[len(made) // 2 : len(made) // 2 + 4] = np.float32(3.0).tobytes()  # one weight
        return bytes(made)

    monkeypatch.setattr(module, "make_lean", spoilt)
    target = tmp_path / "pose-models"
    target.mkdir()
    (target / MANIFEST).write_text("older")
    with pytest.raises(PosefleetError, match="has changed"):
        write_pose_models(target)
    assert [entry.name for entry in tmp_path.rglob("*")] == ["pose-models", MANIFEST]


def test_other_peoples_directories_are_left_alone(tmp_path):
    """A directory with anything else in it is refused before any work is done."""
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="holds other things"):
        write_pose_models(tmp_path)


def test_without_a_wheel_it_says_what_to_install(tmp_path, monkeypatch):
    """Where no wheel has the models, the error names the one that does."""
    monkeypatch.setattr(module, "wheel_models", lambda: None)
    with pytest.raises(InputError, match=r"mediapipe==0\.10\.18"):
        write_pose_models(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_only_a_float_model_can_be_made_lean():
    """A quantized model, an output that is not there and plain noise are refused with a reason."""
    with pytest.raises(PosefleetError, match=r"neither float32 nor a constant|no outputs"):
        make_lean(tiny.template(), unwanted=frozenset())
    with pytest.raises(PosefleetError, match="no outputs"):
        make_lean(wheel_models().detector.read_bytes(), unwanted={(1, 2, 3)})
    with pytest.raises(PosefleetError, match="not a readable"):
        make_lean(b"noise" * 100, unwanted=frozenset())
