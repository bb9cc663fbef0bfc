"""Every byte on a broker while a fleet lives: people, lost cameras, lessons, an open preview, rounds and releases.

    python -m tests.endurance.privacy --minutes 10

Real processes do all that again and again; one of them watches rendered people with the real estimator, and a witness
keeps what it saw. Whatever was on the broker goes through four sieves: nothing but documented types
(`tests.e2e.leaks`), no copy of joints, features or pixels in any encoding (`sieve.copies`), no number that follows them
in time (`sieve.traces`) beyond those that `DECLARED` explains, and no figure of a board's own work that is made anew so
often, or is so fine, that it could (`sieve.figures`). Exits with 1 if anything is found, or if something of all that
did not happen, for then the capture proves nothing. It says of how many numbers it can say nothing.
"""

import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console

from core.bundle import BACKGROUND, Bundle
from core.messages import ActionEvent, CurrentAction, RoundClosed, decode
from core.signing import SigningKey
from core.weights import Weights
from device.learning.samples import SampleStore
from device.settings import StatusSettings
from posefleet.broker import LocalBroker
from posefleet.demo.tap import read
from tests import learning
from tests.broker import Received, Subscriber, wait_until
from tests.command import CACHE, make_parser, passing, positive_float, run
from tests.device.mjpeg import MjpegCamera, mjpeg_camera
from tests.e2e.household import SITE, Household, household
from tests.e2e.leaks import leaks
from tests.endurance.films import FPS, Projector, make_films
from tests.endurance.sieve.copies import Secrets, copies
from tests.endurance.sieve.courses import courses
from tests.endurance.sieve.figures import figures
from tests.endurance.sieve.traces import LATEST_S, LEVEL, STEP_S, Course, Seen, traces
from tests.endurance.witness import read_secrets, read_seen
from tests.fleet.world import set_up

WATCHED, OTHER = "kitchen", "studio"
FIGURES_S = StatusSettings().figures_s  # as a user has it
_PREVIEW_BYTES = 50_000  # several pictures
_PEOPLE = ("ada", "ben", "cy", "dora", "eve")

HAPPENINGS = (
    *("lessons", "pictures in the preview", "rounds", "releases"),
    *("starts", "ends", "ended by a lost camera"),
)
"""What a capture without is worth nothing."""
_LEAST_MINUTES = LATEST_S / LEVEL / 60  # of capture, for `traces`

_CONTROL = "a planted number"
_FIGURES = r"/status\.(frames|fps|latency|queue)\b"

DECLARED = {
    _CONTROL: "planted here, to see that such a thing is found",
    r"/event\b": "an event says that somebody acts: when, for how long, how surely",
    r"/action\b": "the current action says that somebody acts",
    r"/status\.people\b": "the number of people is said",
}
"""What follows people's movements by design, see "What a message gives away" in docs/events.md."""


@dataclass(frozen=True)
class Capture:
    """What was on the broker, how often each thing happened, and what the watched device saw."""

    messages: list[Received]
    happened: Counter[str]
    secrets: Secrets
    seen: Seen


def live(house: Household, camera: MjpegCamera, seconds: float) -> Counter[str]:
    """Let everything happen, again and again; how often each thing did."""
    happened = Counter(dict.fromkeys(HAPPENINGS, 0))
    deadline = time.monotonic() + seconds
    while True:
        happened["lessons"] += _teach(house)
        happened["pictures in the preview"] += _preview(house)
        _close_round(house, camera)
        if time.monotonic() > deadline:
            break
    happened["rounds"] = len(house.rounds(RoundClosed))
    happened["releases"] = sum(one.outcome == "released" for one in house.rounds(RoundClosed))
    for name in (WATCHED, OTHER):
        for payload in house.subscriber.on(f"posefleet/v1/{SITE}/{name}/event"):
            event = decode(payload, ActionEvent)
            happened[f"{event.kind}s"] += 1
            happened["ended by a lost camera"] += event.ended_by == "camera_lost"
    return happened


def _teach(house: Household) -> bool:
    state = house.directory / WATCHED
    command = ["device", "teach", "wave", "--seconds", "4", "--countdown", "0", "--yes"]
    with SampleStore(state / "samples.sqlite", 5000) as samples:
        before = sum(samples.count_by_action().values())
    _run(command, state / "device.toml").wait(60)
    with SampleStore(state / "samples.sqlite", 5000) as samples:
        return sum(samples.count_by_action().values()) > before


def _preview(house: Household) -> int:
    """Look at some pictures in the preview; how many there were."""
    process = _run(["device", "preview", "--port", "0"], house.directory / WATCHED / "device.toml")
    try:
        assert process.stdout is not None
        said: list[str] = []
        while (found := re.search(r"http://\S+", "".join(said))) is None:
            said.append(process.stdout.readline())
            assert said[-1], f"no preview: {said}"
        address = found[0]
        base, _, query = address.partition("?")
        with urllib.request.urlopen(f"{base.rstrip('/')}/stream?{query}", timeout=20) as stream:
            return int(stream.read(_PREVIEW_BYTES).count(b"\xff\xd8\xff"))
    finally:
        process.terminate()
        process.wait(20)


def _lose(house: Household, camera: MjpegCamera) -> None:
    """Lose the camera in the middle of an action, and give it back."""

    def acts() -> bool:
        payloads = house.subscriber.on(f"posefleet/v1/{SITE}/{WATCHED}/action")
        return bool(payloads) and decode(payloads[-1], CurrentAction).action != BACKGROUND

    def state() -> str | None:
        return house.statuses(WATCHED)[-1].camera

    with suppress(AssertionError):  # a busy machine sees little; at the end one loss in an action is enough
        wait_until(acts, "an action", 20)
    camera.unplug()
    wait_until(lambda: state() == "lost", "a lost camera", 40)
    camera.plug_in()
    wait_until(lambda: state() == "ok", "a camera that is back", 40)


def _close_round(house: Household, camera: MjpegCamera) -> None:
    """A round from beginning to end, in which the camera is lost."""
    closed = len(house.rounds(RoundClosed))
    house.ask_for_round()
    _lose(house, camera)
    wait_until(lambda: len(house.rounds(RoundClosed)) > closed, "the end of a round", 120)


def _run(command: list[str], config: Path) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", "posefleet", *command, "--config", str(config)]
    return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def capture(seconds: float, films: Path) -> Capture:
    """Live for so long; everything that was on the broker."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        weights = learning.trained_once(directory)

        def release(version: int = 1, *, weights: Weights | None = weights, key: SigningKey | None = None) -> Bundle:
            assert weights is not None
            return learning.release(version, weights=weights, key=key or SigningKey.generate())

        beginning = set_up(directory / "operator", release, weights)
        show = Projector(make_films(films, _PEOPLE), seed=0).show
        with (
            LocalBroker(0, directory / "broker") as broker,
            Subscriber(broker.port) as subscriber,
            mjpeg_camera(show, 1 / FPS) as camera,
            household(directory, beginning, broker, subscriber) as house,
        ):
            house.modules[WATCHED] = "tests.endurance.witness"
            house.start_fleet(goal=2, deadline_s=30)
            house.add_device(
                WATCHED, seed=1, camera=camera.url, estimator="blazepose", budget_ms=1000, figures_s=FIGURES_S
            )
            house.add_device(OTHER, seed=2, figures_s=FIGURES_S)
            wait_until(lambda: all(map(house.statuses, (WATCHED, OTHER))), "both devices", 60)
            happened = live(house, camera, seconds)
        witness = directory / WATCHED / "witness.npz"
        return Capture(list(subscriber.messages), happened, read_secrets(witness), read_seen(witness))


def sift(captured: Capture, console: Console) -> list[str]:
    """Everything that should not have been there; what was looked at is said."""
    said = courses(captured.messages)
    said[_CONTROL] = planted(said[f"{WATCHED}/status.fps"].times, captured.seen)
    found, limits = traces(said, captured.seen)
    for line in reach(said, limits):
        console.print(line)
    for trace in found:
        console.print(f"{explanation(trace.said) or 'UNEXPLAINED'}: {trace}")
    ours = [message for message in captured.messages if SITE in message.topic]  # the aggregator has nothing but deltas
    blind = [] if any(trace.said == _CONTROL for trace in found) else [f"{_CONTROL} was not found: nothing is proved"]
    return [
        *blind,
        *leaks(captured.messages),
        *figures(captured.messages, interval_s=FIGURES_S),
        *(str(trace) for trace in found if explanation(trace.said) is None),
        *copies(captured.messages, captured.secrets, by_shape=False),
        *copies(ours, captured.secrets),
    ]


def reach(said: Mapping[str, Course], limits: Mapping[str, float]) -> Iterator[str]:
    """What `traces` could have found, and of what it knows nothing."""
    weakest = np.round(np.quantile(list(limits.values()), [0.1, 0.5, 0.9]), 2)
    yield f"{len(said)} numbers over time; rank correlations of {len(limits)} of them and of their changes"
    yield f"with what was seen would be found from {weakest} up (a tenth, half, nine tenths of them)"
    constant = {name for name, course in said.items() if len(np.unique(course.values)) <= 1}
    rare = sorted(said.keys() - limits.keys() - constant)
    yield f"beside {len(constant)} constants nothing is known of {len(rare)} that hardly change: {', '.join(rare)}"
    slow = {name: limit for name, limit in limits.items() if re.search(_FIGURES, name)}
    if slow:
        least = min(slow.values())
        yield f"{len(slow)} figures change once a minute: less than {least:.2f} would not be found in any of them"


def planted(times: npt.NDArray[np.float64], seen: Seen) -> Course:
    """What a status would say if it let a coordinate through, a second late and with half as much noise."""
    column = seen.values[:, list(seen.names).index("x of right_wrist")]
    cells = ((times - 1.0 - seen.begins_at) / STEP_S).astype(int)
    there = (cells >= 0) & (cells < len(column))
    values = column[cells[there]]
    noise = np.random.default_rng(0).normal(0, 0.5 * np.nanstd(column), len(values))
    return Course(times[there], values + noise)


def explanation(name: str) -> str | None:
    """Why a number may follow what people do."""
    return next((why for pattern, why in DECLARED.items() if re.search(pattern, name)), None)


def main() -> int:
    """Run and report."""
    parser = make_parser(__doc__)
    parser.add_argument("--minutes", type=positive_float, default=10.0, help=f"of capture, {_LEAST_MINUTES:g} at least")
    parser.add_argument("--films", type=Path, default=CACHE / "films", help="where rendered people are kept")
    console, options = Console(soft_wrap=True), parser.parse_args()
    if options.minutes < _LEAST_MINUTES:
        parser.error(f"--minutes {options.minutes:g}: less than {_LEAST_MINUTES:g} prove nothing, see sieve.traces")
    with passing("listening", 60 * options.minutes):
        captured = capture(60 * options.minutes, options.films)
    kinds: Counter[str] = Counter()
    for message in captured.messages:
        with suppress(ValueError):
            kinds[read(message.topic, message.payload)[0]] += bool(message.payload)
    size = sum(len(one.payload) for one in captured.messages)
    console.print(f"{len(captured.messages)} messages, {size} bytes: {dict(kinds)}")
    console.print(f"what happened: {dict(captured.happened)}")
    findings = sift(captured, console)
    console.print("\n".join(findings[:20]) or "nothing but documented messages")
    if never := [name for name in HAPPENINGS if not captured.happened[name]]:
        console.print(f"the capture proves nothing; none of: {', '.join(never)}")
    return int(bool(findings or never))


if __name__ == "__main__":
    run(main)
