"""The rules of events hold whatever a classifier says: a machine that tries to break them."""

from collections import Counter

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from core.bundle import Thresholds
from device.events import EventDraft
from tests.device.decisions import HALF_S, LABELS, decision, machine


class AnyDecisions(RuleBasedStateMachine):
    """Whatever a classifier says, whenever people come and go, the rules of events hold."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.people = {1: 1, 2: 2}  # track number of each of two people
        self.open: dict[int, EventDraft] = {}
        self.ended: dict[int, float] = {}
        self.ids: Counter[str] = Counter()

    @initialize(
        low=st.floats(0, 1),
        high=st.floats(0, 1),
        minimum_s=st.floats(0, 3),
        cool_down_s=st.floats(0, 3),
    )
    def begin(self, low: float, high: float, minimum_s: float, cool_down_s: float) -> None:
        thresholds = Thresholds(enter=max(low, high), exit=min(low, high))
        self.machine = machine(thresholds, minimum_s=minimum_s, cool_down_s=cool_down_s, update_s=1.0)

    @rule(
        person=st.sampled_from([1, 2]),
        likely=st.integers(0, len(LABELS) - 1),
        weights=st.lists(st.floats(0, 1), min_size=len(LABELS), max_size=len(LABELS)),
        windows=st.integers(1, 8),
        step=st.floats(0.01, 1.0),
    )
    def see(self, person: int, likely: int, weights: list[float], windows: int, step: float) -> None:
        weights[likely] += 2 * weights[0] + 0.1
        total = sum(weights)
        for _ in range(windows):
            self.now += step
            one = decision(self.now, [weight / total for weight in weights], track=self.people[person])
            self.check(self.machine.decide(one))

    @rule(person=st.sampled_from([1, 2]))
    def leave(self, person: int) -> None:
        track = self.people[person]
        self.check(self.machine.end_track(track, self.now + HALF_S, "person_left"))
        assert track not in self.open
        self.people[person] = max(self.people.values()) + 1

    @rule()
    def lose_the_camera(self) -> None:
        self.teardown()
        newest = max(self.people.values())
        self.people = {1: newest + 1, 2: newest + 2}

    def teardown(self) -> None:
        if hasattr(self, "machine"):
            self.check(self.machine.end_all(self.now + HALF_S, "camera_lost"))
            assert self.open == {}, "every start has an end"

    def check(self, drafts: list[EventDraft]) -> None:
        for draft in drafts:
            assert draft.action in LABELS[1:], "background is no event"
            assert 0 <= draft.confidence <= 1
            before = self.open.get(draft.track)
            if draft.kind == "start":
                assert before is None, "one action at a time"
                assert not self.ids[draft.id], "every event has an id of its own"
                assert draft.started_at >= self.ended.get(draft.track, -np.inf), "events do not overlap"
                self.ids[draft.id] += 1
                self.open[draft.track] = draft
                continue
            assert before is not None, "updates and ends come after a start"
            assert (before.id, before.action, before.started_at) == (draft.id, draft.action, draft.started_at)
            assert draft.confidence >= before.confidence
            self.open[draft.track] = draft
            if draft.kind == "end":
                assert draft.ended_at is not None
                assert draft.ended_at >= draft.started_at
                self.ended[draft.track] = draft.ended_at
                del self.open[draft.track]


TestAnyDecisions = AnyDecisions.TestCase
TestAnyDecisions.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
