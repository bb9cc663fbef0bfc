"""The figures of a report for programs. Names are those of the report; shares are in [0, 1], times in seconds."""

from dataclasses import asdict
from typing import Any

import msgspec

from training.evaluation.event_metrics import EventReport
from training.evaluation.scores import Scores
from training.evaluation.stream_scores import StreamScores
from training.report._evaluation import Evaluation
from training.report._verdict import verdict

_DIGITS = 4


def as_json(evaluation: Evaluation) -> bytes:
    """UTF-8 text of an object; its keys only ever become more while `v` is 1."""
    judged, report = verdict(evaluation), evaluation.report
    content = {
        "v": 1,
        "model": evaluation.model,
        "data": evaluation.data,
        "kind": evaluation.kind,
        "verdict": judged.level.name.lower(),
        "reasons": [{"level": one.level.name.lower(), "text": one.text} for one in judged.reasons],
        "split": None if evaluation.split is None else evaluation.split.name,
        "optimistic": None if evaluation.split is None else evaluation.split.optimistic,
        "people": list(evaluation.people),
        "windows": report.windows,
        "classes": list(report.classes),
        "accuracy_with_transitions": report.accuracy_all,
        "agreement": report.agreement,
        "refused": report.refused,
        "unknown_classes": list(evaluation.unknown),
        "unknown": None if report.unknown is None else asdict(report.unknown),
        "quantized": _scores(report.quantized),
        "float": _scores(report.exact),
        "stream": None if evaluation.stream is None else _stream(evaluation.stream),
        "findings": [asdict(one) for one in evaluation.findings],
    }
    return msgspec.json.format(msgspec.json.encode(_rounded(content)), indent=2) + b"\n"


def _scores(scores: Scores) -> dict[str, Any]:
    return asdict(scores) | {"confusion": scores.confusion.tolist()}


def _stream(stream: StreamScores) -> dict[str, Any]:
    ways = {"onset": stream.onset, "overlapping": stream.overlapping, "touching": stream.touching}
    kept = {name: value for name, value in vars(stream).items() if name not in ways}
    plain: dict[str, Any] = msgspec.to_builtins(kept)
    by_action = {action: _events(stream.touching.of(action)) for action in stream.touching.actions}
    return plain | {name: _events(report) for name, report in ways.items()} | {"by_action": by_action}


def _events(report: EventReport) -> dict[str, Any]:
    counts = {"found": len(report.found), "missed": len(report.missed), "false": len(report.false)}
    return counts | {"precision": report.precision, "recall": report.recall, "f1": report.f1}


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
