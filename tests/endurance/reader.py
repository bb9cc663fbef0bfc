"""A subscriber as a process: writes every event that arrives to a file, one line each.

python -m tests.endurance.reader PORT FILE
"""

import sys
import threading
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def read(port: int, path: Path) -> None:
    """Until killed; the file is there once the subscription is."""
    # With a session that is kept: a reader that a busy machine holds up for a minute has missed nothing.
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="reader", clean_session=False)
    with path.with_suffix(".part").open("ab", buffering=0) as file:
        client.on_connect = lambda client, *_: client.subscribe("posefleet/v1/+/+/event", qos=1)
        client.on_subscribe = lambda *_: path.exists() or path.with_suffix(".part").rename(path)
        client.on_message = lambda _client, _data, message: file.write(message.payload + b"\n")
        client.connect("127.0.0.1", port)
        client.loop_start()
        threading.Event().wait()


if __name__ == "__main__":
    read(int(sys.argv[1]), Path(sys.argv[2]))
