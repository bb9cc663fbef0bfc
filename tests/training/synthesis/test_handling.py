"""Drinking and telephoning differ in what is held, and in nothing else."""

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from training.synthesis.handling import HANDLINGS, THINGS, Detector, handling_take

PERFECT = Detector(miss=0, lapse=0, confuse=0, jitter=0)


def test_the_same_movement_has_either_label():
    """A take of drinking and one of telephoning show the same joints to the bit: no pose can tell them apart."""
    drink, phone = (handling_take(action, "anna", 0) for action in ("drink", "phone"))
    np.testing.assert_array_equal(drink.joints, phone.joints)
    assert not np.array_equal(drink.labels, phone.labels)


def test_what_is_held_is_in_the_hand():
    """A perfect detector sees the thing in every frame, within a hand's reach of the wrist that rises to the face."""
    for action, held in (("drink", "cup"), ("phone", "phone")):
        take = handling_take(action, "ben", 1, PERFECT)
        boxes = take.objects[:, THINGS.index(held)]
        wrists = take.joints[:, [MEDIAPIPE33.index[f"{side}_wrist"] for side in ("left", "right")], :2]
        away = np.linalg.norm(wrists - boxes[:, None, :2], axis=-1).max(axis=0)
        assert (boxes[:, 4] > 0.4).all()
        assert away.min() < 0.06 < away.max()


def test_who_waves_holds_nothing():
    """Things in view of somebody who waves stand still on the table, if there are any."""
    for take in (handling_take("wave", "carl", number, PERFECT) for number in range(6)):
        assert np.ptp(take.objects, axis=0)[:, :4].max() < 1e-6


def test_the_detector_errs_as_it_is_told():
    """About so many frames are missed, a lapse lasts a second, and confusion swaps the things."""
    takes = [handling_take("drink", f"person{n}", 0, Detector(miss=0.3, lapse=0, confuse=0)) for n in range(8)]
    seen = np.concatenate([take.objects[:, THINGS.index("cup"), 4] > 0 for take in takes])
    assert seen.mean() == pytest.approx(0.7, abs=0.05)
    lapsed = handling_take("drink", "anna", 0, Detector(miss=0, lapse=1, confuse=0))
    assert 0 < (lapsed.objects[:, THINGS.index("cup"), 4] == 0).sum() <= 15
    swapped = handling_take("drink", "anna", 0, Detector(miss=0, lapse=0, confuse=1))
    right = handling_take("drink", "anna", 0, Detector(miss=0, lapse=0, confuse=0))
    np.testing.assert_array_equal(swapped.objects[:, ::-1], right.objects)


def test_a_take_can_be_made_again():
    """The same take is the same to the bit; another take or person is another."""
    first, again = (handling_take("wave", "anna", 0) for _ in range(2))
    np.testing.assert_array_equal(first.joints, again.joints)
    np.testing.assert_array_equal(first.objects, again.objects)
    for other in (handling_take("wave", "anna", 1), handling_take("wave", "ben", 0)):
        assert np.abs(other.joints - first.joints).max() > 0.05


def test_labels_are_the_middle_of_a_take():
    """Five seconds of the action lie between two stretches of background."""
    for action in HANDLINGS:
        take = handling_take(action, "anna", 0)
        assert [take.classes[label] for label in take.labels[[0, 60, -1]]] == ["background", action, "background"]
        assert (take.labels > 0).sum() == 75


def test_unknown_handlings_are_refused():
    """An action that nobody knows is a ValueError that names those there are."""
    with pytest.raises(ValueError, match="drink, phone, wave"):
        handling_take("juggle", "anna", 0)
