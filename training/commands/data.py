"""`posefleet data ...`: recordings in, looked at and checked. One module a command; this one only gathers them."""

import typer

from training.commands.check import check
from training.commands.extract import extract
from training.commands.imports import import_dataset
from training.commands.info import info, show

app = typer.Typer(help="Recordings of people: import them from the common formats, look at them, check them.")
app.command("import")(import_dataset)
app.command("info")(info)
app.command("check")(check)
app.command("show")(show)
app.command("extract")(extract)
