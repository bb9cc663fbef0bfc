"""The end of a round: average the deltas, make the next release of them, judge it. Nothing is published here."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
import numpy as np

from converter.make_bundle import next_release
from core.architecture import parameter_shapes
from core.bundle import WEIGHTS, Bundle, seal
from core.errors import BundleError, PosefleetError
from core.signing import SigningKey
from core.weights import add, from_safetensors
from fleet.gate import Evaluation, GateReport, judge, judge_by_losses
from fleet.records import Losses, StoredUpdates
from fleet.settings import GateSection, RoundSection
from fleet.store import Store
from fleet.strategies import STRATEGIES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """How a round ends; `bundle` only when it is released."""

    outcome: Literal["released", "rejected", "aborted"]
    reason: str
    bundle: Bundle | None = None
    report: GateReport | None = None


@dataclass(frozen=True)
class Judge:
    """What does not change from round to round."""

    rounds: RoundSection
    gate: GateSection
    evaluation: Evaluation | None
    key: SigningKey

    def conclude(
        self, base: Bundle, store: Store, round_id: str, losses: Sequence[Losses], *, version: int, now: datetime
    ) -> Verdict:
        """Average what counts in a round and decide about it. Never raises: what goes wrong is the verdict."""
        try:
            candidate = self._average(base, store, round_id, losses, version=version, now=now)
        except BundleError as exc:
            return Verdict("rejected", str(exc))
        except PosefleetError as exc:
            return Verdict("aborted", str(exc))
        except (ArithmeticError, MemoryError, OSError, ValueError) as exc:
            log.exception("averaging %s failed", round_id)
            return Verdict("aborted", f"averaging failed: {exc}")
        try:
            report = self._judge(candidate, base, losses)
        except PosefleetError as exc:
            return Verdict("aborted", str(exc))
        if not report.passed:
            return Verdict("rejected", report.reason, report=report)
        return Verdict("released", report.reason, self._with_figures(candidate, report), report)

    def _average(
        self, base: Bundle, store: Store, round_id: str, losses: Sequence[Losses], *, version: int, now: datetime
    ) -> Bundle:
        shapes = parameter_shapes(base.manifest.architecture)
        updates = StoredUpdates(store, round_id, shapes, self.rounds.maximum_weight)
        average = STRATEGIES[self.rounds.strategy]().aggregate(updates, shapes)
        rate = np.float32(self.rounds.server_learning_rate)
        weights = add(from_safetensors(base.files[WEIGHTS]), {name: rate * part for name, part in average.items()})
        metrics = {"deltas": float(len(losses)), "samples": float(sum(one.samples for one in losses))}
        return next_release(base, weights, version=version, created_at=now, metrics=metrics, key=self.key)

    def _judge(self, candidate: Bundle, base: Bundle, losses: Sequence[Losses]) -> GateReport:
        if self.evaluation is None:
            return judge_by_losses(losses)
        return judge(
            candidate,
            base,
            self.evaluation,
            tolerance=self.gate.tolerance,
            maximum_action_drop=self.gate.maximum_action_drop,
        )

    def _with_figures(self, candidate: Bundle, report: GateReport) -> Bundle:
        """The same release, its manifest saying how good it was found."""
        name = "accuracy" if report.judged_by == "evaluation" else "loss"
        metrics = candidate.manifest.metrics | {f"{name}_before": report.before, name: report.after}
        return seal(msgspec.structs.replace(candidate.manifest, metrics=metrics), candidate.files, self.key)
