from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.outbox.rows import Loss
from device.outbox.store import Outbox
from tests.device.events import ROOM, add

BEGAN = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    """A wall clock that a test sets."""

    now = BEGAN

    def __call__(self) -> float:
        return self.now.timestamp()


def lose(box: Outbox, number: int) -> None:
    """One event more that cannot be sent."""
    assert add(box, number, "update")
    box.discard(box.pending(1)[0].id)


def test_a_loss_is_news_until_a_day_has_passed_without_another(tmp_path: Path):
    """Losses add up while less than a day lies between them, over restarts as well; then only the whole count stays."""
    clock = Clock()
    with Outbox(tmp_path / "o.sqlite", ROOM, wall=clock) as box:
        assert box.loss is None
        lose(box, 1)
        clock.now += 0.9 * DAY
        lose(box, 2)
    with Outbox(tmp_path / "o.sqlite", ROOM, wall=clock) as box:
        clock.now += 0.9 * DAY
        assert box.loss == Loss(2, BEGAN + 0.9 * DAY)
        clock.now += 0.1 * DAY
        assert (box.loss, box.lost) == (None, 2)
        lose(box, 3)
        assert (box.loss, box.lost) == (Loss(1, clock.now), 3)


def test_a_board_that_believes_it_is_1970_has_lost_nothing(tmp_path: Path):
    """Without a clock that survives a power cut nothing is made up, and a loss from later stays news."""
    clock = Clock()
    clock.now = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    with Outbox(tmp_path / "o.sqlite", ROOM, wall=clock) as box:
        assert box.loss is None
        clock.now = BEGAN
        lose(box, 1)
        clock.now = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
        assert box.loss == Loss(1, BEGAN)
