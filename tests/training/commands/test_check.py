"""`posefleet data info | check | show`, and training's refusal, as their users meet them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from core.errors import InputError
from posefleet.__main__ import app
from tests.outside import real_data
from tests.training.datasets.checks.makers import clean, recording, with_joints
from training.datasets.recording import save

RUNNER = CliRunner()


def write(recordings, folder: Path) -> Path:
    """Recordings in a folder."""
    for one in recordings:
        save(one, folder / f"{one.name}.npz")
    return folder


def frozen(one):
    """The recording as a broken extraction leaves it."""
    return with_joints(one, lambda joints: np.repeat(joints[:1], len(joints), axis=0))


def test_info_counts_and_draws(tmp_path):
    """People, classes and lengths are printed, and the charts are a PNG."""
    data = write(clean(), tmp_path / "data")
    result = RUNNER.invoke(app, ["data", "info", str(data), "--plot", str(tmp_path / "charts.png")])
    assert result.exit_code == 0, result.output
    assert "9 of 9 takes" in result.output
    assert "3: p0, p1, p2" in result.output
    with Image.open(tmp_path / "charts.png") as picture:
        assert picture.format == "PNG"


def test_check_says_what_a_random_split_is_worth(tmp_path):
    """Clean data passes by subject; the same data at random is warned about and labelled optimistic."""
    data = str(write(clean(), tmp_path))
    honest = RUNNER.invoke(app, ["data", "check", data])
    assert honest.exit_code == 0
    assert "0 refuse, 0 warn" in honest.output
    drawn = RUNNER.invoke(app, ["data", "check", data, "--split", "random"])
    assert drawn.exit_code == 0
    assert "optimistic" in drawn.output
    assert "subject_on_both_sides" in drawn.output


@pytest.mark.parametrize("people", [1, 3])
@pytest.mark.parametrize("command", [["data", "check"], ["train"]])
def test_worthless_data_is_refused_before_anything_is_learnt(tmp_path, command, people):
    """Checking and training stop with the reason, be it of one person, who could not be split anyway, or of three."""
    data = str(write(map(frozen, clean(people)), tmp_path / "data"))
    result = RUNNER.invoke(app, [*command, data])
    assert isinstance(result.exception, InputError)
    assert "refused: frozen_frames: 100% of the frames repeat" in str(result.exception)
    assert result.exception.exit_code == 2


def test_an_accepted_check_no_longer_refuses(tmp_path):
    """`--accept` turns a refusal into something that is only said."""
    data = str(write(map(frozen, clean()), tmp_path))
    result = RUNNER.invoke(app, ["data", "check", data, "--accept", "frozen_frames"])
    assert result.exit_code == 0, result.output
    assert "refuse frozen_frames" in result.output


def test_overlapping_windows_of_continuous_takes_are_warned_about(tmp_path):
    """Three long takes, one a class: with windows drawn at random nearly all of the held-out ones overlap."""
    takes = [recording(action, "p0", seed=7, seconds=20.0) for action in ("clap", "squat", "wave")]
    result = RUNNER.invoke(app, ["data", "check", str(write(takes, tmp_path)), "--split", "random-windows"])
    assert result.exit_code == 0
    for warning in ("overlap_across_split", "one_take", "few_people"):
        assert f"warn {warning}" in result.output


def test_show_draws_every_moment_of_a_recording(tmp_path):
    """The GIF has a picture for every frame and takes as long as the recording; frames of nobody are empty."""
    one = with_joints(clean()[0], lambda j: np.r_[j[:30], np.full_like(j[30:], np.nan)])
    save(one, tmp_path / "one.npz")
    result = RUNNER.invoke(app, ["data", "show", str(tmp_path / "one.npz"), "--out", str(tmp_path / "one.gif")])
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "one.gif") as film:
        durations = []
        for frame in range(film.n_frames):
            film.seek(frame)
            durations.append(film.info["duration"])
        assert sum(durations) == pytest.approx(1000 * len(one.times) / 15, rel=0.1)
        film.seek(0)
        colours = {colour for _, colour in film.convert("RGB").getcolors()}
    assert any(red > 200 and blue < 120 for red, _, blue in colours), "the left side is orange"
    assert any(blue > 200 and red < 120 for red, _, blue in colours), "the right side is blue"


@pytest.mark.parametrize("empty", [True, False])
def test_nothing_to_show_is_explained(tmp_path, empty):
    """A recording of nobody, and a folder, are one clear sentence."""
    one = clean()[0]
    save(replace(one, joints=np.full_like(one.joints, np.nan)), tmp_path / "nobody.npz")
    target = tmp_path / "nobody.npz" if empty else tmp_path
    result = RUNNER.invoke(app, ["data", "show", str(target), "--out", str(tmp_path / "x.gif")])
    assert isinstance(result.exception, InputError)
    assert ("nobody is found" if empty else "is a folder") in str(result.exception)


@pytest.mark.real_data
def test_published_broken_data_is_refused_with_the_true_reason(tmp_path):
    """A public set whose extraction repeated frames is refused as frozen."""
    source = real_data("refuse/frozen_frames")
    assert RUNNER.invoke(app, ["data", "import", str(source), "--out", str(tmp_path / "data")]).exit_code == 0
    result = RUNNER.invoke(app, ["data", "check", str(tmp_path / "data")])
    assert "frozen_frames: 97% of the frames repeat" in str(result.exception)


@pytest.mark.real_data
def test_msr_action3d_with_a_random_split_is_warned_about(tmp_path):
    """Ten people on both sides; by subject only the set's own shortcomings are said."""
    source = real_data("msr_action3d/msr_action3d.npz")
    assert RUNNER.invoke(app, ["data", "import", str(source), "--out", str(tmp_path / "data")]).exit_code == 0
    drawn = RUNNER.invoke(app, ["data", "check", str(tmp_path / "data"), "--split", "random"])
    assert drawn.exit_code == 0
    assert "10 people are on both sides" in drawn.output
    honest = RUNNER.invoke(
        app, ["data", "check", str(tmp_path / "data"), "--split", "published", "--published", "cross_subject"]
    )
    assert honest.exit_code == 0
    assert "both_sides" not in honest.output
    assert "wrong_layout" not in honest.output
