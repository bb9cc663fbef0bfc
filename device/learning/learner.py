"""Federated learning on the device: decides about rounds, has a child process train, hands the delta to the outbox.

- A device takes part if learning is enabled, it runs the round's base release, the round's hash chose it, it has
  enough samples, the deadline is ahead and the round is not answered yet. Else it waits: a release may be on its way.
- Training is a process of its own (`training_job`) that may be killed at any time: when the round closes, when
  its deadline passes, when the daemon stops. What was answered is remembered with the delta, in one transaction.
- Samples stay here; the delta is clipped, compressed and signed with the device's key.

    learner = Learner(settings.learning, topics=..., directory=state / "learning", ...)
    learner.start(); learner.on_round(message); learner.on_receipt(receipt); learner.release_changed(bundle)
"""

import hashlib
import logging
import queue
import shutil
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.bundle import WEIGHTS, Bundle
from core.chunks import digest
from core.delta import DeltaHeader, seal_delta
from core.messages import Receipt, RoundClosed, RoundOpen
from core.signing import SigningKey
from core.topics import DeviceTopics
from device.learning.samples import SampleStore
from device.learning.training_job import Job, Result
from device.learning.training_process import TrainingError, TrainingProcess
from device.outbox.store import Outbox
from device.settings import LearningSettings

log = logging.getLogger(__name__)

_POLL_S = 0.5
_HASH_BYTES = 8


def _now() -> datetime:
    return datetime.now(UTC)


def is_chosen(opened: RoundOpen, own: DeviceTopics) -> bool:
    """Whether the round's hash chooses this device; about `fraction` of all devices are chosen, others every round."""
    text = f"{opened.seed}/{opened.round}/{own.site}/{own.device}"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:_HASH_BYTES], "big")
    return number < opened.fraction * (1 << 8 * _HASH_BYTES)


class Learner:
    """See the module.

    Args:
        directory: for jobs; what lies there is removed at the start.
        now: the wall clock, for deadlines.
    """

    def __init__(
        self,
        settings: LearningSettings,
        *,
        topics: DeviceTopics,
        directory: Path,
        samples: SampleStore,
        samples_file: Path,
        outbox: Outbox,
        key: SigningKey,
        bundle: Bundle,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._topics = topics
        self._directory = directory
        self._samples, self._samples_file = samples, samples_file
        self._outbox = outbox
        self._key = key
        self._bundle = bundle
        self._now = now
        self._inbox: queue.SimpleQueue[RoundOpen | RoundClosed | Receipt] = queue.SimpleQueue()
        self._round: RoundOpen | None = None
        self._training: TrainingProcess | None = None
        self._failed: str | None = None  # the round in which training failed
        self._state: str | None = None
        self._problem: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="learner", daemon=True)
        shutil.rmtree(directory, ignore_errors=True)

    @property
    def state(self) -> str | None:
        """The round, and what this device does in it."""
        return None if self._state is None else self._state[:80]

    @property
    def problem(self) -> str | None:
        """Why the last delta did not count, for a person."""
        return self._problem

    def on_round(self, message: RoundOpen | RoundClosed) -> None:
        """A round is open, or over."""
        self._inbox.put(message)

    def on_receipt(self, receipt: Receipt) -> None:
        """The fleet has answered a delta."""
        self._inbox.put(receipt)

    def release_changed(self, bundle: Bundle) -> None:
        """Another release runs now."""
        self._bundle = bundle

    def start(self) -> None:
        """Begin to work, in a thread of its own: files are written and processes started here."""
        self._thread.start()

    def stop(self) -> None:
        """End, and end the training process."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._end_training()

    def _run(self) -> None:
        while not self._stop.wait(_POLL_S):
            try:
                self.poll()
            except (OSError, sqlite3.Error) as exc:
                self._end_training()
                self._fail(f"learning is not possible now ({exc}); is there room in the state directory?")
            except Exception as exc:
                log.exception("learning failed")
                self._end_training()
                self._failed = None if self._round is None else self._round.round
                self._fail(f"learning failed: {exc}; see the log")

    def poll(self) -> None:
        """Take what came in; start, watch or end the training process. Never waits."""
        while not self._inbox.empty():
            message = self._inbox.get()
            if isinstance(message, Receipt):
                self._take_receipt(message)
            elif isinstance(message, RoundOpen):
                self._open(message)
            else:
                self._close(message)
        if self._training is not None:
            self._watch(self._training)
        elif self._round is not None:
            self._consider(self._round)

    def _open(self, opened: RoundOpen) -> None:
        if opened == self._round:  # retained, and delivered again after a reconnect
            return
        self._end_training()
        self._round, self._state = opened, None
        log.info("round %s is open until %s", opened.round, opened.deadline)

    def _close(self, closed: RoundClosed) -> None:
        self._outbox.drop_round(closed.round)
        if self._round is not None and self._round.round == closed.round:
            log.info("round %s is over: %s", closed.round, closed.outcome)
            self._end_training()
            self._round, self._state = None, None

    def _take_receipt(self, receipt: Receipt) -> None:
        if not self._outbox.settle_delta(receipt.transfer):
            return
        if receipt.accepted:
            self._problem, self._state = None, f"{receipt.round}: accepted"
            log.info("round %s: the fleet has our delta", receipt.round)
        else:
            self._fail(
                f"round {receipt.round}: the fleet refuses our delta: {receipt.reason} {receipt.detail}".rstrip()
            )
            self._state = f"{receipt.round}: refused ({receipt.reason})"

    def _consider(self, opened: RoundOpen) -> None:
        if self._outbox.has_answered(opened.round):
            self._state = self._state or f"{opened.round}: answered"
        elif reason := self._why_not(opened):
            state = f"{opened.round}: {reason}"
            if state != self._state:
                log.info("round %s", state)
            self._state = state
        else:
            self._begin(opened)

    def _why_not(self, opened: RoundOpen) -> str | None:
        """Why this device does not take part now; None if it does."""
        manifest = self._bundle.manifest
        count = self._samples.count(manifest.labels, (manifest.window.length, manifest.features.points))
        reasons = {
            "learning is switched off": not self._settings.enabled,
            "its deadline has passed": self._now() >= opened.deadline,
            "training failed": self._failed == opened.round,
            "not chosen": not is_chosen(opened, self._topics),
            f"needs release {opened.base}, {manifest.version} runs": manifest.version != opened.base,
            f"{count} samples, {opened.minimum_samples} needed": count < opened.minimum_samples,
        }
        return next((reason for reason, applies in reasons.items() if applies), None)

    def _begin(self, opened: RoundOpen) -> None:
        bundle = self._bundle
        job = Job(
            round=opened,
            architecture=bundle.manifest.architecture,
            features=bundle.manifest.features,
            window=bundle.manifest.window,
            labels=bundle.manifest.labels,
            samples=str(self._samples_file),
            maximum_samples=self._settings.maximum_samples,
            memory_mb=self._settings.memory_mb,
        )
        self._training = TrainingProcess(self._directory / opened.round, job, bundle.files[WEIGHTS])
        self._state = f"{opened.round}: training"
        log.info("round %s: training begins", opened.round)

    def _watch(self, training: TrainingProcess) -> None:
        opened = training.job.round
        if self._now() >= opened.deadline:
            self._end_training()
            return
        try:
            result = training.poll()
        except TrainingError as exc:
            self._training, self._failed = None, opened.round
            self._fail(f"round {opened.round}: {exc}")
            return
        if result is not None:
            self._training = None
            self._hand_in(opened, result)

    def _hand_in(self, opened: RoundOpen, result: Result) -> None:
        header = DeltaHeader(
            site=self._topics.site,
            device=self._topics.device,
            round=opened.round,
            base=opened.base,
            samples=result.samples,
            codec=opened.codec,
            payload_sha256=digest(result.payload),
            loss_before=result.loss_before,
            loss_after=result.loss_after,
            steps=result.steps,
        )
        package = seal_delta(header, result.payload, self._key)
        self._outbox.add_delta(self._topics, opened.round, package)
        self._state, self._problem = f"{opened.round}: delta is on its way", None
        log.info(
            "round %s: trained on %d samples, loss %.3f -> %.3f, delta of %d bytes",
            opened.round, result.samples, result.loss_before, result.loss_after, len(package),
        )  # fmt: skip

    def _end_training(self) -> None:
        training, self._training = self._training, None
        if training is not None:
            training.kill()

    def _fail(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem
