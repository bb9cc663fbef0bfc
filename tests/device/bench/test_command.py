"""From the options of `device bench` to measurements and files."""

import json

import cv2
import pytest

import device.bench.command
from core.errors import ConfigError, InputError
from device.bench.command import BenchOptions, bench
from device.bench.measuring import Subject
from tests.device.world import World


@pytest.fixture
def world(tmp_path, bundle) -> World:
    return World(tmp_path, bundle, port=1)


def test_a_configured_board_is_measured_with_its_stages(world, tmp_path, monkeypatch, capsys):
    """With a configuration, estimators and all stages of its release are in the table, in the JSON and in the plot."""
    monkeypatch.setattr(device.bench.command, "subjects", lambda pose, cores: [Subject("recording", pose)])
    out = tmp_path / "out"
    bench(BenchOptions(world.config, frames=60, json=out / "bench.json", plot=out / "bench.png"))
    content = json.loads((out / "bench.json").read_bytes())
    assert [one["name"] for one in content["estimators"]] == ["recording"]
    assert content["estimators"][0]["pictures"] == 55
    assert set(content["stages"]) == {"capture", "pose", "tracking", "features", "classifier", "events", "total"}
    assert content["pictures"]["columns"] == 64
    assert cv2.imread(str(out / "bench.png")) is not None
    assert "classifier" in capsys.readouterr().out


def test_a_film_needs_no_configuration(world, tmp_path, monkeypatch, capsys):
    """Without a configuration a film is enough to measure estimators; that stages need one is said."""
    subject = Subject("yolo", device.bench.command.PoseSettings(estimator="yolo"))
    monkeypatch.setattr(device.bench.command, "subjects", lambda pose, cores: [subject])
    bench(BenchOptions(tmp_path / "none.toml", video=world.video))
    assert "the stages of a frame need a configuration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({}, ConfigError, "give a configuration with --config, a film with --video or a camera with --camera"),
        ({"camera": "0", "video": "a.mp4"}, ConfigError, "give one of them, not both"),
        ({"video": "missing.mp4"}, InputError, "missing.mp4: no such file"),
        ({"video": "a.mp4", "plot": "bench.pdf"}, ConfigError, "only .png is drawn"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_error(tmp_path, options, error, says):
    """Nothing to look at, two things at once, a film that is not there, a plot of another kind: each is said."""
    paths = {key: tmp_path / value if key != "camera" else value for key, value in options.items()}
    with pytest.raises(error, match=says):
        bench(BenchOptions(tmp_path / "none.toml", **paths))
