"""What follows the people in a picture is found; what does not is, at the stated rate, not."""

import numpy as np
import pytest
from scipy.signal import lfilter

from tests.endurance.sieve.traces import LATEST_S, LEVEL, STEP_S, Course, Seen, traces

CELLS = 1600  # 400 s
NAMES = [f"coordinate {number}" for number in range(20)]


def wandering(rng: np.random.Generator, columns: int, *, memory: float = 0.9) -> np.ndarray:
    """(CELLS, columns) first-order autoregressive numbers: they change slowly, as people and counters do."""
    return lfilter([1.0], [1.0, -memory], rng.normal(size=(CELLS, columns)), axis=0)


def seen_of(values: np.ndarray) -> Seen:
    return Seen(1000.0, NAMES[: values.shape[1]], values)


def said_of(values: np.ndarray, *, every: int = 2) -> Course:
    cells = np.arange(0, CELLS, every)
    return Course(1000.0 + (cells + 0.5) * STEP_S, values[cells].astype(float))


def test_without_a_trace_nothing_is_found_but_at_the_stated_rate():
    """Of runs with slow, unrelated numbers no more than the stated share has a finding at all."""
    alarms = 0
    runs = 100
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        own = wandering(rng, 6, memory=0.97)
        said = {f"number {column}": said_of(own[:, column]) for column in range(6)}
        alarms += bool(traces(said, seen_of(wandering(rng, 8)))[0])
    assert alarms <= runs * LEVEL + 2.6 * np.sqrt(runs * LEVEL * (1 - LEVEL))


@pytest.mark.parametrize("delay_s", [0.0, 1.5, 5.0])
@pytest.mark.parametrize("shape", ["as it is", "upside down", "curved", "rounded", "on or off"])
def test_a_number_that_follows_a_coordinate_is_found(shape: str, delay_s: float):
    """Delayed, noisy, mirrored, bent or cut down to one bit: it is found, with whom and how late."""
    rng = np.random.default_rng(7)
    seen = wandering(rng, 20)
    hidden = np.roll(seen[:, 13], round(delay_s / STEP_S)) + 0.5 * rng.normal(size=CELLS)
    forms = {
        "as it is": hidden, "upside down": -hidden, "curved": np.exp(hidden), "rounded": np.rint(hidden),
        "on or off": hidden > 1,
    }  # fmt: skip
    said = {"fps": said_of(wandering(rng, 1)[:, 0]), "queue": said_of(forms[shape])}
    found, _ = traces(said, seen_of(seen))
    first = max(found, key=lambda trace: trace.correlation)
    assert (first.said, first.seen, first.delay_s) == ("queue", "coordinate 13", delay_s)
    assert first.chance <= LEVEL


def test_a_counter_that_grows_by_a_coordinate_is_found():
    """What is hidden in the steps of a number that only grows is found in its changes."""
    rng = np.random.default_rng(8)
    seen = wandering(rng, 20)
    found, _ = traces({"frames": said_of(np.cumsum(100 + seen[:, 3]), every=1)}, seen_of(seen))
    assert [(trace.said, trace.seen) for trace in found] == [("the change of frames", "coordinate 3")]


def test_limits_say_what_would_have_been_found():
    """A relation stronger than the limit is found, one far below it is not; what is constant has no limit."""
    rng = np.random.default_rng(9)
    seen, noise = wandering(rng, 20), wandering(rng, 1)[:, 0]
    unrelated = {"noise": said_of(noise), "constant": said_of(np.ones(CELLS)), "rare": said_of(noise, every=200)}
    found, limits = traces(unrelated, seen_of(seen))
    assert found == []
    assert limits.keys() == {"noise", "the change of noise"}
    strong = {"noise": said_of(noise + 2 * seen[:, 0])}
    assert traces(strong, seen_of(seen))[0][0].correlation > limits["noise"]


def test_gaps_in_what_was_seen_do_no_harm():
    """While a camera is away nothing is seen; the rest is judged."""
    rng = np.random.default_rng(10)
    seen = wandering(rng, 20)
    said = {"queue": said_of(seen[:, 2] + 0.3 * rng.normal(size=CELLS))}
    seen[300:420] = np.nan
    assert traces(said, seen_of(seen))[0][0].seen == "coordinate 2"


def test_a_capture_that_is_too_short_for_the_rate_is_refused():
    """Less time than the stated rate needs is an error, not a pass."""
    short = round(LATEST_S / STEP_S * (1 / LEVEL - 1))
    with pytest.raises(ValueError, match="too short: 120 are needed"):
        traces({}, seen_of(np.zeros((short, 1))))
