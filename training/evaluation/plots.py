"""Pictures for people who would rather look than read: confusion matrices and timelines as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.evaluation.evaluate import Report
from training.evaluation.event_metrics import Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DPI = 110


def plot_confusion(reports: Mapping[str, Report], path: Path) -> None:
    """One confusion matrix for each titled report, side by side; rows are the truth, in per cent of the row."""
    plt = pyplot()
    figure, axes = plt.subplots(1, len(reports), figsize=(5.2 * len(reports), 5), squeeze=False, layout="constrained")
    for axis, (title, report) in zip(axes[0], reports.items(), strict=True):
        draw_confusion(axis, report)
        axis.set_title(f"{title}\n{report.model}: {report.accuracy:.1%} of {report.windows} windows")
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def draw_confusion(axis: "Axes", report: Report) -> None:
    """The confusion matrix of a report's quantized model; rows are the truth."""
    rows = report.confusion.sum(axis=1, keepdims=True).clip(1)
    share = report.confusion / rows
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    places = range(len(report.classes))
    size = min(8.0, 130 / len(report.classes))  # points: the numbers of many classes still fit their squares
    axis.set_xticks(places, report.classes, rotation=45, ha="right")
    axis.set_yticks(places, report.classes)
    axis.set_xlabel("answered")
    axis.set_ylabel("true")
    for row in places:
        for column in places:
            if share[row, column] >= 0.005:  # noqa: PLR2004 - what would round to 0 stays blank
                colour = "white" if share[row, column] > 0.5 else "black"  # noqa: PLR2004 - readable on the blue
                axis.text(
                    column, row, f"{share[row, column]:.0%}", ha="center", va="center", color=colour, fontsize=size
                )


def plot_timeline(rows: Sequence[tuple[str, Sequence[Span]]], path: Path, *, title: str) -> None:
    """Spans as coloured bars, one row a source (what was done, what was reported), seconds to the right."""
    plt = pyplot()
    actions = sorted({span.action for _, spans in rows for span in spans})
    palette = plt.get_cmap("tab10")
    colours = {action: palette(index % 10) for index, action in enumerate(actions)}
    figure, axis = plt.subplots(figsize=(13, 1.2 + 0.5 * len(rows)), layout="constrained")
    for place, (_, spans) in enumerate(rows):
        for span in spans:
            axis.barh(place, span.end - span.start, left=span.start, height=0.7, color=colours[span.action])
    axis.set_yticks(range(len(rows)), [name for name, _ in rows])
    axis.invert_yaxis()
    axis.set_xlabel("seconds")
    axis.set_title(title)
    handles = [plt.Rectangle((0, 0), 1, 1, color=colours[action]) for action in actions]
    axis.legend(handles, actions, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    figure.savefig(path, dpi=_DPI)
    plt.close(figure)


def pyplot() -> Any:  # noqa: ANN401 - modules have no type of their own
    """Matplotlib without a screen, imported when something is drawn."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt
