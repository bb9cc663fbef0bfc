"""`posefleet convert`: a checkpoint becomes a signed release; MediaPipe's pose models become lean ones."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

_HELP = ("-h", "--help")


class _Shorthand(TyperGroup):
    """`posefleet convert CHECKPOINT` is short for `posefleet convert classifier CHECKPOINT`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own copy of click
        """Put the command's name where it is left out."""
        if args and args[0] not in self.commands and args[0] not in _HELP:
            args = ["classifier", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Shorthand,
    no_args_is_help=True,
    help="Make models that devices run: a release of a checkpoint (`posefleet convert CHECKPOINT` is enough), or the "
    "two pose models of an installed mediapipe package.",
)


@app.command()
def classifier(
    checkpoint: Annotated[Path, typer.Argument(help="Folder that `posefleet train` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the release bundle.")] = Path("release"),
    key: Annotated[Path, typer.Option(help="The operator's private key; made if it is not there.")] = Path("fleet.key"),
    name: Annotated[str, typer.Option(help="Name of the model, as events will carry it.")] = "actions",
    version: Annotated[int, typer.Option(min=1, help="Devices only ever go to higher versions.")] = 1,
) -> None:
    """Turn a checkpoint into a release: quantized TFLite, float weights, golden test, signed manifest.

    TensorFlow makes a template once (about half a minute); the weights are then patched into it and proven against the
    float network before anything is written.

        posefleet convert checkpoint --out release --key fleet.key
    """
    from rich.console import Console

    from converter.make_bundle import release_checkpoint
    from converter.quantize import make_template
    from core.bundle import write_bundle
    from core.checkpoint import read_checkpoint
    from core.signing import SigningKey

    source = read_checkpoint(checkpoint)
    console = Console()
    with console.status("converting with TensorFlow in a process of its own…"):
        template = make_template(source.description.architecture)
    bundle = release_checkpoint(
        source,
        name=name,
        version=version,
        created_at=datetime.now(UTC),
        template=template.model,
        patch_map=template.patch_map,
        key=SigningKey.load_or_create(key),
    )
    write_bundle(bundle, out)
    console.print(
        f"{out}: release {bundle.manifest.model}, {len(bundle.classifier) / 1024:.0f} KB quantized; "
        f"signed by {bundle.signed.key}"
    )


@app.command()
def pose_models(
    out: Annotated[Path, typer.Option(help="Folder for the two models; an older set of them is replaced.")] = Path(
        "pose-models"
    ),
) -> None:
    """Take BlazePose's two models out of the installed mediapipe package, without what the daemon does not need.

    A device with them needs no mediapipe, and finds people in two thirds of the time. Set pose.models to the folder, or
    put it where the daemon looks by itself: /var/lib/posefleet-device/pose-models.

        posefleet convert pose-models --out pose-models
    """
    from rich.console import Console

    from converter.pose_models import write_pose_models

    console = Console()
    with console.status("making them, and comparing what they compute…"):
        manifest = write_pose_models(out)
    size = sum(file.size for file in manifest.files.values()) / 2**20
    console.print(f"{out}: {', '.join(sorted(manifest.files))} of {manifest.package}, {size:.1f} MB; see {out}/NOTICE")
