"""The latency ladder: what a board does less of when frames take too long, one named step after the other.

A pure state machine; `device.latency.governor` measures and acts. What it promises:

- A step down is taken only when the 95th percentile is over the budget; the least hurtful step comes first.
- A step up is taken only after some seconds of room (far enough below the budget) with somebody in the picture: an
  empty room is cheap, and says nothing about the frames that follow when somebody comes in.
- It does not swing: a step up that has to be undone soon is tried again only after twice as long, up to ten minutes;
  or as soon as any other once frames are much quicker than before that attempt: what was in the way is gone. Where
  that, too, has to be undone, the load comes and goes, and the next such step waits twice as long as well.
- Steps that cannot help are not there (an estimator without a choice, one person only), or are passed over (room for
  more people than are in the picture).

    ladder = Ladder(rungs_for(("detection", "people"), full), Rules(budget_ms=50.0))
    ladder.judge(p95_ms=71.0, now=100.0, people=2)      # True: something has changed
    ladder.workload.effort, ladder.in_force             # what to do from now on, and how to say it
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from device.pose import Effort
from device.settings import LadderStep

_RARER = 4  # times: newcomers are noticed two seconds later at 30 frames a second
_RAREST = 300  # pictures between two looks for newcomers, as in `device.settings.PoseSettings`
_LONGEST_PATIENCE_S = 600.0
_EASED = 0.5  # times what frames took before a step up that failed: another board, as it were; less is noise
_LONGEST_BREAK_S = 2.0  # between two judgements: more than this was not room, but nothing at all


@dataclass(frozen=True)
class Workload:
    """What is done with the pictures.

    Attributes:
        effort: what the estimator may do.
        every: one in so many pictures is looked at; the windows bridge the others.
        halved: whether the camera gives pictures of half the size.
    """

    effort: Effort
    every: int = 1
    halved: bool = False


@dataclass(frozen=True)
class Rung:
    """One step.

    Attributes:
        name: the name in the settings; a person finds it in the status.
        says: what it means, for a person.
        workload: what is done when this step and all before it are in force.
    """

    name: LadderStep
    says: str
    workload: Workload

    def helps(self, people: int) -> bool:
        """Whether it saves anything with so many people in the picture."""
        return self.name != "people" or self.workload.effort.max_people <= people


@dataclass(frozen=True)
class Rules:
    """When to step.

    Attributes:
        budget_ms: what the 95th percentile must not exceed.
        room: below this share of the budget there is room for a step up.
        patience_s: room must last this long, with somebody in the picture.
    """

    budget_ms: float
    room: float = 0.7
    patience_s: float = 20.0

    @property
    def probation_s(self) -> float:
        """A step up that is undone within this time was a mistake."""
        return 1.5 * self.patience_s


def rungs_for(names: Iterable[LadderStep], full: Workload, *, choice: bool = True, camera: bool = True) -> list[Rung]:
    """The steps of these names that can do anything, in this order.

    Args:
        names: steps as the settings name them.
        full: the workload without any step.
        choice: whether the estimator can do less (`PoseEstimator.adapt`).
        camera: whether the camera can give smaller pictures.
    """
    rungs: list[Rung] = []
    workload = full
    for name in dict.fromkeys(names):
        for says, lighter in _lighter(name, workload, choice=choice, camera=camera):
            workload = lighter
            rungs.append(Rung(name, says, workload))
    return rungs


def _lighter(name: LadderStep, workload: Workload, *, choice: bool, camera: bool) -> list[tuple[str, Workload]]:
    effort = workload.effort
    if name == "detection":
        rarer = min(_RARER * effort.detect_every, _RAREST)
        says = f"newcomers are looked for in one of {rarer} frames instead of {effort.detect_every}, one at a time"
        # With room for one person only there is nobody else to look for.
        useful = choice and effort.max_people > 1 and rarer > effort.detect_every
        lighter = replace(effort, detect_every=rarer, at_once=False)
        return [(says, replace(workload, effort=lighter))] if useful else []
    if name == "alternate":
        return [("every second picture is looked at, movement in between is interpolated", replace(workload, every=2))]
    if name == "resolution":
        says = "the camera gives pictures of half the width and height"
        return [(says, replace(workload, halved=True))] if camera else []
    return [
        (
            f"at most {most} of {effort.max_people} people are followed",
            replace(workload, effort=replace(effort, max_people=most)),
        )
        for most in (_halves(effort.max_people) if choice else ())
    ]


def _halves(number: int) -> Iterable[int]:
    """Down to one, by halves: 5 gives 2, 1."""
    while number > 1:
        number //= 2
        yield number


@dataclass
class _State:
    patience_s: float
    eased_patience_s: float
    depth: int = 0  # so many of the rungs are in force
    judged_at: float | None = None
    room_s: float = 0.0  # how long there has been room, with somebody there
    eased_s: float = 0.0  # likewise, and much more than before the last step up failed
    rose_at: float | None = None  # a step up that has yet to prove itself ...
    rose_eased: bool = False  # ... and was taken early
    before: tuple[int, float] | None = None  # depth and p95 when it was taken

    def rest(self) -> None:
        """Room has to be waited for anew."""
        self.room_s = self.eased_s = 0.0

    def has_eased(self, p95_ms: float) -> bool:
        if self.before is None or self.rose_at is not None:
            return False
        depth, before_ms = self.before
        return self.depth == depth and p95_ms < _EASED * before_ms


class Ladder:
    """See the module."""

    def __init__(self, full: Workload, rungs: Sequence[Rung], rules: Rules) -> None:
        self._full = full
        self._rungs = tuple(rungs)
        self._rules = rules
        self._state = _State(rules.patience_s, rules.patience_s)

    @property
    def workload(self) -> Workload:
        """What to do with pictures now."""
        depth = self._state.depth
        return self._rungs[depth - 1].workload if depth else self._full

    @property
    def in_force(self) -> tuple[str, ...]:
        """The steps in force, each once, for a person: `detection: newcomers are looked for in ...`."""
        return tuple({rung.name: f"{rung.name}: {rung.says}" for rung in self._rungs[: self._state.depth]}.values())

    def judge(self, p95_ms: float, now: float, *, people: int) -> bool:
        """Take a step, or none; whether there was one.

        Args:
            p95_ms: 95th percentile from capture to decision over frames since the last step.
            now: seconds on a clock that only goes forward.
            people: how many are in the picture.
        """
        state, rules = self._state, self._rules
        since = 0.0 if state.judged_at is None else min(max(now - state.judged_at, 0.0), _LONGEST_BREAK_S)
        state.judged_at = now
        if state.rose_at is not None and now - state.rose_at > rules.probation_s:
            state.rose_at, state.patience_s, state.eased_patience_s = None, rules.patience_s, rules.patience_s
        if p95_ms > rules.budget_ms:
            return self._step_down(people)
        if p95_ms > rules.room * rules.budget_ms:
            state.rest()
        elif people:
            state.room_s += since
            state.eased_s = state.eased_s + since if state.has_eased(p95_ms) else 0.0
        if state.depth and (state.room_s >= state.patience_s or state.eased_s >= state.eased_patience_s):
            state.before, state.rose_at = (state.depth, p95_ms), now
            state.rose_eased = state.room_s < state.patience_s
            state.depth -= 1
            state.rest()
            return True
        return False

    def _step_down(self, people: int) -> bool:
        state = self._state
        state.rest()
        below = (depth for depth in range(state.depth, len(self._rungs)) if self._rungs[depth].helps(people))
        found = next(below, None)
        if found is None:
            return False
        state.depth = found + 1
        if state.rose_at is not None:
            state.rose_at = None
            state.patience_s = self._longer(state.patience_s)
            if state.rose_eased:  # the load comes and goes
                state.eased_patience_s = self._longer(state.eased_patience_s)
        return True

    def _longer(self, patience_s: float) -> float:
        return min(2 * patience_s, max(_LONGEST_PATIENCE_S, self._rules.patience_s))
