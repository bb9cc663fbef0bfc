"""Plots of a report as SVG text that stands in a page: no files, no scripts, no fonts of its own."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.event_metrics import Span
from training.evaluation.plots import draw_confusion, pyplot
from training.report._evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLE = {"svg.fonttype": "none", "svg.hashsalt": "posefleet", "font.family": "sans-serif", "font.size": 9}
_PLAIN = "#2b6cb0"
_SHOWN_TAKES, _SHOWN_PEOPLE = 6, 40


def drawings(evaluation: Evaluation) -> dict[str, str]:
    """SVG by name; only what there is something to draw of."""
    with pyplot().rc_context(_STYLE):
        drawn = {
            "confusion": _confusion(evaluation),
            "people": _people(evaluation),
            "reliability": _reliability(evaluation),
        }
        if evaluation.stream is not None:
            drawn |= {"timeline": _timeline(evaluation), "early": _early(evaluation)}
    return drawn


def _confusion(evaluation: Evaluation) -> str:
    side = min(9.0, 2.6 + 0.42 * len(evaluation.report.classes))
    figure, axis = _figure(side, side)
    draw_confusion(axis, evaluation.report)
    return _svg(figure)


def _people(evaluation: Evaluation) -> str:
    """A bar for each person, the worst on top: a mean hides whom the model fails."""
    right = sorted(evaluation.report.quantized.by_subject.items(), key=lambda one: one[1])[:_SHOWN_PEOPLE]
    figure, axis = _figure(5.2, 1.0 + 0.24 * len(right))
    names, shares = [name for name, _ in right], [share for _, share in right]
    bars = axis.barh(range(len(right)), shares, color=_PLAIN, height=0.7)
    axis.bar_label(bars, [f"{share:.0%}" for share in shares], padding=3)
    axis.axvline(evaluation.report.accuracy, color="black", linewidth=0.8, linestyle=":")
    axis.set_yticks(range(len(right)), names)
    axis.invert_yaxis()
    axis.set_xlim(0, 1.12)
    axis.set_xlabel("share of the windows that is right; dotted: all people")
    return _svg(figure)


def _reliability(evaluation: Evaluation) -> str:
    figure, axis = _figure(4.2, 3.8)
    axis.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
    for name, scores, colour in (
        ("quantized", evaluation.report.quantized, _PLAIN),
        ("float", evaluation.report.exact, "orange"),
    ):
        bins = scores.reliability
        total = sum(one.count for one in bins)
        axis.plot([one.confidence for one in bins], [one.right for one in bins], color=colour, linewidth=1, label=name)
        sizes = [150 * np.sqrt(one.count / total) for one in bins]
        axis.scatter([one.confidence for one in bins], [one.right for one in bins], sizes, color=colour, alpha=0.6)
    axis.set_xlabel("how sure it was (larger dot: more windows)")
    axis.set_ylabel("how often it was right")
    axis.legend(frameon=False)
    return _svg(figure)


def _timeline(evaluation: Evaluation) -> str:
    """What was done above what was reported, for the takes in which most went wrong."""
    takes = sorted(evaluation.takes, key=lambda take: float((take.told == take.truth).mean()))[:_SHOWN_TAKES]
    actions = sorted({span.action for take in takes for span in (*take.done, *take.events)})
    palette = pyplot().get_cmap("tab20")
    colours = {action: palette(index % 20) for index, action in enumerate(actions)}
    figure, axis = _figure(10.0, 1.1 + 0.62 * len(takes))
    for place, take in enumerate(takes):
        begin = float(take.times[0])
        _bars(axis, take.done, 2.4 * place, begin, colours)
        _bars(axis, take.events, 2.4 * place + 1, begin, colours)
    rows = [
        (2.4 * place + half, name)
        for place, take in enumerate(takes)
        for half, name in ((0, take.name), (1, "reported"))
    ]
    axis.set_yticks([row for row, _ in rows], [name for _, name in rows])
    axis.invert_yaxis()
    axis.set_xlabel("seconds")
    handles = [pyplot().Rectangle((0, 0), 1, 1, color=colours[action]) for action in actions]
    axis.legend(handles, actions, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return _svg(figure)


def _bars(axis: "Axes", spans: tuple[Span, ...], row: float, begin: float, colours: dict[str, Any]) -> None:
    for span in spans:
        axis.barh(row, span.end - span.start, left=span.start - begin, height=0.85, color=colours[span.action])


def _early(evaluation: Evaluation) -> str:
    stream = evaluation.stream
    assert stream is not None
    figure, axis = _figure(4.2, 3.2)
    axis.plot([100 * share for share in stream.early], list(stream.early.values()), marker="o", color=_PLAIN)
    axis.set_ylim(0, 1.05)
    axis.set_xlabel("per cent of the action that has passed")
    axis.set_ylabel("share of the actions named right")
    return _svg(figure)


def _figure(width: float, height: float) -> "tuple[Figure, Axes]":
    figure, axis = pyplot().subplots(figsize=(width, height), layout="constrained")
    return figure, axis


def _svg(figure: "Figure") -> str:
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing, transparent=True)
    pyplot().close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
