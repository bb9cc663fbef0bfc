"""`posefleet data import`: a data set of the field, or recordings of one's own, in Posefleet's one form."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError


def import_dataset(
    source: Annotated[Path, typer.Argument(help="File or folder of the data set.")],
    out: Annotated[Path, typer.Option(help="New folder for the recordings.")],
    format_: Annotated[str, typer.Option("--format", help="Format of the source; found out when empty.")] = "",
) -> None:
    """Import a data set."""
    raise ConfigError(f"{source} -> {out}: no importer for {format_ or 'this'}")
