"""`posefleet device run | check | key | retire | bench`, and what `device.setup.cli` and `device.onsite.cli` have."""

import logging
from pathlib import Path
from typing import Annotated

import typer

import device.onsite.cli
import device.setup.cli

app = typer.Typer(
    help="The daemon on a board with a camera: recognises actions, publishes events, learns.\n\n"
    "`posefleet device init` writes a configuration; give the operator the key of `posefleet device key`, then run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

_Config = Annotated[Path, typer.Option(help="The device's configuration (TOML); POSEFLEET_* variables win over it.")]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more about what is going on.")]
_DEFAULT = Path("/etc/posefleet/device.toml")
app.command()(device.setup.cli.init)


@app.command()
def run(config: _Config = _DEFAULT, *, verbose: _Verbose = False) -> None:
    """Run the daemon until SIGTERM or Ctrl-C.

    It judges camera frames, publishes action events and its status over MQTT, takes in signed releases, and takes part
    in federated rounds. Pictures and keypoints never leave the board. Facts go to stderr, one line each, for the
    journal. Every key of the configuration can be overridden: POSEFLEET_MQTT__HOST sets [mqtt] host. SIGHUP reads the
    configuration again; what takes effect only at the next start is named then.
    """
    _log_to_stderr(verbose=verbose)
    from core.settings import load_settings
    from device.daemon import run as run_daemon
    from device.settings import DeviceSettings

    def load() -> DeviceSettings:
        return load_settings(DeviceSettings, config)

    raise typer.Exit(run_daemon(load(), load))


@app.command()
def check(config: _Config = _DEFAULT, *, verbose: _Verbose = False) -> None:
    """Check config, state directory, camera, pose estimator, model and broker, and say what to do.

    Exits with 0 when all is well, with 2 when the configuration or an input has to be changed, and with 1 when
    something outside, such as the broker, is not there now.
    """
    _log_to_stderr(verbose=verbose, level=logging.ERROR)
    from device.setup.check import report
    from device.setup.installation import stand_in_for_systemd

    stand_in_for_systemd(config)
    raise typer.Exit(report(config, typer.echo))


@app.command()
def key(config: _Config = _DEFAULT) -> None:
    """Print the device's public key, for the operator to enrol it; the key is made if there is none.

    posefleet fleet enrol SITE/DEVICE KEY
    """
    from core.settings import load_settings
    from core.signing import SigningKey
    from device.settings import DeviceSettings
    from device.state import KEY_FILE, prepare_state_directory

    settings = load_settings(DeviceSettings, config)
    state = prepare_state_directory(settings.device.state_directory)
    typer.echo(SigningKey.load_or_create(state / KEY_FILE).public)


@app.command()
def retire(config: _Config = _DEFAULT) -> None:
    """Take back everything that the broker keeps in this device's name; stop the daemon first.

    Its retained status and action go, and with them its entities in Home Assistant. To have its deltas refused as
    well, the operator says `posefleet fleet retire SITE/DEVICE`. Keys, samples and events on this board stay.
    """
    from core.settings import load_settings
    from device.retire import retire as take_back
    from device.settings import DeviceSettings
    from device.state import alone_in, prepare_state_directory

    settings = load_settings(DeviceSettings, config)
    with alone_in(prepare_state_directory(settings.device.state_directory)):
        topics = take_back(settings)
    for topic in topics:
        typer.echo(topic)
    typer.echo(f"{len(topics)} retained messages were taken back")


@app.command()
def bench(
    config: _Config = _DEFAULT,
    *,
    camera: Annotated[str | None, typer.Option(help="Look at this camera instead of the configured one.")] = None,
    video: Annotated[Path | None, typer.Option(help="Look at this film instead of a camera.")] = None,
    frames: Annotated[int, typer.Option(min=30, max=100_000, help="Pictures that each estimator sees, at most.")] = 200,
    json: Annotated[Path | None, typer.Option(help="Write the measurements here, for programs.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw them here, as a .png picture.")] = None,
) -> None:
    """Measure the pose estimators and every stage of a frame on this board.

    All estimators see the same pictures in turns, each in a process of its own: time, memory and how often somebody was
    found can be compared, also on a board that does other things meanwhile. More threads are tried as well, and the
    setting that pays is printed. No picture is stored. Best while the daemon does not run.

    posefleet device bench --video people.mp4 --json bench.json --plot bench.png
    """
    _log_to_stderr(verbose=False, level=logging.ERROR)
    from device.bench.command import BenchOptions
    from device.bench.command import bench as run_bench

    run_bench(BenchOptions(config, camera, video, frames, json, plot))


app.command("config")(device.setup.cli.show_config)
app.command()(device.onsite.cli.preview)
app.command()(device.onsite.cli.teach)
app.add_typer(device.onsite.cli.samples, name="samples")


def _log_to_stderr(*, verbose: bool, level: int = logging.INFO) -> None:
    """One line a fact; systemd's journal adds the time."""
    from core.logs import log_to_stderr

    log_to_stderr(logging.DEBUG if verbose else level)


if __name__ == "__main__":
    app()
