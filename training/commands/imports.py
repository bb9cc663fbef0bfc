"""`posefleet data import`: a data set of the field, or recordings of one's own, in Posefleet's one form."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from training.datasets.importing import Summary


def import_dataset(
    source: Annotated[Path, typer.Argument(help="File or folder of the data set.")],
    out: Annotated[Path, typer.Option(help="New folder for the recordings.")],
    format_: Annotated[
        str, typer.Option("--format", help="Format of the source, see docs/datasets.md; found out when empty.")
    ] = "",
    fps: Annotated[float, typer.Option(min=0, max=1000, help="Frames per second; 0 for the format's usual.")] = 0.0,
    size: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT of the pictures, where the source does not say; 640x480 if it matters.")
    ] = "",
    label: Annotated[str, typer.Option(help="The action, where no folder or field names it.")] = "",
    subject: Annotated[str, typer.Option(help="Who it is, where the source does not say.")] = "",
    layout: Annotated[str, typer.Option(help="Layout of the joints, where their number fits several.")] = "",
    classes: Annotated[
        Path | None, typer.Option(help="Text file with the names of numbered classes, one a line.")
    ] = None,
    people: Annotated[int, typer.Option(min=1, max=10, help="People kept of each take, the most present first.")] = 2,
    *,
    planar: Annotated[
        bool, typer.Option("--planar", help="Joints in the picture where the source has them in space as well (ntu).")
    ] = False,
) -> None:
    """Import a data set into a folder of recordings, whole or not at all.

        posefleet data import nturgb+d_skeletons --out data/ntu

        posefleet data import MP_Data --out data/signs/anna --subject anna --fps 15 --size 640x480

        posefleet data import ntu60_hrnet.pkl --out data/ntu2d --classes ntu_names.txt

    The format is found out from what is there. One folder a person, all below one folder, is a good place for
    recordings of your own: `posefleet train` reads what is below.
    """
    from rich.progress import Progress

    from training.datasets.formats import Options
    from training.datasets.formats._base import read_text
    from training.datasets.importing import import_source

    names = tuple(line.strip() for line in read_text(classes).splitlines() if line.strip()) if classes else ()
    options = Options(
        fps=fps,
        size=_size(size),
        label=label,
        subject=subject,
        layout=layout,
        classes=names,
        people=people,
        planar=planar,
    )
    with Progress(transient=True) as progress:
        bar = progress.add_task(f"importing {source.name}", total=None)
        summary = import_source(
            source,
            out,
            options,
            format_name=format_,
            on_unit=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    _print(summary, out)


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ConfigError(f"--size {text}: write it as WIDTHxHEIGHT, such as 640x480")
    return int(width), int(height)


def _print(summary: "Summary", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{out} ({summary.format})", show_header=False)
    table.add_row("recordings", str(summary.recordings))
    table.add_row("people", _some(summary.subjects))
    table.add_row("classes", _some(f"{name} ({count} frames)" for name, count in sorted(summary.classes.items())))
    table.add_row("frames", f"{summary.frames} in {summary.seconds:.0f} s")
    table.add_row("layout", ", ".join(sorted(summary.layouts)))
    if summary.splits:
        table.add_row("published parts", _some(summary.splits))
    if summary.empty:
        table.add_row("left out", f"{summary.empty} without anybody")
    Console().print(table)
    typer.echo(f"next: posefleet data check {out}")


def _some(names: "Iterable[str]", most: int = 12) -> str:
    every = sorted(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return f"{len(every)}: {', '.join(every[:most])}{more}"
