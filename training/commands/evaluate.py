"""`posefleet evaluate`: an honest look at a release, in the terminal, as a page and as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from training.report import Evaluation

_MARKS = {"TRUST": "green", "CARE": "yellow", "DOUBT": "bold red"}


def evaluate(
    release: Annotated[Path, typer.Argument(help="Folder of a release bundle.")],
    data: Annotated[Path, typer.Argument(help="Folder of recordings (*.npz), sub-folders included.")],
    *,
    report: Annotated[Path | None, typer.Option(help="Write a page with plots here (HTML).")] = None,
    json: Annotated[
        Path | None, typer.Option(help="Write the figures here; beside the page when it is left out.")
    ] = None,
    trained: Annotated[
        Path | None, typer.Option(help="Checkpoint folder that the release was made of; says whom it has seen.")
    ] = None,
    people: Annotated[
        str, typer.Option(help="Comma-separated people to judge on; when empty, whoever --trained has not seen.")
    ] = "",
    clips: Annotated[
        bool,
        typer.Option("--clips", help="Every recording is one action and has one answer; --trained knows it by itself."),
    ] = False,
    minimum: Annotated[float, typer.Option(min=0, max=60, help="Shortest action that devices report, seconds.")] = 0.8,
    public_key: Annotated[
        str, typer.Option(help="Key that must have signed the release; not checked when empty.")
    ] = "",
    plot: Annotated[Path | None, typer.Option(help="Write the confusion matrix to this PNG.")] = None,
) -> None:
    """Judge a release on recordings: window by window, and as a device would have told it as events.

    Use people whom training never saw; with --trained that is checked, and only they are judged:

        posefleet evaluate release data/msr --trained checkpoint --report report.html

    The first line says whether to trust the model. Figures are of the quantized model that devices run; the report has
    the float weights beside it, 95 % intervals over people, and the events of continuous recordings: found, made up,
    how soon. report.json has the same for programs.
    """
    from rich.console import Console

    from core.bundle import read_bundle, signer_of
    from device.settings import EventSettings
    from training.datasets.recording import load_directory
    from training.evaluation.assess import assess
    from training.provenance import read_provenance

    bundle = read_bundle(release, public_key or signer_of(release))
    provenance = read_provenance(trained) if trained else None
    console = Console(highlight=False)
    with console.status("judging windows…") as status:
        evaluation = assess(
            bundle,
            load_directory(data),
            source=str(data),
            provenance=provenance,
            people=frozenset(name.strip() for name in people.split(",") if name.strip()),
            clips=clips,
            events=EventSettings(minimum_s=minimum),
            on_take=lambda done, total: status.update(f"replaying recordings: {done} of {total}"),
        )
    print_evaluation(evaluation, console)
    _write(
        evaluation, console, report=report, figures=json or (report.with_suffix(".json") if report else None), plot=plot
    )


def _write(
    evaluation: "Evaluation", console: "Console", *, report: Path | None, figures: Path | None, plot: Path | None
) -> None:
    """The files that were asked for."""
    from core.files import write_atomically
    from training.report import as_html, as_json

    if report is not None:
        write_atomically(report, as_html(evaluation).encode(), mode=0o600)  # it names people
        console.print(f"report: {report}")
    if figures is not None:
        write_atomically(figures, as_json(evaluation), mode=0o600)
        console.print(f"figures: {figures}")
    if plot is not None:
        from training.evaluation.plots import plot_confusion

        plot_confusion({"quantized": evaluation.report}, plot)
        console.print(f"confusion matrix: {plot}")


def print_evaluation(evaluation: "Evaluation", console: "Console") -> None:
    """The verdict, a row for each action, and a line for each kind of figure."""
    from rich.table import Table

    from training.report import verdict

    judged, windows, stream = verdict(evaluation), evaluation.report, evaluation.stream
    console.print(f"[{_MARKS[judged.level.name]}]{judged.level.value}[/]")
    for reason in judged.reasons:
        console.print(f"  [{_MARKS[reason.level.name]}]•[/] ", end="")
        console.print(reason.text, markup=False)
    table = Table(title=f"{evaluation.model}: {windows.windows} {evaluation.kind} of {windows.subjects} people")
    for column in ("action", "precision", "recall", "F1", evaluation.kind):
        table.add_column(column, justify="left" if column == "action" else "right")
    for one in windows.per_class:
        table.add_row(one.name, f"{one.precision:.1%}", f"{one.recall:.1%}", f"{one.f1:.1%}", str(one.support))
    console.print(table)
    low_high = windows.quantized.accuracy_interval
    span = f" ({low_high.low:.0%} to {low_high.high:.0%} with other people)" if low_high else ""
    console.print(
        f"accuracy {windows.accuracy:.1%}{span}, {windows.accuracy_all:.1%} with transitions, "
        f"macro F1 {windows.macro_f1:.1%}; float {windows.exact.accuracy:.1%}, "
        f"quantized and float answer the same in {windows.agreement:.1%}"
    )
    if stream is not None:
        console.print(
            f"events in {60 * stream.hours:.1f} minutes: F1 {stream.overlapping.f1:.1%} by overlap, "
            f"{stream.onset.f1:.1%} by onset; {len(stream.touching.false)} false alarms"
            + (f"; told after {stream.delay.p50:.2f} s (p95 {stream.delay.p95:.2f} s)" if stream.delay else "")
        )
