"""The services' configuration files and first state: what an operator and three device owners would set up."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from core.signing import SigningKey
from device.learning.samples import SampleStore
from device.settings import LearningSettings
from posefleet.demo.plan import Places, Plan
from training.datasets.windows import WindowSet

GROUP = "demo"
CHANNEL = "demo"
DEADLINE_S = 120  # a round waits no longer for a slow or dead device


def forget_last_run(places: Places) -> None:
    """The caches stay; the services start as if newly installed."""
    for directory in (places.fleet, places.root / "devices", places.broker):
        shutil.rmtree(directory, ignore_errors=True)


def fleet_key(places: Places) -> SigningKey:
    """The operator's key, made at the first start."""
    return SigningKey.load_or_create(places.fleet / "fleet.key")


def write_fleet_config(places: Places, plan: Plan, *, port: int) -> Path:
    """fleet.toml: rounds open only when asked for, so that the demo can be watched."""
    path = places.fleet / "fleet.toml"
    path.write_text(
        f"""\
[fleet]
name = "demo"
group = "{GROUP}"
channel = "{CHANNEL}"
state_directory = "{places.fleet.resolve()}"

[mqtt]
host = "127.0.0.1"
port = {port}

[release]
initial = "{places.release.resolve()}"

[rounds]
automatic = false
goal = {len(plan.devices)}
quorum = 2
deadline_s = {DEADLINE_S}
epochs = 10
learning_rate = 0.03
batch = 16
clip_norm = 10.0
codec = "int8"
minimum_samples = 20

[gate]
evaluation = "{places.evaluation.resolve()}"
"""
    )
    return path


def write_device_config(places: Places, plan: Plan, device: str, *, port: int, video: Path, public_key: str) -> Path:
    """device.toml: a film as the camera, played at its own frame rate, again and again."""
    state = places.device(device)
    state.mkdir(parents=True, exist_ok=True)
    path = state / "device.toml"
    path.write_text(
        f"""\
[device]
site = "{plan.site}"
name = "{device}"
group = "{GROUP}"
state_directory = "{state.resolve()}"

[mqtt]
host = "127.0.0.1"
port = {port}

[camera]
url = "{video.resolve()}"
loop = true

[pose]
models = "{places.pose_models.resolve()}"

[model]
directory = "{places.release.resolve()}"
public_key = "{public_key}"
channel = "{CHANNEL}"

[status]
interval_s = 3
"""
    )
    return path


def keep_samples(places: Places, device: str, windows: WindowSet) -> Mapping[str, int]:
    """Put labelled windows into a device's own store, as teaching it would; returns how many of each action."""
    with SampleStore(places.device(device) / "samples.sqlite", LearningSettings().maximum_samples) as store:
        for keypoints, label in zip(windows.keypoints, windows.labels, strict=True):
            store.add(keypoints, windows.classes[label], captured_at=0.0, source="lesson")
        return store.count_by_action()
