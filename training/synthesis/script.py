"""Who does what when: the script of a clip, and the posture it asks for at any moment."""

from dataclasses import dataclass

import numpy as np

from training.synthesis.motions import BACKGROUND, BACKGROUNDS, MOTIONS, REPERTOIRE
from training.synthesis.posture import Posture, blend
from training.synthesis.rest import smooth
from training.synthesis.style import MotionStyle

BLEND_S = 0.4  # from one segment's movement to the next one's, half of it on either side of the border


@dataclass(frozen=True)
class Segment:
    """One label from `start_s` up to, not including, `end_s`; `motion` says which movement of a background it is.

    Raises:
        ValueError: an action or motion that does not exist, or a segment that ends before it starts.
    """

    action: str
    start_s: float
    end_s: float
    motion: str = ""

    def __post_init__(self) -> None:
        if not self.motion:
            object.__setattr__(self, "motion", "standing" if self.action == BACKGROUND else self.action)
        known = self.motion in (BACKGROUNDS if self.action == BACKGROUND else (self.action,))
        if not known or self.motion not in MOTIONS:
            raise ValueError(f"no movement {self.motion!r} for the action {self.action!r}; there are {sorted(MOTIONS)}")
        if not 0 <= self.start_s < self.end_s:
            raise ValueError(f"a segment lasts from {self.start_s} s to {self.end_s} s, which is no time at all")


@dataclass(frozen=True)
class Script:
    """Segments that follow each other without a gap, from 0 to the end of the clip.

    Raises:
        ValueError: no segment, or a gap or overlap between two.
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        ends = (0.0, *(segment.end_s for segment in self.segments))
        if not self.segments or any(s.start_s != end for s, end in zip(self.segments, ends, strict=False)):
            raise ValueError("the segments of a script start at 0 and follow each other without a gap")

    @property
    def duration_s(self) -> float:
        """Where the last segment ends."""
        return self.segments[-1].end_s

    def segment_at(self, t: float) -> Segment:
        """The segment of a moment; before the start the first, after the end the last."""
        return next((segment for segment in self.segments if t < segment.end_s), self.segments[-1])

    def label_at(self, t: float) -> str:
        """The action of a moment, or `background`."""
        return self.segment_at(t).action

    def actions(self) -> tuple[Segment, ...]:
        """The segments to be recognised: all but the background."""
        return tuple(segment for segment in self.segments if segment.action != BACKGROUND)


def posture_at(script: Script, t: float, style: MotionStyle) -> Posture:
    """What the person does at a moment; movements flow into each other for BLEND_S around a border."""
    posture = _move(script.segments[0], t, style)
    for segment in script.segments[1:]:
        weight = smooth((t - segment.start_s) / BLEND_S + 0.5)
        if weight <= 0:
            break
        posture = blend(posture, _move(segment, t, style), weight)
    return posture


def _move(segment: Segment, t: float, style: MotionStyle) -> Posture:
    # A movement starts while it is blended in, and holds its last moment's pace while it is blended out.
    return MOTIONS[segment.motion](max(t - segment.start_s + BLEND_S / 2, 0.0), style)


def random_script(
    rng: np.random.Generator,
    actions: tuple[str, ...],
    *,
    action_s: tuple[float, float] = (3.5, 5.0),
    gap_s: tuple[float, float] = (2.5, 4.0),
) -> Script:
    """Background, an action, background, ..., background: every action asked, once, in any order.

    Raises:
        ValueError: an action that does not exist.
    """
    unknown = sorted(set(actions) - set(REPERTOIRE))
    if unknown:
        raise ValueError(f"no movement for {', '.join(unknown)}; there are {', '.join(REPERTOIRE)}")
    labels = [BACKGROUND]
    for place in rng.permutation(len(actions)):
        labels += [actions[int(place)], BACKGROUND]
    segments: list[Segment] = []
    start = 0.0
    for label in labels:
        end = round(start + float(rng.uniform(*(gap_s if label == BACKGROUND else action_s))), 3)
        motion = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))] if label == BACKGROUND else label
        segments.append(Segment(label, start, end, motion))
        start = end
    return Script(tuple(segments))
