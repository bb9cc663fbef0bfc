"""`posefleet convert`: a checkpoint becomes a signed release with a quantized model."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer


def convert(
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
