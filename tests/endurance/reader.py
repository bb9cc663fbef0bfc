"""A subscriber as a process: writes every event that arrives to a file, one line each.

    python -m tests.endurance.reader 1883 events.jsonl

The file is there once the subscription is.
"""

import argparse
import threading
from io import FileIO
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def read(port: int, path: Path) -> None:
    """Subscribe, and write until killed."""
    # With a session that is kept: a reader that a busy machine holds up for a minute has missed nothing.
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False)
    with path.with_suffix(".part").open("ab", buffering=0) as file:
        client.on_connect = lambda client, *_: client.subscribe("posefleet/v1/+/+/event", qos=1)
        client.on_subscribe = lambda *_: _show(path)
        client.on_message = lambda _client, _data, message: _write(file, message)
        client.connect("127.0.0.1", port)
        client.loop_start()
        threading.Event().wait()


def _show(path: Path) -> None:
    if not path.exists():
        path.with_suffix(".part").rename(path)


def _write(file: FileIO, message: paho.MQTTMessage) -> None:
    file.write(message.payload + b"\n")


def main() -> None:
    """Read until killed."""
    parser = argparse.ArgumentParser(
        "python -m tests.endurance.reader", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("port", type=int, help="of a broker on this machine")
    parser.add_argument("file", type=Path, help="where events are written")
    options = parser.parse_args()
    read(options.port, options.file)


if __name__ == "__main__":
    main()
