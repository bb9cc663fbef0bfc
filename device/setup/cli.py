"""`posefleet device init | config`: a configuration to begin with, and what is in force."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError

_DEFAULT = Path("/etc/posefleet/device.toml")


def init(
    config: Annotated[Path, typer.Option(help="Write the configuration here.")] = _DEFAULT,
    *,
    site: Annotated[str | None, typer.Option(help="The place: a house, a ward, a workshop.")] = None,
    name: Annotated[str | None, typer.Option(help="This board's name there; its host name if nobody says.")] = None,
    camera: Annotated[str | None, typer.Option(help="A number, an rtsp:// or http:// address, or a file.")] = None,
    broker: Annotated[str | None, typer.Option(help="The MQTT broker: host or host:port.")] = None,
    username: Annotated[str | None, typer.Option(help="User at the broker.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password at the broker.")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Certificate authority of the broker.")] = None,
    release: Annotated[Path | None, typer.Option(help="Directory of a release to start with.")] = None,
    key: Annotated[str | None, typer.Option(help="The operator's public key; that of the release otherwise.")] = None,
    state_directory: Annotated[Path | None, typer.Option(help="Where keys, models and samples are kept.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write it anew if it is there already.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: options and defaults are the answers.")
    ] = False,
) -> None:
    """Ask a few questions, try the answers, and write a configuration with every key explained.

    Options answer questions beforehand. Afterwards everything is checked as by `posefleet device check`, whose exit
    code this has. A password is stored in a file of its own that only its owner can read.

    posefleet device init --site home --name kitchen
    """
    from device.setup.check import report
    from device.setup.installation import Options, refuse_to_overwrite, stand_in_for_systemd, write
    from device.setup.interview import interview
    from device.setup.questions import Silent, TerminalAsker

    if not force:
        refuse_to_overwrite(config)
    if not yes and not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask at; say --yes, and with options what is not the default")
    options = Options(site, name, camera, broker, username, password_file, ca_file, release, key, state_directory)
    write(interview(options, Silent() if yes else TerminalAsker(), config), config)
    typer.echo(f"\nWritten: {config}\n")
    stand_in_for_systemd(config)
    code = report(config, typer.echo)
    typer.echo(f"\nNext: posefleet device run --config {config}, or the service; posefleet device preview to look.")
    raise typer.Exit(code)


def show_config(
    config: Annotated[Path, typer.Option(help="The device's configuration (TOML).")] = _DEFAULT,
) -> None:
    """Print the settings in force: the file, the environment's POSEFLEET_* variables, and defaults.

    What is secret in an address is masked.
    """
    from core.settings import load_settings
    from core.settings_text import effective
    from device.settings import DeviceSettings

    typer.echo(effective(load_settings(DeviceSettings, config)), nl=False)
