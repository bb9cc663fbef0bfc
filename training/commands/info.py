"""`posefleet data info` and `posefleet data show`: what is in a folder of recordings, and what one looks like."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import InputError

if TYPE_CHECKING:
    from training.datasets.info import Summary


def info(
    data: Annotated[Path, typer.Argument(help="Folder of recordings (*.npz), sub-folders included.")],
    plot: Annotated[Path | None, typer.Option(help="Draw the charts into this PNG.")] = None,
) -> None:
    """Count what is there: recordings, takes, people, classes, lengths, rates, missing joints.

        posefleet data info data/msr --plot msr.png

    `posefleet data check` says what is wrong with it.
    """
    from training.datasets.info import plot as draw
    from training.datasets.info import summarise
    from training.datasets.recording import load_directory

    summary = summarise(load_directory(data))
    _print(summary, data)
    if plot is not None:
        draw(summary, plot)
        typer.echo(f"charts: {plot}")


def show(
    recording: Annotated[Path, typer.Argument(help="A recording (*.npz).")],
    out: Annotated[Path, typer.Option(help="The GIF to write.")] = Path("recording.gif"),
) -> None:
    """Draw a recording as a moving skeleton; the person's left is orange, their right blue.

    posefleet data show data/msr/a01_s01_e01.npz --out wave.gif
    """
    from training.datasets.recording import load
    from training.datasets.show import write_gif

    if recording.is_dir():
        raise InputError(f"{recording}: is a folder; name one recording (*.npz) in it")
    count = write_gif(load(recording), out)
    typer.echo(f"{out}: {count} pictures")


def _print(summary: "Summary", data: Path) -> None:
    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from core.skeleton import CORE15

    console = Console()
    facts = Table(title=str(data), show_header=False)
    facts.add_row("recordings", f"{len(summary.lengths)} of {summary.takes} takes")
    facts.add_row("people", f"{len(summary.subjects)}: {', '.join(summary.subjects[:20])}")
    facts.add_row("frames", f"{summary.frames}, {summary.lengths.sum():.0f} s")
    quarters = np.percentile(summary.lengths, [0, 25, 50, 75, 100])
    facts.add_row("lengths", " / ".join(f"{one:.1f}" for one in quarters) + " s (least, quartiles, most)")
    facts.add_row("frames per second", f"{summary.rates.min():.1f} to {summary.rates.max():.1f}")
    facts.add_row("somebody found", f"{summary.found:.1%} of the frames")
    rare = [f"{name} {part:.0%}" for name, part in zip(CORE15.joints, summary.unseen, strict=True) if part >= 0.01]  # noqa: PLR2004 - a per cent is worth a word
    facts.add_row("missing joints", ", ".join(rare) or "hardly any")
    facts.add_row("layout, unit", f"{', '.join(summary.layouts)}; {', '.join(summary.units)}")
    if summary.splits:
        facts.add_row("published parts", ", ".join(summary.splits))
    console.print(facts)
    classes = Table()
    for column in ("class", "seconds", "recordings", "people"):
        classes.add_column(column, justify="left" if column == "class" else "right")
    for name in sorted(summary.seconds):
        people = summary.recordings_of.get(name, {})
        classes.add_row(name, f"{summary.seconds[name]:.1f}", str(sum(people.values())), str(len(people)))
    console.print(classes)
