"""Data checks find what was put in, say where, and find nothing where nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigError, InputError
from core.skeleton import COCO17, MEDIAPIPE33
from tests.training.datasets.checks.makers import ACTIONS, as_coco, clean, recording, with_joints
from training.datasets.checks import NAMES, check, check_for_training, refuse


def found(recordings, name: str):
    """The findings of one check."""
    return [one for one in check(recordings) if one.check == name]


def test_good_data_passes():
    """People of formulas who move all the time are neither refused nor warned about, with one layout or the other."""
    assert check(clean()) == []
    assert [one for one in check([as_coco(one) for one in clean()]) if one.severity != "note"] == []


def test_frozen_frames_are_refused_when_they_are_most():
    """One pose for whole seconds is worthless; a few repeated frames are a note; stills have no order at all."""
    frozen = [with_joints(one, lambda j: np.repeat(j[::30], 30, axis=0)) for one in clean()]
    [finding] = found(frozen, "frozen_frames")
    assert finding.severity == "refuse"
    assert "98% of the frames repeat" in finding.reason
    assert "9 of 9 recordings" in finding.where
    doubled = [with_joints(one, lambda j: np.repeat(j[::3], 3, axis=0)[: len(j)]) for one in clean()[:1]] + clean()[1:]
    [finding] = found(doubled, "frozen_frames")
    assert (finding.severity, "1 of 9 recordings: clap-p0-0" in finding.where) == ("note", True)
    assert found([replace(one, stills=True) for one in frozen], "frozen_frames") == []


def test_absent_people_are_not_frozen():
    """Rows of NaN, and rows without a score, are nobody, not somebody who does not move."""
    for nobody in (np.nan, 0.0):
        gone = [
            with_joints(one, lambda j, nobody=nobody: np.r_[j[:20], np.full_like(j[20:], nobody)]) for one in clean()
        ]
        assert found(gone, "frozen_frames") == []
        [finding] = found(gone, "missing_joints")
        assert finding.severity == "warn"
        assert "nobody is found in 67% of all frames" in finding.reason


def test_joints_that_never_move_are_named():
    """A column that nobody filled but that counts as seen is found; with a score of 0 it is missing and no error."""

    def park(joints):
        joints[:, MEDIAPIPE33.index["left_wrist"], :3] = 0.0
        return joints

    [finding] = found([with_joints(one, park) for one in clean()], "constant_joints")
    assert finding.where == "left_wrist"

    def hide(joints):
        joints[:, MEDIAPIPE33.index["left_wrist"]] = 0.0
        return joints

    hidden = [with_joints(one, hide) for one in clean()]
    assert found(hidden, "constant_joints") == []
    [finding] = found(hidden, "missing_joints")
    assert (finding.severity, finding.where) == ("note", "left_wrist 100%")


@pytest.mark.parametrize(
    ("scale", "severity", "says"),
    [([480, 480, 480, 1], "refuse", "farther from the origin"), ([1, 1, 1, 100], "refuse", "scores are outside"),
     ([0.02, 0.02, 0.02, 1], "warn", "too small")],
)  # fmt: skip
def test_impossible_numbers_are_found(scale, severity, says):
    """Pixels passed off as frame heights, scores in per cent, and people of three pixels."""
    spoilt = [with_joints(one, lambda j: j * np.array(scale, np.float32)) for one in clean()]
    [finding] = found(spoilt, "out_of_range")
    assert finding.severity == severity
    assert says in finding.reason


def test_pixels_that_are_called_pixels_are_fine():
    """The unit decides what is possible."""
    scaled = [
        with_joints(one, lambda j: j * np.array([480, 480, 480, 1], np.float32), unit="pixels") for one in clean()
    ]
    assert found(scaled, "out_of_range") == []


def test_short_recordings_are_counted():
    """Recordings without a whole window are a note when few and a warning when most."""
    short = recording("wave", "p0", seed=7, take=9, seconds=1.0)
    [finding] = found([*clean(), short], "too_short")
    assert (finding.severity, finding.where) == ("note", "wave-p0-9")
    assert [one.severity for one in check([short, *clean()[:1]], window_s=5.0) if one.check == "too_short"] == ["warn"]


def test_imbalance_is_measured_in_time():
    """One long recording outweighs three short ones; a class that nobody shows is a note."""
    long = [recording("wave", f"p{i}", seed=i, seconds=32.0) for i in range(3)]
    rest = [one for one in clean() if "clap" in one.name]
    by_severity = {one.severity: one for one in found([*long, *rest], "label_imbalance")}
    assert "wave is shown 8 times as long as clap" in by_severity["warn"].reason
    assert by_severity["note"].where == "squat"


def test_classes_of_one_person_or_one_take_are_warned_about():
    """What only one person shows cannot be tested on others; what only one take shows cannot be tested at all."""
    alone = [one for one in clean() if one.subject == "p0" or "wave" not in one.name]
    [people] = found(alone, "few_people")
    [take] = found(alone, "one_take")
    assert people.where == "wave"
    assert take.where == "wave in wave-p0-0"
    assert "one person" in found([one for one in clean(takes=2) if one.subject == "p0"], "few_people")[0].reason
    assert found(clean(1, takes=2), "one_take") == []


def test_three_continuous_recordings_are_warned_about():
    """A class per recording: every window for the test would be a neighbour of one in training."""
    takes = [recording(action, "p0", seed=number, seconds=20.0) for number, action in enumerate(ACTIONS)]
    [finding] = found(takes, "one_take")
    assert finding.severity == "warn"
    assert "overlapping" in finding.reason


def test_a_refusal_is_one_line_for_each_reason_and_can_be_accepted():
    """What is refused says why and how to go on; accepting it goes on; a name that is no check is an error."""
    findings = check([with_joints(one, lambda j: np.repeat(j[:1], len(j), axis=0)) for one in clean()])
    with pytest.raises(
        InputError, match=r"refused: frozen_frames: 100% of the frames.*\n--accept frozen_frames goes on"
    ):
        refuse(findings)
    refuse(findings, accepted={"frozen_frames"})
    with pytest.raises(ConfigError, match="--accept frozen: no such check; there are frozen_frames, "):
        refuse(findings, accepted={"frozen"})
    assert {one.check for one in findings} <= set(NAMES)


def test_training_refuses_the_same_movement_on_both_sides():
    """A copy of a training recording under another person's name is no validation."""
    training, validation = clean()[:6], clean()[6:]
    assert check_for_training(training, validation, window_s=2.0) == []
    copied = replace(training[0], name="other", source="other", subject="p2")
    worst = check_for_training(training, [*validation, copied], window_s=2.0)[0]
    assert (worst.severity, worst.check) == ("refuse", "same_movement_on_both_sides")
    assert worst.where == "clap-p0-0 = other"


def swap(one, layout):
    """Left and right exchanged by name."""
    return with_joints(one, lambda joints: joints[:, list(layout.mirror)])


def test_swapped_sides_are_found_by_the_face_where_there_is_no_depth():
    """Whoever looks into the camera has their left on the picture's right; an unseen face may look away."""
    [finding] = found([swap(as_coco(one), COCO17) for one in clean()], "wrong_layout")
    assert finding.severity == "warn"
    assert "left and right are swapped" in finding.reason

    def turn_away(joints):
        joints[:, :5, 3] = 0.6
        return joints

    assert found([with_joints(swap(as_coco(one), COCO17), turn_away) for one in clean()], "wrong_layout") == []


@pytest.mark.parametrize("turn", [0.0, 1.0, 2.5, 4.0])
def test_swapped_sides_are_found_by_toes_and_nose_where_there_is_depth(turn):
    """Whichever way people face, the toes say which side is left."""

    def stand(joints):
        for side in ("left", "right"):
            heel = joints[:, MEDIAPIPE33.index[f"{side}_ankle"]]
            joints[:, MEDIAPIPE33.index[f"{side}_heel"]] = heel
            joints[:, MEDIAPIPE33.index[f"{side}_foot_index"]] = heel - np.array([0, 0, 0.05, 0], np.float32)
        cos, sin = np.cos(turn), np.sin(turn)
        joints[..., :3] = joints[..., :3] @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)
        return joints

    standing = [with_joints(one, stand) for one in clean()]
    assert found(standing, "wrong_layout") == []
    [finding] = found([swap(one, MEDIAPIPE33) for one in standing], "wrong_layout")
    assert "100% of the frames" in finding.reason


def test_limbs_on_the_wrong_side_are_refused():
    """Elbows and wrists that were named for the other side start at the wrong shoulder."""

    def cross(joints):
        for limb in ("elbow", "wrist"):
            both = [MEDIAPIPE33.index[f"{side}_{limb}"] for side in ("left", "right")]
            joints[:, both] = joints[:, both[::-1]]
        return joints

    [finding] = found([with_joints(one, cross) for one in clean()], "wrong_layout")
    assert finding.severity == "refuse"
    assert "left_elbow hangs on right_shoulder" in finding.where


def test_people_on_their_heads_are_refused():
    """The y axis must point down."""
    turned = [with_joints(one, lambda j: j * np.array([-1, -1, 1, 1], np.float32)) for one in clean()]
    [finding] = found(turned, "wrong_layout")
    assert (finding.severity, "y grows upwards" in finding.reason) == ("refuse", True)
