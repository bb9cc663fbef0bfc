"""Checks of single recordings: do the frames move, are the numbers possible, is enough of the person there?"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.skeleton import CORE15, LAYOUTS, Array, core15_sources
from training.datasets.checks.finding import Finding, Severity, share, some
from training.datasets.recording import FRAME_HEIGHTS, METRES, PIXELS, Recording

_FROZEN_REFUSED = 0.5  # of all steps between frames: a film shown at twice its rate has half of them
_FROZEN_WARNED = 0.1
_MOVING = 5  # frames; fewer say nothing about what never moves
_MISSING_WARNED = 0.5  # of the frames
_ABSENT_REFUSED = 0.95
_UNSEEN = 0.05  # a score below it is none at all
_SHORT_WARNED = 0.5  # of the recordings
_FARTHEST = {FRAME_HEIGHTS: 10.0, METRES: 30.0, PIXELS: 20_000.0}  # from the origin, whatever camera it was
_SMALLEST_BODY = {
    FRAME_HEIGHTS: 0.03,
    METRES: 0.2,
    PIXELS: 12.0,
}  # from the top joint to the lowest; classifiers see noise

Bools = npt.NDArray[np.bool_]


def found_frames(recording: Recording) -> Bools:
    """(N,) True where somebody is: a row of NaN is nobody, and so is one without a single joint."""
    scores = recording.joints[..., 3]
    with np.errstate(invalid="ignore"):
        return np.asarray((scores > _UNSEEN).any(axis=1), np.bool_)


def frozen_steps(recording: Recording) -> Bools:
    """(N - 1,) True where a frame repeats the one before it to the last digit; estimators never do."""
    joints, found = recording.joints[..., :3], found_frames(recording)
    return np.asarray((joints[1:] == joints[:-1]).all(axis=(1, 2)) & found[1:], np.bool_)


def frozen_frames(recordings: Sequence[Recording]) -> list[Finding]:
    """Frames that repeat the one before: a broken extraction, or a film at several times its own rate."""
    films = [one for one in recordings if not one.stills and len(one.times) > 1]
    frozen = {one.name: frozen_steps(one) for one in films}
    steps = sum(map(len, frozen.values()))
    repeated = sum(int(one.sum()) for one in frozen.values()) / max(steps, 1)
    worst = [name for name, one in frozen.items() if one.mean() > _FROZEN_WARNED]
    if not worst:
        return []
    reason = f"{share(repeated)} of the frames repeat the frame before them exactly and show no movement"
    remedy = "extract the videos again, reading on after every frame, and drop repeated frames"
    severity: Severity = "refuse" if repeated > _FROZEN_REFUSED else "warn" if repeated > _FROZEN_WARNED else "note"
    where = f"{len(worst)} of {len(films)} recordings: {some(worst)}"
    return [Finding(severity, "frozen_frames", reason, where, remedy)]


def constant_joints(recordings: Sequence[Recording]) -> list[Finding]:
    """Joints that never move although the others do: columns that nobody filled."""
    counted: dict[str, int] = {}
    moving = 0
    for one in recordings:
        found = one.joints[found_frames(one)]
        if len(found) < _MOVING:
            continue
        still = (np.ptp(found[..., :3], axis=0) == 0).all(axis=-1)
        if still.all():
            continue  # frozen as a whole
        moving += 1
        seen = found[..., 3].max(axis=0) > _UNSEEN
        for joint in np.flatnonzero(still & seen):
            name = LAYOUTS[one.layout].joints[joint]
            counted[name] = counted.get(name, 0) + 1
    always = [name for name, count in counted.items() if count > moving / 2]
    if not always:
        return []
    reason = "joints that are marked as seen never move while the rest of the body does"
    remedy = "set their score to 0, so that they count as missing, or import them again"
    return [Finding("warn", "constant_joints", reason, some(always), remedy)]


def out_of_range(recordings: Sequence[Recording]) -> list[Finding]:
    """Coordinates and scores that the unit does not allow."""
    findings = []
    far = [one.name for one in recordings if _extent(one) > _FARTHEST.get(one.unit, np.inf)]
    if far:
        unit = next(one.unit for one in recordings if one.name == far[0])
        reason = f"joints lie farther from the origin than {unit} can be"
        remedy = "say the true unit when importing; pixels must be divided by the height of the picture"
        findings.append(Finding("refuse", "out_of_range", reason, some(far), remedy))
    odd = [one.name for one in recordings if _scores_out_of_range(one)]
    if odd:
        remedy = "scale the scores when importing; they decide which joints are seen"
        findings.append(Finding("refuse", "out_of_range", "scores are outside of 0 to 1", some(odd), remedy))
    tiny = [one.name for one in recordings if 0 < _body(one) < _SMALLEST_BODY.get(one.unit, 0)]
    if tiny:
        remedy = "crop the videos before extraction, or check the unit"
        reason = "people are too small to show more than the estimator's noise"
        findings.append(Finding("warn", "out_of_range", reason, some(tiny), remedy))
    return findings


def missing_joints(recordings: Sequence[Recording]) -> list[Finding]:
    """People who are not found, and joints of the common fifteen that are hardly ever seen."""
    frames = sum(len(one.times) for one in recordings)
    absent = sum(int((~found_frames(one)).sum()) for one in recordings) / max(frames, 1)
    findings = []
    lost = [one.name for one in recordings if len(one.times) and found_frames(one).mean() < 1 - _MISSING_WARNED]
    if lost:
        refused = absent > _ABSENT_REFUSED
        reason = f"nobody is found in {share(absent)} of all frames, and in most frames of {len(lost)} recordings"
        remedy = "look at the videos: light, distance, or another estimator"
        findings.append(Finding("refuse" if refused else "warn", "missing_joints", reason, some(lost), remedy))
    unseen = unseen_share(recordings)
    rare = [
        f"{name} {share(float(part))}"
        for name, part in zip(CORE15.joints, unseen, strict=True)
        if part > _MISSING_WARNED
    ]
    if rare:
        reason = "joints are missing in most frames in which somebody is found"
        remedy = "actions of these joints cannot be told apart; film the whole body if they matter"
        findings.append(Finding("note", "missing_joints", reason, some(rare), remedy))
    return findings


def unseen_share(recordings: Sequence[Recording]) -> Array:
    """(15,) share of the frames with somebody in which each CORE15 joint has no score; 0 where there is nobody."""
    unseen, frames = np.zeros(CORE15.size), 0
    for one in recordings:
        scores = one.joints[found_frames(one)][..., 3]
        frames += len(scores)
        for joint, (_, parts) in enumerate(core15_sources(one.layout)):
            seen = scores[:, list(parts)].min(axis=1) > _UNSEEN if parts else np.zeros(len(scores), np.bool_)
            unseen[joint] += int((~seen).sum())
    return np.asarray(unseen / max(frames, 1), np.float32)


def too_short(recordings: Sequence[Recording], *, window_s: float) -> list[Finding]:
    """Recordings that hold no whole window."""
    films = [one for one in recordings if not one.stills]
    short = [one.name for one in films if not len(one.times) or one.times[-1] - one.times[0] < window_s]
    if not short:
        return []
    most = len(short) > _SHORT_WARNED * len(films)
    reason = f"{len(short)} of {len(films)} recordings are shorter than a window of {window_s:.1f} s"
    remedy = "choose a shorter window, or record more before and after each action"
    return [Finding("warn" if most else "note", "too_short", reason, some(short), remedy)]


def _extent(recording: Recording) -> float:
    """The 99th percentile of the seen joints' distances along x and y: one wild joint is the estimator's affair."""
    seen = recording.joints[recording.joints[..., 3] > _UNSEEN][:, :2]
    return float(np.percentile(np.abs(seen), 99)) if len(seen) else 0.0


def _scores_out_of_range(recording: Recording) -> bool:
    scores = recording.joints[found_frames(recording)][..., 3]
    return bool(((scores < 0) | (scores > 1)).any())


def _body(recording: Recording) -> float:
    """Median height of the seen joints of a frame, 0 if there are none."""
    found = recording.joints[found_frames(recording)]
    y = np.where(found[..., 3] > _UNSEEN, found[..., 1], np.nan)
    y = y[np.isfinite(y).any(axis=1)]
    return float(np.median(np.nanmax(y, axis=1) - np.nanmin(y, axis=1))) if len(y) else 0.0
