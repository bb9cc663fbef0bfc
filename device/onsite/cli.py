"""`posefleet device preview | teach | samples`: for whoever stands before the camera."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError

Config = Annotated[Path, typer.Option(help="The device's configuration (TOML); POSEFLEET_* variables win over it.")]
DEFAULT_CONFIG = Path("/etc/posefleet/device.toml")
_SECONDS = {"d": 86400, "h": 3600, "m": 60}

samples = typer.Typer(
    help="Labelled windows that were kept on this board, and nowhere else: list them, or forget them.",
    no_args_is_help=True,
)


def preview(
    config: Config = DEFAULT_CONFIG,
    *,
    host: Annotated[str | None, typer.Option(help="Listen on this address, such as 0.0.0.0.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Listen on this port; 0 takes a free one.")] = None,
) -> None:
    """Show the picture with skeletons, people's numbers and actions in a browser, until Ctrl-C.

    Through the running daemon, or without one: a broker is not needed. Only this machine can open the page; from your
    own, `ssh -L 8099:127.0.0.1:8099 BOARD` brings it there. With --host others can, if they know the token that is
    printed. Pictures exist in that page only.

    posefleet device preview --host 0.0.0.0
    """
    from core.settings import load_settings
    from device.onsite.looking import look
    from device.settings import DeviceSettings

    look(load_settings(DeviceSettings, config), host=host, port=port, say=typer.echo)


def teach(
    action: Annotated[str, typer.Argument(help="What you will do: one of the release's actions, or background.")],
    config: Config = DEFAULT_CONFIG,
    *,
    seconds: Annotated[float, typer.Option(min=3, max=300, help="How long to record.")] = 10.0,
    countdown: Annotated[float, typer.Option(min=0, max=60, help="Seconds to get into place.")] = 5.0,
    camera: Annotated[str | None, typer.Option(help="Which camera looks, where there are several.")] = None,
    new: Annotated[bool, typer.Option("--new", help="Also an action that the release does not know yet.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Keep what was recorded without asking.")] = False,
) -> None:
    """Do an action before the camera: it is kept as labelled samples, from which the board learns.

    Step into view, alone. After the countdown do the action, again and again, until the bar is full. Only joints are
    kept, on this board; `posefleet device samples forget` erases them.

    posefleet device teach wave --seconds 20
    """
    from rich.console import Console

    from core.settings import load_settings
    from device.onsite.control import Recorded, Teach
    from device.onsite.teaching import teach as give_lesson
    from device.settings import DeviceSettings

    def keep(recorded: Recorded) -> bool:
        crowded = f", {recorded.crowded} more showed several people and are left out" if recorded.crowded else ""
        typer.echo(f"{recorded.windows} windows of {action} were recorded{crowded}.")
        return yes or typer.confirm("Keep them?", default=True)

    lesson = Teach(action=action, countdown_s=countdown, seconds=seconds, camera=camera, new=new)
    kept = give_lesson(load_settings(DeviceSettings, config), lesson, keep=keep, console=Console())
    typer.echo("Nothing was kept." if kept is None else f"Kept; there are {kept.total} windows of {action} now.")


@samples.command("list")
def list_samples(config: Config = DEFAULT_CONFIG) -> None:
    """How many windows of each action there are, from when, and where their labels come from."""
    from rich.console import Console

    from core.settings import load_settings
    from device.learning.sample_commands import overview_table
    from device.settings import DeviceSettings

    Console().print(overview_table(load_settings(DeviceSettings, config)))


@samples.command()
def forget(
    config: Config = DEFAULT_CONFIG,
    *,
    action: Annotated[str | None, typer.Option(help="Only those of this action.")] = None,
    older_than: Annotated[str | None, typer.Option(help="Only those older than this: 30d, 12h, 15m.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Without asking.")] = False,
) -> None:
    """Erase samples for good: their bytes are overwritten.

    posefleet device samples forget --action wave --older-than 30d
    """
    from core.settings import load_settings
    from device.learning.sample_commands import forget as erase
    from device.settings import DeviceSettings

    if everything == (action is not None or older_than is not None):
        raise ConfigError("say which samples: --action, --older-than, or --all")
    before = None if older_than is None else time.time() - _seconds(older_than)
    settings = load_settings(DeviceSettings, config)
    if not yes:
        typer.confirm("They cannot be brought back. Erase them?", abort=True)
    typer.echo(f"{erase(settings, action, before=before)} windows were erased")


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6})([dhm])", text)
    if found is None:
        raise ConfigError(f"--older-than {text}: say a number of days, hours or minutes, as in 30d, 12h or 15m")
    return int(found[1]) * _SECONDS[found[2]]
