"""`posefleet fleet …`: run the aggregator, look at it, and say which devices belong to it."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Operate a fleet: enrol devices, average what they learn, release better models.\n\n"
    "A new fleet: `key`, then `posefleet convert … --key STATE_DIRECTORY/fleet.key`, then `enrol` each board, "
    "then `serve`.",
    no_args_is_help=True,
)

Config = Annotated[Path, typer.Option("--config", "-c", help="The aggregator's configuration (fleet.toml).")]
DeviceName = Annotated[str, typer.Argument(metavar="SITE/DEVICE", help="As in the board's device.toml.")]

_DEFAULT = Path("/etc/posefleet/fleet.toml")


@app.command()
def serve(config: Config = _DEFAULT) -> None:
    """Run the aggregator until SIGTERM or Ctrl-C.

    It publishes the current release, opens rounds, averages the deltas of enrolled devices, and releases a new model
    only if the gate finds it no worse. Killed at any moment, it goes on where it was.
    """
    import logging

    from core.logs import log_to_stderr
    from core.settings import load_settings
    from fleet.service import serve as serve_forever
    from fleet.settings import FleetSettings

    settings = load_settings(FleetSettings, config)
    log_to_stderr(logging.INFO)
    serve_forever(settings)


@app.command()
def status(
    config: Config = _DEFAULT,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show devices with the version that they say they run, and rounds with what became of them."""
    from datetime import UTC, datetime

    import msgspec
    from rich.console import Console

    from core.settings import load_settings
    from fleet.report import overview, render
    from fleet.settings import FleetSettings
    from fleet.store import Store

    with Store(load_settings(FleetSettings, config).fleet.database_url) as store:
        view = overview(store, datetime.now(UTC))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(view)).decode())
    else:
        Console().print(render(view))


@app.command()
def key(config: Config = _DEFAULT) -> None:
    """Print the public key that devices must trust (model.public_key); the pair is made at the first call.

    The private half stays in STATE_DIRECTORY/fleet.key. Back it up: without it no device accepts another release.
    """
    from fleet.enrolment import public_key

    typer.echo(public_key(config))


@app.command()
def enrol(
    device: DeviceName,
    public_key: Annotated[str, typer.Argument(help="What `posefleet device key` prints on the board.")],
    config: Config = _DEFAULT,
) -> None:
    """Let a board take part in rounds. Again, with the same or a new key, lifts a quarantine."""
    from fleet.devices import name_of, parse_identity
    from fleet.enrolment import enrol_devices

    topics = parse_identity(device)
    enrol_devices(config, {(topics.site, topics.device): public_key})
    typer.echo(f"{name_of(topics)} is enrolled")


@app.command()
def retire(device: DeviceName, config: Config = _DEFAULT) -> None:
    """Take a board out of the fleet: its deltas are refused from now on. It goes on recognising."""
    from fleet.devices import name_of, parse_identity
    from fleet.enrolment import retire_device

    topics = parse_identity(device)
    retire_device(config, topics)
    typer.echo(f"{name_of(topics)} is retired")


@app.command()
def acl(
    config: Config = _DEFAULT,
    *,
    fleet_user: Annotated[str, typer.Option(help="Who this aggregator is to the broker.")] = "posefleet-fleet",
    reader: Annotated[
        list[str] | None, typer.Option(help="A user who may read events and statuses; give it again for more.")
    ] = None,
) -> None:
    """Print the broker's access list for the enrolled devices, in Mosquitto's form (`acl_file`).

    posefleet fleet acl --reader homeassistant > /etc/mosquitto/posefleet.acl

    Every device may write under its own name only. Its user, or its certificate's common name, is SITE.DEVICE.
    """
    from fleet.acl import access_list
    from fleet.enrolment import enrolled_devices

    typer.echo(access_list(enrolled_devices(config), fleet_user=fleet_user, readers=reader or []), nl=False)


@app.command("round")
def open_round(config: Config = _DEFAULT) -> None:
    """Ask the running aggregator to open a round now, and print what it says."""
    from fleet.enrolment import request_round

    typer.echo(request_round(config))
