"""A video file, a release, and who does what when."""

import io
import json

import cv2
import msgspec
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from core.bundle import write_bundle
from core.errors import ConfigError, InputError
from device.settings import PoseSettings
from posefleet.__main__ import app
from posefleet.analyse import analyse
from posefleet.annotate import write_annotated
from posefleet.timeline import Timeline, to_json, to_table
from tests.device.videos import write_video
from tests.people import write_recording
from training.synthesis import Footage, Script, write_clip
from training.synthesis.script import Segment

FPS = 15.0
SCRIPT = (("background", 4.0), ("wave", 4.0), ("background", 4.0), ("squat", 4.0), ("background", 3.0))


@pytest.fixture
def film(tmp_path):
    """A grey video and an estimator that replays somebody who waves and squats in it."""
    seconds = write_recording(tmp_path / "replayed.npz", SCRIPT, fps=FPS, seed=77)
    video = write_video(tmp_path / "video.avi", pictures=round(seconds * FPS), fps=FPS, size=(160, 120))
    return video, PoseSettings(estimator="recording", recording=tmp_path / "replayed.npz")


def test_a_video_s_timeline_is_its_script(film, bundle):
    """Each action is there once, at its time within a second, as the daemon would have said."""
    video, settings = film
    seen = []
    timeline = analyse(video, bundle, settings, on_frame=seen.append).timeline
    [person] = timeline.people
    assert [one.action for one in person.actions] == ["wave", "squat"]
    for one, (start, end) in zip(person.actions, [(4, 8), (12, 16)], strict=True):
        assert (one.started_at, one.ended_at) == pytest.approx((start, end), abs=1)
    assert timeline.duration_s == pytest.approx(19)
    assert seen == list(range(timeline.frames))
    assert (person.first_seen, person.last_seen) == pytest.approx((0, 19), abs=0.1)


def test_an_action_that_goes_on_ends_with_the_video(tmp_path, bundle):
    """What is still being done in the last frame is there, too."""
    seconds = write_recording(tmp_path / "r.npz", [("background", 4.0), ("wave", 4.0)], fps=FPS, seed=77)
    video = write_video(tmp_path / "v.avi", pictures=round(seconds * FPS), fps=FPS)
    settings = PoseSettings(estimator="recording", recording=tmp_path / "r.npz")
    [person] = analyse(video, bundle, settings).timeline.people
    [wave] = person.actions
    assert (wave.action, wave.ended_at) == ("wave", pytest.approx(seconds - 1 / FPS, abs=0.01))


def test_json_is_the_timeline_and_the_table_names_everything(film, bundle):
    """JSON reads back as what was written; the terminal shows each action with its times."""
    video, settings = film
    timeline = analyse(video, bundle, settings).timeline
    assert msgspec.json.decode(to_json(timeline), type=Timeline) == timeline
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(to_table(timeline))
    text = console.export_text()
    assert "█" in text
    for word in ("wave", "squat", "video.avi", "tiny"):
        assert word in text


def test_nobody_and_nothing_are_said(tmp_path, bundle):
    """An empty room and somebody who does nothing of interest each have a sentence."""
    for name, sentence in (("nobody", "Nobody was seen"), ("background", "No action")):
        write_recording(tmp_path / f"{name}.npz", [(name, 4.0)], fps=FPS)
        video = write_video(tmp_path / f"{name}.avi", pictures=60, fps=FPS)
        settings = PoseSettings(estimator="recording", recording=tmp_path / f"{name}.npz")
        assert sentence in to_table(analyse(video, bundle, settings).timeline).renderables[1]


def test_the_annotated_video_shows_skeleton_and_bars(film, bundle, tmp_path):
    """It has every frame, the person is drawn where they are, and a bar is as long as its action."""
    video, settings = film
    analysis = analyse(video, bundle, settings)
    write_annotated(video, analysis, tmp_path / "out.mp4")
    capture = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    pictures = []
    while (read := capture.read())[0]:
        pictures.append(read[1].astype(int))
    assert len(pictures) == analysis.timeline.frames
    assert pictures[0].shape == (138, 160, 3)
    colourful = [np.ptp(picture[:120], axis=2) > 60 for picture in pictures]
    keypoints = analysis.seen[90][0][1]
    left, right = 120 * keypoints[:, 0].min(), 120 * keypoints[:, 0].max()
    columns = np.flatnonzero(colourful[90].any(axis=0))
    assert left - 8 <= columns.min() <= columns.max() <= max(right, left + 90) + 8
    shown = np.ptp(pictures[5][123:133], axis=2).max(axis=0) > 60
    assert shown.sum() / 119 == pytest.approx(8 / 19, abs=0.12)
    with pytest.raises(InputError, match="is the video itself"):
        write_annotated(video, analysis, video)


@pytest.mark.parametrize("model", [[], ["--model", "nowhere"]])
def test_without_a_model_the_way_to_one_is_said(film, model):
    """No release, or none where one was looked for: the commands that make one are named."""
    result = CliRunner().invoke(app, ["analyse", str(film[0]), *model])
    assert isinstance(result.exception, ConfigError)
    for command in ("posefleet demo", "posefleet train", "posefleet convert"):
        assert command in str(result.exception)


def test_what_is_no_video_is_explained(tmp_path, bundle, film):
    """Rubbish and a missing file are one sentence."""
    (tmp_path / "rubbish.mp4").write_bytes(b"rubbish" * 50)
    for name in ("rubbish.mp4", "missing.mp4"):
        with pytest.raises(InputError, match=f"{name}: no frame can be read"):
            analyse(tmp_path / name, bundle, film[1])


@pytest.mark.e2e
def test_a_rendered_clip_is_analysed_by_the_command(tmp_path, bundle):
    """With the default estimator somebody rendered is found; JSON goes to stdout, the annotated video to its file."""
    script = Script((Segment("wave", 0.0, 3.0),))
    clip = write_clip(Footage(name="c", subject="s", person_seed=1, room_seed=2, script=script, fps=8.0), tmp_path)
    write_bundle(bundle, tmp_path / "release")
    command = ["analyse", str(clip.video), "--model", str(tmp_path / "release"), "--json"]
    result = CliRunner().invoke(app, [*command, "--video", str(tmp_path / "seen.mp4")])
    assert result.exit_code == 0, result.stderr
    timeline = json.loads(result.stdout)
    assert timeline["frames"] == clip.footage.frames
    assert len(timeline["people"]) == 1
    assert cv2.VideoCapture(str(tmp_path / "seen.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == clip.footage.frames
