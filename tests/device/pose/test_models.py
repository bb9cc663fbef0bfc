"""Pose models are looked for where the settings say, then where they are by default, then in the wheel."""

import pytest

import device.pose.models as module
from core.errors import InputError
from core.pose_models import wheel_models
from device.pose.models import TfliteModel, find_pose_models
from tests import tiny


def test_a_directory_that_is_named_must_hold_them(tmp_path):
    """A setting that leads nowhere is an error, however many other models are around."""
    with pytest.raises(InputError, match="posefleet convert pose-models"):
        find_pose_models(tmp_path)


def test_without_a_directory_the_wheel_serves(monkeypatch, tmp_path):
    """Right after installation everything works."""
    monkeypatch.setattr(module, "DEFAULT_MODELS", tmp_path)
    assert find_pose_models(None) == wheel_models()


def test_where_there_are_none_the_command_is_named(monkeypatch, tmp_path):
    """Without any models the error says where they were looked for, what to run and what to set."""
    monkeypatch.setattr(module, "DEFAULT_MODELS", tmp_path / "nowhere")
    monkeypatch.setattr(module, "wheel_models", lambda: None)
    with pytest.raises(InputError, match=r"nowhere.*posefleet convert pose-models.*pose\.models"):
        find_pose_models(None)


def test_an_output_that_is_not_there_is_named(tmp_path):
    """A model of another kind is refused when its outputs are read, with the shapes that it has."""
    path = tmp_path / "other.tflite"
    path.write_bytes(tiny.template())
    model = TfliteModel(path, threads=1)
    assert model.input_shape == (1, 32, 107)
    with pytest.raises(InputError, match=r"no output \(1, 195\)"):
        model.output((1, 195))


def test_what_the_runtime_refuses_is_an_input_error(tmp_path):
    """A damaged file is one sentence with its path."""
    path = tmp_path / "bad.tflite"
    path.write_bytes(b"nothing that a runtime reads")
    with pytest.raises(InputError, match=r"bad\.tflite"):
        TfliteModel(path, threads=1)
