"""Segmental F1 and edit score of temporal action segmentation (Lea et al. 2017; Farha and Gall 2019): frames as runs.

    counts = segment_counts(truth, answers, least_overlap=0.25, background=0)
    counts.f1                                   # F1@25
    edit_score(truth, answers, background=0)

A segment is a longest run of frames with one label; those of the background are left out. Each answered segment looks
at the true segment of its label that it overlaps most, and is right if that overlap (intersection over union) is large
enough and the true segment is not taken yet. One action in three pieces is one right and two wrong, however many
frames are right.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Segment:
    """Frames [begin, end) with one label."""

    label: int
    begin: int
    end: int


@dataclass(frozen=True)
class SegmentCounts:
    """Right, made-up and missed segments; recordings are added up before F1 is taken."""

    right: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: "SegmentCounts") -> "SegmentCounts":
        return SegmentCounts(self.right + other.right, self.false + other.false, self.missed + other.missed)

    @property
    def f1(self) -> float:
        """Of all segments; 1 when nothing was done and nothing answered."""
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else 1.0


def segments(labels: Labels, *, background: int) -> list[Segment]:
    """The runs of labels (N,), in order, without those of the background."""
    if not len(labels):
        return []
    begins = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1])
    ends = np.append(begins[1:], len(labels))
    runs = [Segment(int(labels[i]), int(i), int(j)) for i, j in zip(begins, ends, strict=True)]
    return [run for run in runs if run.label != background]


def segment_counts(truth: Labels, answers: Labels, *, least_overlap: float, background: int) -> SegmentCounts:
    """Count the segments of one recording; both arrays are (N,), one label a frame."""
    done, answered = segments(truth, background=background), segments(answers, background=background)
    taken = [False] * len(done)
    for segment in answered:
        overlaps = [_overlap(one, segment) if one.label == segment.label else 0.0 for one in done]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best >= 0 and overlaps[best] >= least_overlap and overlaps[best] > 0:
            taken[best] = True  # a second answer for it stays wrong: there is one right one for each
    right = sum(taken)
    return SegmentCounts(right, len(answered) - right, len(done) - right)


def edit_score(truth: Labels, answers: Labels, *, background: int) -> float:
    """1 less the Levenshtein distance of the two orders of segments, as a share of the longer; in [0, 1]."""
    done = [one.label for one in segments(truth, background=background)]
    answered = [one.label for one in segments(answers, background=background)]
    longest = max(len(done), len(answered))
    return 1 - _distance(done, answered) / longest if longest else 1.0


def _overlap(one: Segment, other: Segment) -> float:
    shared = max(0, min(one.end, other.end) - max(one.begin, other.begin))
    return shared / (max(one.end, other.end) - min(one.begin, other.begin))


def _distance(one: list[int], other: list[int]) -> int:
    row = list(range(len(other) + 1))
    for number, left in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, right in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (left != right))
    return row[-1]
