"""Things that people do something with, found by a user's own detector in every so many-th frame, and followed between.

The fusion model takes K slots, each for one class of things: `classes` of [objects] in order. A slot holds the best box
of its class near a person, or zeros. Between two looks a thing goes on as it moved between the last two; each look that
misses it halves its score, and the third forgets it.

    detector = ObjectDetector(settings.objects)
    detector.update(frame.image, frame.captured_at)
    slots = detector.slots(pose)                # (K, 5) centre x, y, width, height in frame heights, score
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.errors import ConfigError, InputError
from core.skeleton import Pose
from device.objects.layouts import Detections, recognise
from device.objects.picture_model import Array, PictureModel
from device.pose.letterbox import Letterbox
from device.pose.suppression import suppress
from device.settings import ObjectSettings

SLOT_VALUES = 5
_MOST_OVERLAP = 0.5  # of two boxes of one class; more is the same thing
_MOST_THINGS = 8  # of one class
_FURTHEST = 0.25  # frame heights between two looks; what is further away is another thing
_FADING = 0.5  # of the score, for each look that misses a thing
_MOST_MISSED = 2
_LONGEST_GAP_S = 5.0  # between two looks; after more, everything may have changed
_REACH = 0.5  # of a person's height, around them
_SEEN = 0.3  # the score of a joint that says where a person is
_MAX_LABEL_BYTES = 64 * 1024


@dataclass(frozen=True)
class Thing:
    """One thing in one picture; places in frame heights.

    Attributes:
        slot: the number of its class among those of the settings.
        x: of its centre, from the left.
        y: of its centre, from the top.
        width: of its box.
        height: of its box.
        score: in [0, 1]; less when it was not seen lately.
    """

    slot: int
    x: float
    y: float
    width: float
    height: float
    score: float

    def row(self) -> tuple[float, ...]:
        """What a slot holds."""
        return self.x, self.y, self.width, self.height, self.score


@dataclass(frozen=True)
class _Followed:
    thing: Thing
    seen_at: float
    speed: tuple[float, float] = (0.0, 0.0)  # frame heights a second
    missed: int = 0


class ObjectMemory:
    """Follows things from look to look; knows nothing of pictures and models."""

    def __init__(self) -> None:
        self._followed: list[_Followed] = []
        self._looked_at = -np.inf
        self._interval = 0.0

    def look(self, found: Sequence[Thing], at: float) -> None:
        """What is seen at a time, in seconds."""
        gap = at - self._looked_at
        if not 0 < gap <= _LONGEST_GAP_S:
            self._followed = []
        self._interval, self._looked_at = gap, at
        pairs = self._match(found, at)
        now = [
            _seen_again(self._followed[pairs[number]], thing, at) if number in pairs else _Followed(thing, at)
            for number, thing in enumerate(found)
        ]
        unseen = (one for place, one in enumerate(self._followed) if place not in pairs.values())
        now += [replace(one, missed=one.missed + 1) for one in unseen if one.missed < _MOST_MISSED]
        self._followed = now

    def things(self, at: float) -> tuple[Thing, ...]:
        """Where everything is at a time after the last look; none if that was too long ago."""
        if not 0 <= at - self._looked_at <= _LONGEST_GAP_S:
            return ()
        return tuple(self._moved(one, at) for one in self._followed)

    def _moved(self, one: _Followed, at: float) -> Thing:
        # Nothing is known of where it goes after another interval without being seen: it stays there.
        seconds = min(at - one.seen_at, self._interval) if not one.missed else self._interval
        x, y = one.thing.x + one.speed[0] * seconds, one.thing.y + one.speed[1] * seconds
        return replace(one.thing, x=x, y=y, score=one.thing.score * _FADING**one.missed)

    def _match(self, found: Sequence[Thing], at: float) -> dict[int, int]:
        """For what is found, the number of what was followed: nearest first, each only once."""
        expected = [self._moved(one, at) for one in self._followed]
        gaps = sorted(
            (float(np.hypot(new.x - old.x, new.y - old.y)), number, place)
            for number, new in enumerate(found)
            for place, old in enumerate(expected)
            if new.slot == old.slot
        )
        pairs: dict[int, int] = {}
        for gap, number, place in gaps:
            if gap <= _FURTHEST and number not in pairs and place not in pairs.values():
                pairs[number] = place
        return pairs


def _seen_again(before: _Followed, thing: Thing, at: float) -> _Followed:
    seconds = at - before.seen_at
    speed = ((thing.x - before.thing.x) / seconds, (thing.y - before.thing.y) / seconds)
    return _Followed(thing, at, speed)


def to_slots(things: Sequence[Thing], count: int, near: Pose | None = None) -> Array:
    """(count, 5) float32: for each class centre x, y, width, height and score of its best thing, or zeros.

    Args:
        things: whatever is there.
        count: the number of classes K.
        near: only things within the reach of this person; whoever shows no joints reaches everything.
    """
    slots = np.zeros((count, SLOT_VALUES), np.float32)
    for thing in sorted(things, key=lambda one: one.score):
        if near is None or _is_near(thing, near):
            slots[thing.slot] = thing.row()
    return slots


def _is_near(thing: Thing, person: Pose) -> bool:
    places = person.joints[person.score >= _SEEN, :2]
    if not len(places):
        return True
    low, high = places.min(axis=0), places.max(axis=0)
    reach = _REACH * float((high - low).max())
    half = np.array((thing.width, thing.height)) / 2
    gap = np.maximum(low - (thing.x, thing.y), (thing.x, thing.y) - high) - half
    return bool(gap.max() <= reach)


class ObjectDetector:
    """See the module. Not for use by several threads.

    Raises:
        ConfigError: the settings do not fit together.
        InputError: the model or the labels cannot be used.
    """

    def __init__(self, settings: ObjectSettings, *, threads: int = 1) -> None:
        if settings.model is None or not settings.classes:
            raise ConfigError("[objects] model and classes: both are needed to look for things")
        labels = read_labels(settings)
        self._slot_of = {labels.index(name): slot for slot, name in enumerate(settings.classes)}
        self._every = settings.every
        self._min_score = settings.min_score
        self._model = PictureModel(settings.model, threads=threads)
        self._layout = recognise(self._model, len(labels))
        self._model.fill_with(self._layout.pixels)
        self._memory = ObjectMemory()
        self._frames = 0
        self._at = 0.0
        self.classes = settings.classes

    def update(self, image: npt.NDArray[np.uint8], captured_at: float) -> Array:
        """Look at a picture (H, W, 3) uint8 BGR, or pass it by; the slots (K, 5) of whatever is there then."""
        if self._frames % self._every == 0:
            self._memory.look(self._find(image), captured_at)
        self._frames += 1
        self._at = captured_at
        return self.slots()

    def slots(self, near: Pose | None = None) -> Array:
        """The slots (K, 5) of the newest picture, for one person or for nobody in particular; see `to_slots`."""
        return to_slots(self._memory.things(self._at), len(self.classes), near)

    def _find(self, image: npt.NDArray[np.uint8]) -> list[Thing]:
        box = Letterbox.fit(image.shape, self._model.fit(image.shape))
        outputs = self._model.run(box.apply(image, fill=self._layout.fill))
        found = self._layout.decode(outputs, self._model.size, self._min_score)
        things = [self._things(found, number, slot, box) for number, slot in self._slot_of.items()]
        return [thing for some in things for thing in some]

    def _things(self, found: Detections, number: int, slot: int, box: Letterbox) -> list[Thing]:
        these = found.take(np.flatnonzero(found.classes == number))
        most_overlap = _MOST_OVERLAP if self._layout.overlapping else 1.0
        these = these.take(suppress(these.boxes, these.score, most_overlap=most_overlap, most=_MOST_THINGS))
        corners = box.to_frame(these.boxes.reshape(-1, 2, 2))
        middle, size = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
        rows = np.concatenate([middle, size, these.score.clip(0, 1)[:, None]], axis=1).tolist()
        return [Thing(slot, *row) for row in rows]


def read_labels(settings: ObjectSettings) -> tuple[str, ...]:
    """The detector's classes in its own order, from the settings or the file that they name; one a line.

    Raises:
        InputError: the file cannot be read.
        ConfigError: a class of the settings is none of them.
    """
    labels = settings.labels
    if not isinstance(labels, tuple):
        try:
            if labels.stat().st_size > _MAX_LABEL_BYTES:
                raise InputError(
                    f"{labels}: has more than {_MAX_LABEL_BYTES} bytes; name a text file, one class a line"
                )
            labels = tuple(line.strip() for line in labels.read_text(encoding="utf-8").splitlines() if line.strip())
        except (OSError, UnicodeDecodeError) as exc:
            raise InputError(f"{labels}: cannot be read as labels ({exc})") from exc
    for name in settings.classes:
        if name not in labels:
            known = ", ".join(labels[:20]) + (", ..." if len(labels) > 20 else "")  # noqa: PLR2004 - a line of them
            raise ConfigError(f"[objects] classes: the detector knows no {name!r}, but {known or 'nothing'}")
    return labels
