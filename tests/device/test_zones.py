from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.skeleton import CORE15, Pose
from device.camera.settings import ZoneSettings
from device.events import EventDraft
from device.zones import ZoneGate, is_inside, place_of
from tests import people
from tests.device.decisions import LABELS, decision, sure

ASPECT = 4 / 3
LEFT = ZoneSettings(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
L_SHAPE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9))


def standing_at(x: float, *, ankles: float = 1.0, hips: float = 1.0) -> Pose:
    """Feet at a share of the width, hips above them and a fifth of the width to the right."""
    joints, score = np.zeros((CORE15.size, 3), np.float32), np.ones(CORE15.size, np.float32)
    for side in ("left", "right"):
        joints[CORE15.index[f"{side}_ankle"], :2] = x * ASPECT, 0.9
        joints[CORE15.index[f"{side}_hip"], :2] = (x + 0.2) * ASPECT, 0.5
        score[CORE15.index[f"{side}_ankle"]] = ankles
        score[CORE15.index[f"{side}_hip"]] = hips
    return Pose(joints, score, "core15")


def gate_after(steps: list[tuple[float, Pose]], **zones: ZoneSettings) -> ZoneGate:
    gate = ZoneGate(zones)
    for at, pose in steps:
        gate.see(1, pose, at, ASPECT)
    return gate


def admitted(gate: ZoneGate, moment: float) -> str:
    """What a window that is sure of a wave comes to."""
    judged = gate.admit(decision(moment, sure("wave")), LABELS)
    return LABELS[int(judged.probabilities.argmax())]


@given(st.floats(0, 1), st.floats(0, 1))
def test_inside_is_what_opencv_says(x, y):
    """The corner of an L: inside and outside are those of an independent implementation."""
    contour = (np.array(L_SHAPE) * 1e6).astype(np.float32)
    side = cv2.pointPolygonTest(contour, (x * 1e6, y * 1e6), measureDist=True)
    if abs(side) > 1:
        assert is_inside(L_SHAPE, x, y) == (side > 0)


def test_an_action_counts_only_in_a_zone():
    """Who stands in a zone is judged as they are; outside of all zones everything is background."""
    gate = gate_after([(0.0, standing_at(0.2)), (5.0, standing_at(0.8))], left=LEFT)
    assert admitted(gate, 1.0) == "wave"
    assert admitted(gate, 6.0) == "background"
    assert gate.admit(decision(6.0, sure("wave")), LABELS).probabilities.sum() == pytest.approx(1)


def test_a_window_counts_where_the_person_was_at_its_moment():
    """A decision comes a second late: where the person has gone meanwhile changes nothing."""
    gate = gate_after([(at / 10, standing_at(0.2 if at < 50 else 0.8)) for at in range(100)], left=LEFT)
    assert admitted(gate, 4.9) == "wave"
    assert admitted(gate, 5.1) == "background"


def test_hips_say_it_where_they_are_asked_or_no_foot_is_seen():
    """Feet outside and hips inside: outside, unless hips are asked for or no foot is seen."""
    right = ZoneSettings(polygon=((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)))
    pose, footless = standing_at(0.4), standing_at(0.4, ankles=0.1)
    assert admitted(gate_after([(0.0, pose)], right=right), 1.0) == "background"
    assert admitted(gate_after([(0.0, footless)], right=right), 1.0) == "wave"
    hips = right.model_copy(update={"part": "hips"})
    assert admitted(gate_after([(0.0, pose)], right=hips), 1.0) == "wave"


def test_who_cannot_be_placed_is_where_they_were():
    """Neither feet nor hips are seen for a moment: the place before counts; somebody never placed is nowhere."""
    lost = standing_at(0.8, ankles=0.0, hips=0.0)
    assert place_of(np.zeros((CORE15.size, 4), np.float32), "feet") is None
    assert admitted(gate_after([(0.0, standing_at(0.2)), (1.0, lost)], left=LEFT), 2.0) == "wave"
    assert admitted(gate_after([(0.0, lost)], left=LEFT), 1.0) == "background"


def test_an_event_carries_the_zone_of_its_start_to_its_end():
    """The zone is named in start, update and end, wherever the person goes meanwhile; another event has its own."""
    door = ZoneSettings(polygon=((0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.6, 1.0)))
    gate = gate_after([(0.0, standing_at(0.2)), (5.0, standing_at(0.8))], left=LEFT, door=door)
    start = EventDraft("a", "start", "wave", 0.9, 1, 0.0)
    gate.admit(decision(1.0, sure("wave")), LABELS)
    (named,) = gate.name([start])
    gate.admit(decision(6.0, sure("wave")), LABELS)
    rest = gate.name([replace(start, kind="update"), replace(start, kind="end"), replace(start, id="b")])
    assert [draft.zone for draft in (named, *rest)] == ["left", "left", "left", "door"]


def test_without_zones_everything_passes():
    """No zone is set: decisions and events are the very same."""
    gate = gate_after([(0.0, people.pose_at("wave", 0.0))])
    judged, draft = decision(1.0, sure("wave")), EventDraft("a", "start", "wave", 0.9, 1, 0.0)
    assert gate.admit(judged, LABELS) is judged
    assert gate.name([draft])[0] is draft


def test_nothing_is_kept_of_who_has_left():
    """A forgotten track is nowhere, and what is kept of one who stays does not grow for ever."""
    gate = gate_after([(at / 10, standing_at(0.2)) for at in range(1000)], left=LEFT)
    assert len(gate._were[1]) <= 101
    gate.forget(1)
    assert admitted(gate, 99.0) == "background"
