"""`posefleet data ...`: recordings in, looked at and checked. One module a command; this one only gathers them."""

import typer

from training.cli_check import check
from training.cli_extract import extract
from training.cli_import import import_dataset
from training.cli_info import info, show

app = typer.Typer(help="Recordings of people: import them from the common formats, look at them, check them.")
app.command("import")(import_dataset)
app.command("info")(info)
app.command("check")(check)
app.command("show")(show)
app.command("extract")(extract)
