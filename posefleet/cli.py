"""`posefleet demo` and `posefleet schema`: what belongs to no single program."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigError


def demo(
    directory: Annotated[Path, typer.Option(help="Everything is written here, and reused the next time.")] = Path(
        "demo"
    ),
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer people and shorter films; the same steps.")] = False,
    keep_running: Annotated[
        float, typer.Option(min=0, help="Minutes to let the fleet go on after its rounds, for a look with MQTT tools.")
    ] = 0.0,
    port: Annotated[
        int, typer.Option(min=0, help="Port of the demo's broker on this machine; 0 takes a free one.")
    ] = 18883,
    broker: Annotated[str, typer.Option(help="mosquitto, amqtt, or auto: mosquitto when it is installed.")] = "auto",
) -> None:
    """Play the whole loop on this machine: rendered people, training, three devices, federated rounds, releases.

    Films are rendered, poses found by MediaPipe, a classifier trained, quantized and signed; then a broker, the
    aggregator and three daemons run as processes of their own, recognise, learn together, and receive better models.
    Ctrl-C stops everything; run it again and it goes on from what is there.
    """
    if broker not in {"auto", "mosquitto", "amqtt"}:
        raise ConfigError(f"--broker {broker}: choose mosquitto, amqtt or auto")
    from posefleet.demo.play import play

    play(directory, quick=quick, keep_running_s=60 * keep_running, port=port, broker=broker)


def schema(
    out: Annotated[Path | None, typer.Option(help="Write one file a message type here instead of printing.")] = None,
    *,
    asyncapi: Annotated[
        bool, typer.Option("--asyncapi", help="Print the AsyncAPI document instead: topics, who sends, examples.")
    ] = False,
) -> None:
    """Print the JSON Schema of every message that travels, or write them to a folder with the AsyncAPI document.

    posefleet schema --asyncapi > asyncapi.json
    """
    from posefleet.schemas import all_schemas, asyncapi_document, write_schemas

    if asyncapi:
        typer.echo(asyncapi_document(), nl=False)
    elif out is None:
        typer.echo(all_schemas())
    else:
        for path in write_schemas(out):
            typer.echo(str(path))
