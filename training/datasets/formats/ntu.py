"""NTU RGB+D 60 and 120: Kinect v2 skeletons in text files such as `S001C002P003R002A013.skeleton`.

Bodies are told apart by their id (seventeen digits: a whole number, never a float), short and flat ones are taken for
furniture, the liveliest come first, and pieces of a track that never overlap are joined. x grows to the sensor's left
and y up, so both are turned round. The published parts go along: `xsub60`, `xview60`, `xsub120`, `xset120`, each with
`_train` or `_test`. With `planar` the joints are those in the colour picture, for a model that sees two dimensions.

    posefleet data import nturgb+d_skeletons --out data/ntu --classes ntu_names.txt
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.skeleton import NTU25
from training.datasets.formats._base import (
    FARTHEST,
    MAX_FRAMES,
    Format,
    Options,
    Reading,
    action_labels,
    assemble,
    files_of,
    frame_times,
    is_sensible,
    read_text,
)
from training.datasets.formats._people import Track, join_pieces, spread
from training.datasets.recording import FRAME_HEIGHTS, METRES, Recording

_FPS = 30.0
_PICTURE = (1920, 1080)  # the colour camera's
_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
_MOST_BODIES = 6  # a Kinect v2 follows no more
_BODY_WORDS, _JOINT_WORDS = 10, 12
_LONG_NUMBER = 19  # digits; Python's own limit comes much later and with a stranger complaint
_TRUST = {"0": 0.0, "1": 0.5, "2": 1.0}  # tracking state: not tracked, inferred, tracked
_SHORTEST = 12  # frames; shorter tracks are noise where there is a longer one
_FLAT, _FLAT_SHARE = 0.8, 0.69754  # a body wider than so many of its heights, in so many of its frames, is furniture

_XSUB60 = frozenset({1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38})
_XSUB120 = _XSUB60 | {
    *(45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86, 89),
    *(91, 92, 93, 94, 95, 97, 98, 100, 103),
}


def recognises(source: Path) -> bool:
    """Whether it is a `.skeleton` file or a folder with one."""
    return source.suffix == ".skeleton" or (source.is_dir() and next(source.rglob("*.skeleton"), None) is not None)


def read(source: Path, options: Options) -> Reading:
    """Every file is a unit; each of its people is a recording."""
    files = files_of(source, "*.skeleton") if source.is_dir() else [source]
    if not files:
        raise InputError(f"{source}: no *.skeleton files here or below")
    return Reading(len(files), (_read_file(file, options) for file in files))


def _read_file(file: Path, options: Options) -> list[Recording]:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise InputError(f"{file}: is not named after setup, camera, person, repetition, action: S001C001P001R001A001")
    setup, camera, person, _, action = (int(part) for part in match.groups())
    frames, bodies = _parse(file)
    name = options.classes[action - 1] if 0 < action <= len(options.classes) else f"A{action:03d}"
    labels, classes = action_labels(name, frames)
    whole = Recording(
        name=file.stem,
        subject=f"P{person:03d}",
        times=frame_times(frames, options.fps or _FPS),
        joints=np.full((frames, NTU25.size, 4), np.nan, np.float32),
        labels=labels,
        classes=classes,
        layout=NTU25.name,
        splits=_splits(setup, camera, person, action),
        unit=FRAME_HEIGHTS if options.planar else METRES,
        has_depth=not options.planar,
    )
    return list(_people(whole, _choose(bodies, options.people), file, options))


def _people(whole: Recording, tracks: list[Track], file: Path, options: Options) -> Iterator[Recording]:
    for number, track in enumerate(tracks):
        values = spread(track, len(whole.times), NTU25.size)
        if options.planar:
            inside = np.isfinite(values[..., 3:5]).all(axis=-1)  # the sensor says NaN outside of the colour picture
            place = (np.array([_PICTURE[0], 0]) - np.array([1, -1]) * values[..., 3:5]) / _PICTURE[1]
            joints = assemble(place, values[..., -1] * inside, layout=NTU25.name, where=str(file))
        else:
            place = values[..., :3] * np.array([-1, -1, 1])
            joints = assemble(place, values[..., -1], layout=NTU25.name, where=str(file))
        subject = whole.subject if number == 0 else f"{whole.subject}+{number}"
        yield replace(whole, name=f"{whole.name}_{number}", subject=subject, joints=joints, source=whole.name)


def _splits(setup: int, camera: int, person: int, action: int) -> tuple[str, ...]:
    parts = {"xsub120": person in _XSUB120, "xset120": setup % 2 == 0}
    if action <= 60:  # noqa: PLR2004 - NTU RGB+D 60 is the first sixty actions
        parts |= {"xsub60": person in _XSUB60, "xview60": camera in {2, 3}}
    return tuple(sorted(f"{name}_{'train' if inside else 'test'}" for name, inside in parts.items()))


def _choose(bodies: dict[str, Track], people: int) -> list[Track]:
    """Real people before furniture, the liveliest first."""
    tracks = list(bodies.values())
    long = [track for track in tracks if len(track) >= _SHORTEST] or tracks
    upright = [track for track in long if not _is_flat(track)] or long
    return join_pieces(sorted(upright, key=_liveliness, reverse=True), people)


def _is_flat(track: Track) -> bool:
    position = np.stack(list(track.values()))[..., :2]
    width, height = np.moveaxis(position.max(axis=1) - position.min(axis=1), -1, 0)
    return bool((width > _FLAT * height).mean() >= _FLAT_SHARE)


def _liveliness(track: Track) -> float:
    return float(np.stack(list(track.values()))[..., :3].var(axis=0).sum())


class _Lines:
    """The file's lines as words, with the line number in every complaint."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = read_text(file).splitlines()
        self._at = 0

    def words(self, count: int, what: str) -> list[str]:
        if self._at >= len(self._lines):
            raise InputError(f"{self._file}: ends after line {self._at}, where {what} should follow; copy it again")
        words = self._lines[self._at].split()
        self._at += 1
        if len(words) != count:
            raise self.error(f"has {len(words)} words, {what} has {count}")
        return words

    def whole(self, what: str, most: int) -> int:
        (word,) = self.words(1, what)
        if not (word.isascii() and word.isdigit() and len(word) < _LONG_NUMBER) or int(word) > most:
            raise self.error(f"{what} is {word[:40]}; 0 to {most} are possible")
        return int(word)

    def error(self, complaint: str, lines_ago: int = 1) -> InputError:
        return InputError(f"{self._file}: line {self._at - lines_ago + 1}: {complaint}")

    def finish(self) -> None:
        rest = next((number for number, line in enumerate(self._lines[self._at :], self._at + 1) if line.strip()), None)
        if rest is not None:
            raise InputError(f"{self._file}: line {rest}: goes on after its last frame; copy it again")


def _parse(file: Path) -> tuple[int, dict[str, Track]]:
    """Number of frames, and of each body id the frames with (25, 6): x, y, z, colour x, colour y, trust."""
    lines = _Lines(file)
    bodies: dict[str, Track] = {}
    frames = lines.whole("the number of frames", MAX_FRAMES)
    for frame in range(frames):
        for _ in range(lines.whole("the number of bodies", _MOST_BODIES)):
            body = lines.words(_BODY_WORDS, "a body")[0]
            if not (body.isascii() and body.isdigit()):
                raise lines.error(f"body id {body[:40]} is not a whole number")
            if lines.whole("the number of joints", NTU25.size) != NTU25.size:
                raise lines.error(f"a body has {NTU25.size} joints")
            track = bodies.setdefault(body, {})
            if frame in track:
                raise lines.error(f"body {body} is twice in frame {frame}")
            track[frame] = np.array([_joint(lines, joint) for joint in NTU25.joints])
            if not is_sensible(track[frame][:, :3]):
                worst = int(np.argmax(~(np.abs(track[frame][:, :3]) <= FARTHEST).all(axis=1)))
                raise lines.error(
                    f"joint {NTU25.joints[worst]}: a coordinate is no sensible number", NTU25.size - worst
                )
    lines.finish()
    return frames, bodies


def _joint(lines: _Lines, joint: str) -> tuple[float, ...]:
    words = lines.words(_JOINT_WORDS, f"joint {joint}")
    try:
        place = float(words[0]), float(words[1]), float(words[2]), float(words[5]), float(words[6])
        return (*place, _TRUST[words[-1]])
    except (ValueError, KeyError) as exc:
        raise lines.error(f"joint {joint}: {exc} is not a number or tracking state") from exc


FORMAT = Format("ntu", "NTU RGB+D 60 or 120, *.skeleton", recognises, read)
