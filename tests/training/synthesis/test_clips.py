"""Clips on disk are whole, true and made once; processes that make them leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import InputError
from training.synthesis import Footage, Script, Segment, clips, film, random_footage, read_clip, write_clip, write_clips

SHORT = Script((Segment("background", 0, 1), Segment("wave", 1, 2)))
SMALL = Footage(name="small", subject="anna", person_seed=5, room_seed=6, script=SHORT, fps=7, width=160, height=120)


def pictures(path):
    video, found = cv2.VideoCapture(str(path)), []
    while True:
        there, picture = video.read()
        if not there:
            return found, video.get(cv2.CAP_PROP_FPS)
        found.append(picture)


def test_a_clip_has_every_frame_and_its_truth(tmp_path):
    """All frames are read back, at their rate, looking as filmed; the sidecar has each frame's joints."""
    clip = write_clip(SMALL, tmp_path)
    found, fps = pictures(clip.video)
    filmed = [shot for _, shot in film(SMALL)]
    assert len(found) == len(filmed) == len(clip.joints) == SMALL.frames
    assert fps == pytest.approx(SMALL.fps)
    for picture, shot, joints in zip(found, filmed, clip.joints, strict=True):
        assert np.abs(picture.astype(int) - shot.picture).mean() < 6
        assert (joints == shot.joints).all()
    assert clip.visible.all()
    assert [clip.label_at(frame) for frame in (0, 6, 7, 13)] == ["background", "background", "wave", "wave"]


def test_reading_gives_back_what_was_written(tmp_path):
    """read_clip takes the video's or the sidecar's path and finds the same clip."""
    written = write_clip(SMALL, tmp_path)
    for path in (written.video, written.sidecar):
        clip = read_clip(path)
        assert clip.footage == SMALL
        assert clip.video == written.video
        assert (clip.joints == written.joints).all()
        assert (clip.visible == written.visible).all()


def test_footage_is_rendered_once(tmp_path, monkeypatch):
    """A second call takes the clip from disk; changed footage is rendered anew."""
    written = write_clip(SMALL, tmp_path)
    monkeypatch.setattr(clips, "film", _no_film)
    assert (write_clip(SMALL, tmp_path).joints == written.joints).all()
    assert write_clips([SMALL, SMALL], tmp_path, processes=2)[1].video == written.video
    with pytest.raises(AssertionError):
        write_clip(replace(SMALL, yaw=0.2), tmp_path)


def _no_film(_footage):
    raise AssertionError("rendered again")


@pytest.mark.parametrize("damage", ["cut video", "cut sidecar", "no video", "other file"])
def test_damaged_clips_are_refused_by_readers_and_mended_by_writers(tmp_path, damage):
    """read_clip says in one sentence what to do; write_clip does it."""
    clip = write_clip(SMALL, tmp_path)
    if damage == "no video":
        clip.video.unlink()
    else:
        victim = clip.video if damage == "cut video" else clip.sidecar
        victim.write_bytes(b"something else" if damage == "other file" else victim.read_bytes()[:-100])
    with pytest.raises(InputError, match="render it again"):
        read_clip(clip.video)
    assert (write_clip(SMALL, tmp_path).joints == clip.joints).all()
    assert (read_clip(clip.video).joints == clip.joints).all()


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError, SystemExit])
def test_interrupted_rendering_leaves_no_file(tmp_path, monkeypatch, trouble):
    """Whatever stops the renderer, the directory is as empty as before."""

    def film_and_fail(footage):
        yield next(film(footage))
        raise trouble

    monkeypatch.setattr(clips, "film", film_and_fail)
    with pytest.raises(trouble):
        write_clip(SMALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_many_clips_in_processes_are_the_same_as_one_by_one(tmp_path):
    """Clips come in the order asked, each announced once, byte for byte as a single process makes them."""
    footages = [replace(SMALL, name=f"clip{number}", room_seed=number) for number in range(3)]
    announced = []
    together = write_clips([*footages, footages[0]], tmp_path / "a", processes=2, on_done=announced.append)
    alone = write_clips(footages, tmp_path / "b")
    assert [clip.footage for clip in together] == [*footages, footages[0]]
    assert sorted(clip.footage.name for clip in announced) == ["clip0", "clip1", "clip2"]
    for one, two in zip(together, alone, strict=False):
        assert one.video.read_bytes() == two.video.read_bytes()
        assert (one.joints == two.joints).all()


def test_a_failing_listener_ends_the_processes(tmp_path):
    """An exception of on_done reaches the caller, and half-made clips are gone."""

    def fail(_clip):
        raise RuntimeError("enough")

    footages = [replace(SMALL, name=f"clip{number}") for number in range(4)]
    with pytest.raises(RuntimeError, match="enough"):
        write_clips(footages, tmp_path, processes=2, on_done=fail)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


_STUDIO = """
import sys
from pathlib import Path
from training.synthesis import random_footage, write_clips

if __name__ == "__main__":
    write_clips([random_footage(f"person{i}") for i in range(6)], Path(sys.argv[1]), processes=2)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_studio_leaves_no_process_and_no_half_file(tmp_path, number):
    """Ctrl-C for the group, or the death of the parent alone: soon no process is left, and no unfinished clip."""
    script, films = tmp_path / "studio.py", tmp_path / "films"
    script.write_text(_STUDIO)
    root = Path(__file__).parents[3]
    studio = subprocess.Popen(
        [sys.executable, script, films],
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    _wait_until(lambda: films.exists() and len(list(films.glob(".*.mp4"))) == 2)
    if number == signal.SIGINT:
        os.killpg(studio.pid, number)
    else:
        studio.kill()
    _wait_until(lambda: not _session(studio.pid))
    assert studio.wait() == -number
    assert list(films.iterdir()) == []


def _session(leader):
    """The living processes of a session (proc(5): stat's fields 3, state, and 6, session)."""
    living = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[3] == str(leader) and fields[0] != "Z":
            living.append(path.parent.name)
    return living


def _wait_until(condition, limit_s=40.0):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_random_footage_can_be_written(tmp_path):
    """What random_footage draws, all sizes and rates, OpenCV writes."""
    footage = random_footage("anna")
    short = replace(footage, script=Script(footage.script.segments[:1]), name="start")
    clip = write_clip(short, tmp_path)
    assert len(pictures(clip.video)[0]) == short.frames
