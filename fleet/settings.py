"""The aggregator's configuration, one model per section; see `core.settings` for how it is read.

settings = load_settings(FleetSettings, Path("/etc/posefleet/fleet.toml"))
"""

from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from core.messages import DeltaCodec
from core.mqtt_settings import MqttSettings
from core.settings import Section, Settings
from core.topics import check_name
from fleet.strategies import STRATEGIES


class FleetSection(Section):
    """[fleet] who this aggregator is."""

    name: str = "fleet"
    """This aggregator's name to the broker; two aggregators on one broker need two names."""
    state_directory: Path = Path("/var/lib/posefleet-fleet")
    """The signing key, the releases and the database; must be writable, survive reboots, and be backed up."""
    group: str = "default"
    """The group of devices that learn together."""
    channel: str = "stable"
    """The release channel that devices follow."""
    database: str | None = None
    """SQLAlchemy address of a database; SQLite in the state directory when it is left out."""

    @field_validator("name", "group", "channel")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        return check_name(value)

    @property
    def key_file(self) -> Path:
        """The private key that signs releases."""
        return self.state_directory / "fleet.key"

    @property
    def releases(self) -> Path:
        """Where releases are kept."""
        return self.state_directory / "releases"

    @property
    def database_url(self) -> str:
        """The database in use."""
        return self.database or f"sqlite:///{self.state_directory / 'fleet.sqlite'}"


class ReleaseSection(Section):
    """[release] what the fleet starts with."""

    initial: Path
    """The first release bundle (`posefleet convert` makes it), signed with this fleet's key."""


class RoundSection(Section):
    """[rounds] when devices are asked to learn, and how."""

    automatic: bool = True
    """Open rounds without being asked; otherwise `posefleet fleet round` opens one."""
    total: int | None = Field(default=None, ge=1)
    """Stop opening rounds by itself after so many; never when it is left out."""
    pause_s: float = Field(default=3600.0, ge=0, le=30 * 86400)
    """Seconds between the end of a round and the next."""
    goal: int = Field(default=10, ge=1, le=1_000_000)
    """The round closes at once when so many deltas were accepted."""
    quorum: int = Field(default=2, ge=1, le=1_000_000)
    """With fewer accepted deltas at the deadline nothing is averaged."""
    deadline_s: float = Field(default=1800.0, gt=0, le=30 * 86400)
    """Seconds that devices have."""
    epochs: int = Field(default=3, ge=1, le=100)
    """Passes of each device over its own samples."""
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    """Step size on the devices."""
    batch: int = Field(default=16, ge=1, le=1024)
    """Windows in a training step."""
    clip_norm: float = Field(default=5.0, gt=0, le=1e6)
    """The most that the norm of a delta may be; devices clip, and the fleet refuses what is larger."""
    codec: DeltaCodec = "int8"
    """How deltas travel: int8, or float32 at four times the size."""
    minimum_samples: int = Field(default=20, ge=1, le=1_000_000)
    """Devices with fewer labelled windows stay out."""
    maximum_weight: int = Field(default=5000, ge=1, le=1_000_000)
    """A delta counts as if made of at most so many samples, whatever its device says."""
    fraction: float = Field(default=1.0, gt=0, le=1)
    """Share of the devices that take part in a round."""
    strategy: str = "fedavg"
    """The rule that averages."""
    server_learning_rate: float = Field(default=1.0, gt=0, le=10)
    """How much of the average is added to the model."""

    @field_validator("strategy")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in STRATEGIES:
            raise ValueError(f"unknown rule; known are {', '.join(sorted(STRATEGIES))}")
        return value

    @model_validator(mode="after")
    def _quorum_fits(self) -> Self:
        if self.quorum > self.goal:
            raise ValueError(f"quorum {self.quorum} is above goal {self.goal}: lower the one or raise the other")
        return self


class GateSection(Section):
    """[gate] when a new model is good enough to be released."""

    evaluation: Path | None = None
    """Held-out windows (.npz: keypoints, y, labels); the devices' own losses decide when it is left out."""
    tolerance: float = Field(default=0.0, ge=0, le=100)
    """Points of accuracy that a new model may lose."""
    maximum_action_drop: float = Field(default=25.0, ge=0, le=100)
    """Points of accuracy that a new model may lose on any one action."""


class FleetSettings(Settings):
    """The whole of fleet.toml."""

    release: ReleaseSection
    """What the fleet starts with."""
    fleet: FleetSection = FleetSection()
    """Who this aggregator is."""
    mqtt: MqttSettings = MqttSettings()
    """Where the broker is."""
    rounds: RoundSection = RoundSection()
    """When devices are asked to learn, and how."""
    gate: GateSection = GateSection()
    """When a new model is good enough."""
