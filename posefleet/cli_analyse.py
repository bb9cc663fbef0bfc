"""`posefleet analyse`: what a release sees in a video, for people who would rather try than deploy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError

if TYPE_CHECKING:
    from core.bundle import Bundle
    from device.settings import PoseSettings
    from posefleet.analyse import Analysis

_HOW_TO_GET_ONE = (
    "--model: name the folder of a release. `posefleet demo` makes one (demo/release); for your own actions, "
    "`posefleet data extract VIDEOS --out DATA`, `posefleet train DATA`, `posefleet convert checkpoint`"
)


def analyse(
    video: Annotated[Path, typer.Argument(help="A video file.")],
    model: Annotated[Path | None, typer.Option(help="Folder of a release bundle.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    out: Annotated[
        Path | None, typer.Option("--video", help="Write the video again, with skeletons, numbers and actions.")
    ] = None,
    estimator: Annotated[str, typer.Option(help="Pose estimator; the daemon's default one when empty.")] = "",
    people: Annotated[int, typer.Option(min=1, max=10, help="The most people followed at once.")] = 3,
    public_key: Annotated[
        str, typer.Option(help="Key that must have signed the release; not checked when empty.")
    ] = "",
) -> None:
    """Say who does what when in a video, by the same way from frame to event that the daemon goes.

        posefleet analyse video.mp4 --model demo/release

        posefleet analyse video.mp4 --model demo/release --video seen.mp4 --json > seen.json

    An estimator for several people (--estimator blazepose) sees them all; the others see one.
    """
    if model is None:
        raise ConfigError(_HOW_TO_GET_ONE)
    from core.bundle import read_bundle, signer_of
    from posefleet.timeline import to_json, to_table
    from training.commands.extract import pose_settings

    if not model.is_dir():
        raise ConfigError(f"{model}: is no folder. {_HOW_TO_GET_ONE}")
    settings = pose_settings(estimator, people)
    bundle = read_bundle(model, public_key or signer_of(model))
    analysis = _run(video, bundle, settings)
    if out is not None:
        from posefleet.annotate import write_annotated

        write_annotated(video, analysis, out)
    if json:
        typer.echo(to_json(analysis.timeline))
    else:
        from rich.console import Console

        Console().print(to_table(analysis.timeline))


def _run(video: Path, bundle: "Bundle", settings: "PoseSettings") -> "Analysis":
    from rich.console import Console
    from rich.progress import Progress

    from posefleet.analyse import analyse as judge
    from training.videos.watching import count_frames

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(video.name, total=count_frames(video))
        return judge(video, bundle, settings, on_frame=lambda index: progress.update(bar, completed=index + 1))
