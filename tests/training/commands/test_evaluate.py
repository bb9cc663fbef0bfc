"""`posefleet evaluate` as its users meet it."""

import json
import stat

import pytest
from PIL import Image
from typer.testing import CliRunner

from core.bundle import WEIGHTS, write_bundle
from core.errors import InputError
from core.files import write_atomically
from posefleet.__main__ import app
from tests.training.plays import play
from training.datasets.recording import save
from training.provenance import write_provenance

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def places(bundle, tmp_path_factory):
    """A release, the checkpoint that it was made of, taught by ann, and films of ann, ben and cem."""
    root = tmp_path_factory.mktemp("evaluate")
    write_bundle(bundle, root / "release")
    films = [play(f"{who}_1", who) for who in ("ann", "ben", "cem")]
    for film in films:
        save(film, root / "data" / f"{film.name}.npz")
    write_atomically(root / "checkpoint" / WEIGHTS, bundle.files[WEIGHTS])
    write_provenance(root / "checkpoint", films[:1], [], clips=False)
    return root


def run(places, *options):
    """The command on the release and the films."""
    return RUNNER.invoke(app, ["evaluate", str(places / "release"), str(places / "data"), *map(str, options)])


def test_strangers_are_judged_and_the_report_is_written(places, tmp_path):
    """Terminal, page, JSON beside it and picture speak of the same two people whom training never saw."""
    options = ("--trained", places / "checkpoint", "--report", tmp_path / "r.html", "--plot", tmp_path / "c.png")
    result = run(places, *options)
    assert result.exit_code == 0, result.output
    assert "Trust it with care" in result.output
    assert "windows of 2 people" in result.output
    assert "Tested on people whom training never saw" in (tmp_path / "r.html").read_text()
    figures = json.loads((tmp_path / "r.json").read_text())
    assert figures["people"] == ["ben", "cem"]
    assert figures["stream"]["takes"] == 2
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.format == "PNG"


def test_a_report_is_private(places, tmp_path):
    """Reports name people: only their owner can read them."""
    run(places, "--report", tmp_path / "r.html")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("r.html", "r.json")]
    assert modes == [0o600, 0o600]


def test_without_the_checkpoint_the_doubt_is_said(places, tmp_path):
    """Everybody is judged, and the first lines say that nobody knows who taught the model."""
    result = run(places, "--json", tmp_path / "figures.json")
    assert result.exit_code == 0, result.output
    assert "Nobody said whom the model learnt from" in " ".join(result.output.split())
    assert json.loads((tmp_path / "figures.json").read_text())["people"] == ["ann", "ben", "cem"]


def test_judging_on_who_taught_it_is_not_to_be_trusted(places):
    """Whoever insists on ann is told that the figures are optimistic."""
    result = run(places, "--trained", places / "checkpoint", "--people", "ann")
    assert "Do not trust it" in result.output
    assert "Optimistic" in result.output


@pytest.mark.parametrize(
    ("options", "says"),
    [(("--people", "zoe"), "zoe is not in the data"), (("--trained", "nowhere"), r"training\.json")],
)
def test_a_mistake_is_one_clear_error(places, options, says):
    """People who are not there, and a folder that is no checkpoint, are named."""
    result = run(places, *options)
    assert isinstance(result.exception, InputError)
    with pytest.raises(InputError, match=says):
        raise result.exception
