"""Footage on disk: a video and, beside it, the truth about it. Both are whole or not there, and made only once.

    clip = write_clip(random_footage("anna", 0), Path("films"))
    clip.video                      # films/anna-0-1f0c….mp4
    clip.joints                     # (N, 33, 2) pixels
    clip.footage.script.label_at(3.2)

Files are named by the footage's digest: the same footage is never rendered twice, and changed footage never takes
an old file for its own. The truth is written last; a video without it does not count.
"""

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.files import write_atomically
from core.skeleton import MEDIAPIPE33, Array
from training.synthesis.footage import Footage, film

_CODEC = "mp4v"  # MPEG-4 part 2: OpenCV's wheels write and read it everywhere
_LARGEST_SIDECAR = 64 * 2**20  # bytes; an hour at 15 frames a second is 16 MB


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip on disk and the truth about it.

    Attributes:
        video: the pictures.
        footage: the specification: script, frame rate, subject and all the rest.
        joints: (N, 33, 2) float32 pixels from the top left corner, in the order of MEDIAPIPE33, as the picture shows
            them (`footage.mirror`).
        visible: (N, 33) bool, whether the joint is within the picture; it may be hidden behind the body.
    """

    video: Path
    footage: Footage
    joints: Array
    visible: npt.NDArray[np.bool_]

    @property
    def sidecar(self) -> Path:
        """The file with the truth."""
        return self.video.with_suffix(".npz")

    def label_at(self, frame: int) -> str:
        """What is done in a frame."""
        return self.footage.script.label_at(frame / self.footage.fps)


def clip_path(footage: Footage, directory: Path) -> Path:
    """Where the video of some footage is, or would be."""
    return directory / f"{footage.name}-{footage.digest}.mp4"


def write_clip(footage: Footage, directory: Path) -> Clip:
    """Render footage, unless it is there already.

    Raises:
        InputError: the video cannot be written.
        OSError: the disk is full or the directory cannot be written.
    """
    video = clip_path(footage, directory)
    if video.exists() and video.with_suffix(".npz").exists():
        try:
            return read_clip(video)
        except InputError:
            pass  # damaged: made afresh below
    directory.mkdir(parents=True, exist_ok=True)
    with _temporary(video) as temporary:
        joints = _write_video(footage, temporary)
        temporary.replace(video)
    inside = (joints >= 0) & (joints < np.array([footage.width, footage.height]))
    clip = Clip(video, footage, joints, inside.all(axis=-1))
    write_atomically(clip.sidecar, _pack(clip))
    return clip


def read_clip(path: Path) -> Clip:
    """Read the truth about a clip; `path` is its video or its sidecar.

    Raises:
        InputError: one of the two files is missing or damaged.
    """
    video, sidecar = path.with_suffix(".mp4"), path.with_suffix(".npz")
    try:
        if not video.exists() or sidecar.stat().st_size > _LARGEST_SIDECAR:
            raise InputError(f"{video} is not a rendered clip with its truth beside it; render it again")
        with np.load(sidecar, allow_pickle=False) as stored:
            footage = msgspec.json.decode(stored["footage"].tobytes(), type=Footage)
            joints, visible = stored["joints"], stored["visible"]
            whole = int(stored["video_bytes"]) == video.stat().st_size
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, msgspec.MsgspecError) as exc:
        raise InputError(f"{sidecar} cannot be read as the truth about a clip ({exc}); render it again") from exc
    expected = (footage.frames, MEDIAPIPE33.size)
    if not whole or joints.shape != (*expected, 2) or visible.shape != expected:
        raise InputError(
            f"{sidecar} and its video do not hold {expected[0]} frames of {expected[1]} joints; render it again"
        )
    return Clip(video, footage, joints.astype(np.float32), visible.astype(np.bool_))


def _write_video(footage: Footage, path: Path) -> Array:
    """Render into a file; the joints of all frames, (N, 33, 2)."""
    codec = cv2.VideoWriter.fourcc(*_CODEC)
    writer = cv2.VideoWriter(str(path), codec, footage.fps, (footage.width, footage.height))
    if not writer.isOpened():
        raise InputError(f"OpenCV cannot write {path}; check the directory, or install opencv with its FFmpeg")
    joints: list[Array] = []
    try:
        for _, shot in film(footage):
            writer.write(shot.picture)
            joints.append(shot.joints)
    finally:
        writer.release()
    return np.stack(joints).astype(np.float32)


def _pack(clip: Clip) -> bytes:
    packed = io.BytesIO()
    specification = np.frombuffer(msgspec.json.encode(clip.footage), np.uint8)
    size = np.int64(clip.video.stat().st_size)
    np.savez_compressed(packed, footage=specification, joints=clip.joints, visible=clip.visible, video_bytes=size)
    return packed.getvalue()


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that nobody else writes to and that is gone afterwards."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
