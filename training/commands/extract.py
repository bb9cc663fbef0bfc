"""`posefleet data extract`: folders of videos to recordings."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConfigError

if TYPE_CHECKING:
    from device.settings import PoseSettings

_UNREADABLE = 2  # the exit code of an input that cannot be used


def extract(
    videos: Annotated[Path, typer.Argument(help="Folder of action/*.mp4 or subject/action/*.mp4.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the recordings, and the cache of what was found.")],
    processes: Annotated[int, typer.Option(min=0, max=64, help="Videos looked at at once; 0: one for every core.")] = 0,
    estimator: Annotated[str, typer.Option(help="Pose estimator; the daemon's default one when empty.")] = "",
    people: Annotated[int, typer.Option(min=1, max=10, help="People kept of a video, the most present first.")] = 1,
    subject: Annotated[str, typer.Option(help="Who it is where no folder says; the folder's name when empty.")] = "",
) -> None:
    """Find the people in videos, with the estimator that the daemon runs, and label them by folder.

        posefleet data extract videos --out data/mine

        posefleet data extract videos/anna --subject anna --out data/anna --processes 2

    Videos directly in the folder show no action and count as background. Run it again after an interruption, or with
    more videos: what was looked at is kept by content and not looked at again. A video that cannot be read is named,
    the others go on, and the command exits with 2.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from training.videos.extract import extract_all
    from training.videos.folders import find_videos

    settings = pose_settings(estimator, people)
    sources = find_videos(videos, subject=subject)
    failed: list[str] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as progress:
        bar = progress.add_task("videos", total=len(sources))

        def fail(video: Path, reason: str) -> None:
            failed.append(str(video))
            progress.update(bar, advance=1)
            progress.console.print(
                f"left out: {reason if str(video) in reason else f'{video}: {reason}'}", soft_wrap=True
            )

        recordings = extract_all(
            sources,
            out,
            processes=processes or os.cpu_count() or 1,
            settings=settings,
            people=people,
            on_done=lambda _: progress.update(bar, advance=1),
            on_failure=lambda source, error: fail(source.video, str(error)),
        )
    found = sum(one.found * len(one.times) for one in recordings) / max(sum(len(one.times) for one in recordings), 1)
    typer.echo(
        f"{out}: {len(recordings)} recordings of {len(sources) - len(failed)} videos, somebody in {found:.0%} of their "
        f"frames; next: posefleet data check {out}"
    )
    if failed:
        raise typer.Exit(_UNREADABLE)


def pose_settings(estimator: str, people: int) -> "PoseSettings":
    """The settings of an estimator that a command line names.

    Raises:
        ConfigError: there is none of this name.
    """
    from pydantic import ValidationError

    from device.settings import PoseSettings

    try:
        chosen = {"estimator": estimator} if estimator else {}
        most = max(people, PoseSettings().max_people)
        return PoseSettings.model_validate(chosen | {"max_people": most})
    except ValidationError as exc:
        raise ConfigError(f"--estimator {estimator}: {exc.errors()[0]['msg']}") from exc
