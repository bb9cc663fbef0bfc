"""Videos to recordings: by content, in several processes, resumed after any death."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigError, InputError
from device.pose import Effort
from device.settings import PoseSettings
from tests.device.videos import write_video
from tests.people import pose_at, write_recording
from training.datasets.recording import load
from training.synthesis import Footage, Script, write_clip
from training.synthesis.script import Segment
from training.videos.extract import Source, extract_all
from training.videos.folders import find_videos
from training.videos.watching import frames, watch


class Crowd:
    """An estimator that sees people of formulas: `present(frame)` says who is there."""

    def __init__(self, present):
        self.present = present
        self.frame = -1

    def estimate(self, image, captured_at):
        self.frame += 1
        return [pose_at("wave", captured_at, seed=seed) for seed in self.present(self.frame)]

    def adapt(self, effort: Effort) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def replay(tmp_path) -> PoseSettings:
    """Settings of an estimator that costs nothing: it replays somebody who waves."""
    write_recording(tmp_path / "replayed.npz", [("wave", 4.0)])
    return PoseSettings(estimator="recording", recording=tmp_path / "replayed.npz")


@pytest.fixture
def videos(tmp_path) -> Path:
    """anna/wave/1, anna/clap/1, ben/wave/1: each of another length, so of another content."""
    folder = tmp_path / "videos"
    for number, name in enumerate(("anna/wave/1.avi", "anna/clap/1.avi", "ben/wave/1.avi")):
        (folder / name).parent.mkdir(parents=True)
        write_video(folder / name, pictures=10 + number, fps=10.0)
    return folder


def done_by(sources, out, settings, **options) -> list[str]:
    """Extract, with the names in the order in which they were done."""
    done: list[str] = []
    extract_all(sources, out, processes=1, settings=settings, on_done=lambda one: done.append(one.name), **options)
    return done


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Which files there are, and whether they are the same as before."""
    return {
        str(one.relative_to(folder)): (one.stat().st_ino, one.stat().st_mtime_ns)
        for one in folder.rglob("*.*")
        if one.is_file()
    }


def test_folders_say_who_does_what(videos, tmp_path, replay):
    """Recordings lie as the videos do; subject, label, times and classes are the folders' and the videos' own."""
    recordings = extract_all(find_videos(videos), tmp_path / "out", processes=1, settings=replay)
    assert [one.name for one in recordings] == ["anna/clap/1", "anna/wave/1", "ben/wave/1"]
    stored = load(tmp_path / "out" / "ben" / "wave" / "1.npz")
    assert (stored.subject, stored.classes, stored.source) == ("ben", ("background", "clap", "wave"), "ben/wave/1")
    assert set(stored.labels) == {2}
    assert np.allclose(stored.times, np.arange(12) / 10)
    assert stored.found == 1.0


def test_videos_without_a_person_folder_are_one_person_and_without_an_action_background(tmp_path):
    """action/x.mp4 belongs to whoever is named, x.mp4 shows nothing; deeper folders and empty ones are explained."""
    write_video(tmp_path / "street.avi", pictures=2)
    (tmp_path / "wave").mkdir()
    write_video(tmp_path / "wave" / "1.avi", pictures=2)
    street, wave = find_videos(tmp_path, subject="anna")
    assert (street.subject, street.segments, street.classes) == ("anna", (), ("background", "wave"))
    assert (wave.subject, wave.segments[0][0]) == ("anna", "wave")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    write_video(tmp_path / "a" / "b" / "c" / "1.avi", pictures=2)
    with pytest.raises(InputError, match="too deep"):
        find_videos(tmp_path)
    with pytest.raises(InputError, match="no videos"):
        find_videos(tmp_path / "nothing")


def test_a_video_is_looked_at_once_wherever_it_lies(videos, tmp_path, replay):
    """Moved to another action it is only labelled anew; changed content or settings are looked at again."""
    out = tmp_path / "out"
    done_by(find_videos(videos), out, replay)
    cached = stamps(out / ".cache")
    (videos / "ben" / "clap").mkdir()
    (videos / "ben" / "wave" / "1.avi").rename(videos / "ben" / "clap" / "2.avi")
    assert "ben/clap/2" in done_by(find_videos(videos), out, replay)
    assert set(load(out / "ben" / "clap" / "2.npz").labels) == {1}
    assert stamps(out / ".cache") == cached
    write_video(videos / "ben" / "clap" / "2.avi", pictures=20)
    done_by(find_videos(videos), out, replay)
    assert len(stamps(out / ".cache")) == len(cached) + 1
    done_by(find_videos(videos), out, replay.model_copy(update={"min_visibility": 0.3}))
    assert len(stamps(out / ".cache")) == 2 * len(cached) + 1


def test_nothing_is_written_again_that_is_right(videos, tmp_path, replay):
    """A second run touches no file; a recording that was spoilt is made again from what was found."""
    out = tmp_path / "out"
    done_by(find_videos(videos), out, replay)
    before = stamps(out)
    done_by(find_videos(videos), out, replay)
    assert stamps(out) == before
    (out / "anna" / "wave" / "1.npz").write_bytes(b"spoilt")
    done_by(find_videos(videos), out, replay)
    assert load(out / "anna" / "wave" / "1.npz").subject == "anna"
    assert {name for name, stamp in stamps(out).items() if before[name] != stamp} == {"anna/wave/1.npz"}


def test_keypoints_are_private(videos, tmp_path, replay):
    """Recordings and what is kept of them can be read by their owner only."""
    done_by(find_videos(videos), tmp_path / "out", replay)
    files = [one for one in (tmp_path / "out").rglob("*.*") if one.is_file()]
    assert len(files) == 6
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}


def test_an_unreadable_video_is_one_line_and_the_others_go_on(videos, tmp_path, replay):
    """Whoever listens hears of it, all others are done; if nobody listens it is an error."""
    (videos / "anna" / "wave" / "0.mp4").write_bytes(b"no video" * 100)
    failed = []
    sources = find_videos(videos)
    done = done_by(sources, tmp_path / "out", replay, on_failure=lambda one, error: failed.append(str(error)))
    assert sorted(done) == ["anna/clap/1", "anna/wave/1", "ben/wave/1"]
    assert len(failed) == 1
    assert "0.mp4: no frame can be read" in failed[0]
    with pytest.raises(InputError, match="no frame can be read"):
        done_by(sources, tmp_path / "out", replay)


def test_the_command_names_what_it_left_out(videos, tmp_path):
    """One line for each unreadable video, and the exit code of a bad input; an unknown estimator is explained."""
    from typer.testing import CliRunner

    from posefleet.__main__ import app

    for one in videos.rglob("*.avi"):
        one.write_bytes(b"no video")
    result = CliRunner().invoke(
        app, ["data", "extract", str(videos), "--out", str(tmp_path / "out"), "--processes", "1"]
    )
    assert result.exit_code == 2
    lines = [line for line in result.output.splitlines() if "left out" in line]
    assert len(lines) == 3
    assert "0 recordings of 0 videos" in result.output
    result = CliRunner().invoke(app, ["data", "extract", str(videos), "--out", str(tmp_path), "--estimator", "magic"])
    assert isinstance(result.exception, ConfigError)
    assert "--estimator magic" in str(result.exception)


def test_somebody_alone_is_one_person_who_may_leave_and_come_back(tmp_path):
    """With never more than one in the picture, every frame belongs to them, found or not."""
    video = write_video(tmp_path / "v.avi", pictures=60, fps=10.0)
    [person] = watch(video, Crowd(lambda frame: [1] if frame < 20 or frame >= 40 else []), people=3)
    found = np.isfinite(person.joints[:, 0, 0])
    assert len(person.times) == 60
    assert found.tolist() == [True] * 20 + [False] * 20 + [True] * 20
    [nobody] = watch(video, Crowd(lambda frame: []), people=1)
    assert np.isnan(nobody.joints).all()


def test_of_several_people_the_most_present_come_first(tmp_path, monkeypatch):
    """People are told apart by tracking; who is there longest comes first, and who only passes is left out."""
    monkeypatch.setattr("tests.device.videos.STEP", 0)  # the light stays: clothes tell people apart, too
    video = write_video(tmp_path / "v.avi", pictures=50, fps=25.0)

    def present(frame):
        return [seed for seed, here in ((3, 10 <= frame < 40), (1, True), (6, frame in {20, 21})) if here]

    long, short = watch(video, Crowd(present), people=3)
    assert (len(long.times), len(short.times)) == (50, 30)
    assert np.allclose(long.joints[:, :, :3], [pose_at("wave", t, seed=1).joints for t in long.times], atol=1e-6)
    assert short.times[0] == pytest.approx(0.4)
    [only] = watch(video, Crowd(present), people=1)
    assert np.array_equal(only.joints, long.joints)


def test_frames_come_at_the_video_s_own_times(tmp_path):
    """Every frame once, at multiples of its duration."""
    video = write_video(tmp_path / "v.avi", pictures=30, fps=12.5)
    assert np.allclose([moment for moment, _ in frames(video)], np.arange(30) / 12.5)


@pytest.mark.e2e
def test_an_extraction_that_is_killed_goes_on_where_it_was(tmp_path):
    """Rendered people, the default estimator, SIGKILL in the middle: no process stays, no finished file is redone."""
    for number, action in enumerate(("wave", "clap", "squat")):
        script = Script((Segment(action, 0.0, 1.0),))
        footage = Footage(name="take", subject="anna", person_seed=1, room_seed=number, script=script, fps=6.0)
        write_clip(footage, tmp_path / "videos" / action)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "posefleet", "data", "extract", str(tmp_path / "videos"), "--out", str(out)]
    running = subprocess.Popen([*command, "--processes", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not list(out.rglob("*.npz")):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        workers = children_of(running.pid)
    finally:
        running.kill()
        running.wait()
    while any(
        "State:" in (status := read_status(Path(f"/proc/{one}"))) and "State:\tZ" not in status for one in workers
    ):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.01)
    finished = {name: stamp for name, stamp in stamps(out).items() if name.endswith((".npz", ".poses"))}
    assert len(list(out.rglob("*.npz"))) < 3, "killed too late to show anything"
    again = subprocess.run([*command, "--processes", "1"], capture_output=True, text=True, check=True, timeout=120)
    assert "3 recordings of 3 videos" in again.stdout
    after = stamps(out)
    assert {name: after[name] for name in finished} == finished
    assert {load(path).subject for path in out.rglob("*.npz")} == {"videos"}


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and f"\nPPid:\t{pid}\n" in read_status(entry)
    ]


def read_status(entry: Path) -> str:
    """What the kernel says of a process that may be gone by now."""
    try:
        return (entry / "status").read_text()
    except OSError:
        return ""


def test_segments_label_the_parts_of_a_video(tmp_path, replay):
    """What is between the segments is background."""
    video = write_video(tmp_path / "v.avi", pictures=30, fps=10.0)
    source = Source(video, "v", "anna", (("wave", 1.0, 2.0),), ("background", "wave"))
    [recording] = extract_all([source], tmp_path / "out", processes=1, settings=replay)
    assert recording.labels.tolist() == [0] * 10 + [1] * 10 + [0] * 10
