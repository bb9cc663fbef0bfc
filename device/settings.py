"""The daemon's configuration, one model per section; see `core.settings` for how it is read.

settings = load_settings(DeviceSettings, Path("/etc/posefleet/device.toml"))
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.mqtt_settings import MqttSettings
from core.settings import Section, Settings
from core.signing import check_public_key
from core.topics import RESERVED_SITES, DeviceTopics, check_name
from device.camera.settings import CameraSettings
from device.preview_settings import PreviewSettings

LadderStep = Literal["detection", "alternate", "resolution", "people"]


class IdentitySettings(Section):
    """[device] who this board is."""

    site: str
    """The place: a house, a ward, a workshop. Lower-case letters, digits, - and _."""
    name: str
    """This board within the site, likewise."""
    group: str = "default"
    """The group of devices that learn together."""
    state_directory: Path = Path("/var/lib/posefleet-device")
    """Keys, models, samples and the outbox; must be writable and survive reboots."""

    @field_validator("site", "name", "group")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value in RESERVED_SITES:
            raise ValueError(f"{value!r} is used by the fleet itself; choose another name")
        return check_name(value)

    @property
    def topics(self) -> DeviceTopics:
        """Where this device writes and reads."""
        return DeviceTopics(self.site, self.name)


class PoseSettings(Section):
    """[pose] who is in the picture."""

    estimator: Literal["blazepose", "mediapipe", "holistic", "yolo", "movenet", "recording"] = "blazepose"
    """`blazepose` follows several people on MediaPipe's models alone. `mediapipe` is MediaPipe's own Pose graph, for
    one person; `holistic` adds their hands and face, for signs. `yolo` (YOLO pose, RTMO) and `movenet` (MoveNet,
    RTMPose) run a model of yours. `recording` replays stored keypoints instead of looking."""
    models: Path | None = None
    """The directory that `posefleet convert pose-models` wrote, for `blazepose`; without it the default one, then an
    installed mediapipe package."""
    model: Path | None = None
    """A pose model (.tflite) of your own, for the estimators `yolo` and `movenet`."""
    recording: Path | None = None
    """The stored keypoints (.npz) that the estimator `recording` replays."""
    min_visibility: float = Field(default=0.5, ge=0, le=1)
    """From this visibility on a joint counts as seen; of a person five of torso and limbs are seen at least."""
    max_people: int = Field(default=3, ge=1, le=10)
    """The most people followed at once; each costs another look at the picture."""
    detect_every: int = Field(default=30, ge=1, le=300)
    """Look for further people in every so many-th frame while there is room for one more; less often while nothing else
    moves."""
    threads: int = Field(default=1, ge=1, le=8)
    """Threads of the pose models; more than one helps on few boards, see `posefleet device bench`."""


class ObjectSettings(Section):
    """[objects] things that actions are done with, for classifiers that look at them, too."""

    model: Path | None = None
    """An object detector (.tflite) of your own, SSD or YOLO; without one nobody looks for things."""
    labels: tuple[str, ...] | Path = ()
    """The detector's classes in its own order: a list, or a text file with one a line."""
    classes: tuple[str, ...] = Field(default=(), max_length=16)
    """Those that count, in the order in which the classifier takes them."""
    every: int = Field(default=5, ge=1, le=60)
    """Look in every so many-th frame; between two looks things go on as they moved."""
    min_score: float = Field(default=0.4, gt=0, le=1)
    """The detector must be this sure of a thing."""

    @field_validator("classes")
    @classmethod
    def _are_different(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each class can be named only once")
        return value


class ModelSettings(Section):
    """[model] which classifier, and whose releases to trust."""

    directory: Path
    """A release bundle to start with; releases received later live in the state directory and win when newer."""
    public_key: str
    """The operator's public key (`posefleet fleet key`), base64. Releases signed by any other key are refused."""
    channel: str = "stable"
    """The release channel to follow."""

    @field_validator("public_key")
    @classmethod
    def _is_a_key(cls, value: str) -> str:
        try:
            return check_public_key(value)
        except ValueError as exc:
            raise ValueError(f"not an Ed25519 public key ({exc}); `posefleet fleet key` prints it") from exc

    @field_validator("channel")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        return check_name(value)


class EventSettings(Section):
    """[events] when an action counts."""

    minimum_s: float = Field(default=0.8, ge=0, le=60)
    """An action shorter than this is not reported."""
    cool_down_s: float = Field(default=0.5, ge=0, le=600)
    """The same person and action begin again only after this pause; shorter pauses are bridged."""
    update_s: float = Field(default=10.0, ge=1, le=3600)
    """A long action is confirmed by an update this often."""


class LatencySettings(Section):
    """[latency] the budget from capture to decision."""

    budget_ms: float = Field(default=50.0, gt=0, le=5000)
    """While the 95th percentile is above it, steps of the ladder are taken; status reports a problem if it was above
    it over the time of `status.figures_s`."""
    ladder: tuple[LadderStep, ...] = ("detection", "alternate", "resolution", "people")
    """What to do less of, in this order, while frames take too long; an empty list turns it off."""
    patience_s: float = Field(default=20.0, ge=1, le=600)
    """So long must there be room in the budget before a step is taken back."""


class LearningSettings(Section):
    """[learning] federated learning on this board."""

    enabled: bool = True
    """Take part in rounds when enough labelled samples are here."""
    memory_mb: int = Field(default=600, ge=100, le=16000)
    """Limit for the training process."""
    maximum_samples: int = Field(default=5000, ge=10, le=100_000)
    """Labelled windows kept; the oldest go first."""


class OutboxSettings(Section):
    """[outbox] what waits for the broker."""

    quota_mb: int = Field(default=64, ge=1, le=10_000)
    """Disk space for undelivered events and deltas."""


class HomeAssistantSettings(Section):
    """[homeassistant] appearing there by itself (MQTT discovery)."""

    enabled: bool = True
    """Announce a sensor, a binary sensor for every action, events and diagnostics; switched off, they are removed."""
    prefix: str = Field(default="homeassistant", pattern="^[A-Za-z0-9_-]+$")
    """Home Assistant's discovery prefix."""


class StatusSettings(Section):
    """[status] how often the device says how it is."""

    interval_s: float = Field(default=10.0, ge=0.5, le=3600)
    """Seconds between status messages when nothing changes."""
    figures_s: float = Field(default=60.0, ge=1, le=3600)
    """Seconds over which frames, frames per second, latencies and queue are summed up; until the next sum every status
    repeats them. In much less than a minute they may follow how somebody moves."""


class MetricsSettings(Section):
    """[metrics] numbers for Prometheus."""

    enabled: bool = False
    """Serve http://HOST:PORT/metrics."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """Which of this machine's addresses; any but the loopback shows the numbers to the network, to everybody in it."""
    port: int = Field(default=9479, ge=1, le=65535)
    """Likewise."""


class DeviceSettings(Settings):
    """The whole of device.toml."""

    device: IdentitySettings
    """Who this board is."""
    model: ModelSettings
    """Which classifier, and whose releases to trust."""
    mqtt: MqttSettings = MqttSettings()
    """Where the broker is."""
    camera: CameraSettings = CameraSettings()
    """Where pictures come from."""
    cameras: dict[str, CameraSettings] = Field(default={}, max_length=16)
    """Several cameras instead, each with a name, in sections like [cameras.hall]; events say which one saw them."""
    pose: PoseSettings = PoseSettings()
    """Who is in the picture."""
    objects: ObjectSettings = ObjectSettings()
    """Things that actions are done with."""
    events: EventSettings = EventSettings()
    """When an action counts."""
    latency: LatencySettings = LatencySettings()
    """The budget."""
    learning: LearningSettings = LearningSettings()
    """Federated learning on this board."""
    outbox: OutboxSettings = OutboxSettings()
    """What waits for the broker."""
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    """Appearing in Home Assistant."""
    status: StatusSettings = StatusSettings()
    """How often to say how it is."""
    preview: PreviewSettings = PreviewSettings()
    """The picture with skeletons, in a browser."""
    metrics: MetricsSettings = MetricsSettings()
    """Numbers for Prometheus."""

    @field_validator("cameras")
    @classmethod
    def _have_names(cls, value: dict[str, CameraSettings]) -> dict[str, CameraSettings]:
        for name in value:
            check_name(name)
        return value

    @model_validator(mode="after")
    def _are_one_or_several(self) -> Self:
        if self.cameras and "camera" in self.model_fields_set:
            raise ValueError("[camera] and [cameras.NAME] exclude each other; give the one camera a name, too")
        return self

    @property
    def all_cameras(self) -> dict[str | None, CameraSettings]:
        """Every camera by its name; one of [camera] has none."""
        return dict(self.cameras.items()) if self.cameras else {None: self.camera}
