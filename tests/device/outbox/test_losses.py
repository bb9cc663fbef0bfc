"""A full disk costs whole events, and ends are only late."""

from device.outbox.losses import Losses
from tests.device.events import event

ONE, OTHER = "1" * 32, "2" * 32


def test_after_a_lost_start_everything_of_that_event_is_lost():
    """Start, update and end of one event are three losses; afterwards nothing is remembered of it."""
    losses = Losses()
    for kind in ("start", "update"):
        losses.note(event(1, event_id=ONE, kind=kind))
    assert losses.unstarted == {ONE}
    losses.note(event(1, event_id=ONE, kind="end"))
    assert (losses.count, losses.unstarted, losses.late_ends) == (3, set(), {})


def test_the_end_of_what_was_stored_only_comes_late():
    """An end whose start is on the disk is no loss; it waits, once, until there is room."""
    losses = Losses()
    assert not losses
    end = event(1, event_id=OTHER, kind="end")
    losses.note(end)
    losses.note(end)
    assert losses
    assert (losses.count, losses.late_ends) == (0, {OTHER: end})
    losses.clear()
    assert not losses
