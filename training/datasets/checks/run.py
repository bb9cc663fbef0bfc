"""All checks in a row, and what follows from them."""

from collections.abc import Collection, Sequence

from core.errors import ConfigError, InputError
from core.window import WindowSpec
from training.datasets.checks.anatomy import wrong_layout
from training.datasets.checks.balance import few_people, label_imbalance, one_take
from training.datasets.checks.finding import Finding
from training.datasets.checks.frames import constant_joints, frozen_frames, missing_joints, out_of_range, too_short
from training.datasets.checks.sides import check_split, check_twins
from training.datasets.checks.twins import duplicates, twins
from training.datasets.recording import Recording
from training.datasets.splits import Split, judge, units

_PLAIN = (
    frozen_frames,
    constant_joints,
    out_of_range,
    missing_joints,
    wrong_layout,
    one_take,
    few_people,
    label_imbalance,
)
_ORDER = {"refuse": 0, "warn": 1, "note": 2}

# Every name that a finding can have.
NAMES = (
    *(check.__name__ for check in _PLAIN),
    "too_short",
    "duplicates",
    "mirrored_duplicates",
    "overlapping_windows",
    "overlap_across_split",
    "recording_on_both_sides",
    "subject_on_both_sides",
    "same_movement_on_both_sides",
)


def check(
    recordings: Sequence[Recording], *, window_s: float | None = None, split: Split | None = None
) -> list[Finding]:
    """What is wrong with recordings, the worst first.

    Args:
        recordings: the whole data set.
        window_s: how long a window of the classifier is; the default window's length when None.
        split: of these recordings, to be checked as well.
    """
    findings = [finding for plain in _PLAIN for finding in plain(recordings)]
    found = twins(recordings)
    findings += duplicates(recordings, found)
    if split is not None:
        findings += [*check_split(split, units(recordings)), *check_twins(split, recordings, found)]
    findings += too_short(recordings, window_s=WindowSpec().seconds if window_s is None else window_s)
    return sorted(findings, key=lambda finding: _ORDER[finding.severity])


def check_for_training(
    training: Sequence[Recording], validation: Sequence[Recording], *, window_s: float
) -> list[Finding]:
    """The checks of both sides together, and of what they have in common, the worst first."""
    everyone = [*training, *validation]
    border = len(training)
    split = Split("training and validation", tuple(range(border)), tuple(range(border, len(everyone))))
    return check(everyone, window_s=window_s, split=judge(split, units(everyone)))


def refuse(findings: Sequence[Finding], *, accepted: Collection[str] = ()) -> None:
    """Stop where a finding must not be trained on.

    Raises:
        InputError: something is refused that was not accepted; one line for each.
        ConfigError: an accepted name is no check.
    """
    if unknown := sorted(set(accepted) - set(NAMES)):
        raise ConfigError(f"--accept {', '.join(unknown)}: no such check; there are {', '.join(NAMES)}")
    refused = [one for one in findings if one.severity == "refuse" and one.check not in accepted]
    if refused:
        names = " ".join(f"--accept {name}" for name in dict.fromkeys(one.check for one in refused))
        lines = [*(f"refused: {one}" for one in refused), f"{names} goes on all the same"]
        raise InputError("\n".join(lines))
