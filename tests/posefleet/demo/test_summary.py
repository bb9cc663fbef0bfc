"""What the demo concludes from events."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.messages import ActionEvent
from posefleet.demo.fleet import film_began
from posefleet.demo.summary import Loop
from training.synthesis import Clip, Footage, Script, Segment

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SCRIPT = Script((Segment("background", 0, 3), Segment("wave", 3, 7), Segment("background", 7, 10)))
CLIP = Clip(
    Path("clip.mp4"),
    Footage(name="clip", subject="anna", person_seed=1, room_seed=1, script=SCRIPT),
    np.zeros((1, 33, 2), np.float32),
    np.ones((1, 33), bool),
)


def event(action: str, start: float, end: float, *, device: str = "kitchen", kind: str = "end") -> ActionEvent:
    return ActionEvent(
        id="0" * 32, sequence=1, site="demo", device=device, kind=kind, action=action, confidence=0.9, person=1,
        started_at=BEGAN + timedelta(seconds=start),
        ended_at=BEGAN + timedelta(seconds=end) if kind == "end" else None, model="actions-1",
    )  # fmt: skip


def test_events_are_placed_on_the_films_own_clock():
    """An event of this device in this pass counts; other devices, other passes and starts do not."""
    events = [
        event("wave", 3.2, 6.9),
        event("wave", 3.2, 6.9, kind="start"),
        event("clap", 4, 5, device="studio"),
        event("wave", 13.2, 16.9),
        event("wave", -6.8, -3.1),
    ]
    result = Loop(CLIP, BEGAN).showing("kitchen", BEGAN, events).result
    assert (len(result.found), len(result.missed), len(result.false)) == (1, 0, 0)


@given(st.floats(0, 300))
def test_a_film_can_be_cut_in_any_pause(seconds):
    """From the next pause on, one pass has every action once and whole, wherever in the loop it begins."""
    loop = Loop(CLIP, BEGAN)
    moment = BEGAN + timedelta(seconds=seconds)
    since = loop.pause_after(moment)
    assert moment <= since <= moment + timedelta(seconds=loop.seconds)
    (wave,) = loop.showing("kitchen", since, []).done
    assert 0 <= wave.start < wave.end <= loop.seconds + 1e-6


def test_the_films_beginning_is_read_from_the_log(tmp_path):
    """The daemon says when its film began, to the millisecond."""
    log = tmp_path / "kitchen.log"
    log.write_text("INFO x\nINFO device.camera.feeds: a.mp4: plays from 2026-01-01T00:00:03.250+00:00, 10.00 frames\n")
    assert film_began(log) == BEGAN + timedelta(seconds=3.25)
