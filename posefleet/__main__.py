"""The one command, `posefleet`. Each program's commands import what they need when they are run, so help is quick."""

import sys

import typer

import converter.cli
import device.cli
import fleet.cli
import posefleet.cli
import posefleet.cli_analyse
import training.cli
import training.commands.data
import training.commands.evaluate
from core.errors import PosefleetError

INTERRUPTED = 130  # 128 + SIGINT, as shells expect

app = typer.Typer(
    help="A private fleet of camera boards that recognises what people do, and learns together.\n\n"
    "Try `posefleet demo` first; it plays the whole loop on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(posefleet.cli.demo)
app.command()(posefleet.cli_analyse.analyse)
app.command()(training.cli.train)
app.command()(training.commands.evaluate.evaluate)
app.add_typer(training.commands.data.app, name="data")
app.add_typer(converter.cli.app, name="convert")
app.add_typer(device.cli.app, name="device")
app.add_typer(fleet.cli.app, name="fleet")
app.command()(posefleet.cli.schema)


def main() -> None:
    """Run a command; errors that a person can act on become one line and an exit code."""
    try:
        app()
    except PosefleetError as exc:
        for line in str(exc).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(exc.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
