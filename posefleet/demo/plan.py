"""Who is in the demo, what they do, and where its files are."""

from dataclasses import dataclass, field
from pathlib import Path

ACTION_S, GAP_S = (3.2, 4.2), (2.2, 3.2)  # seconds that an action lasts, and the background around it
FASTEST_FPS = 10.0  # a pose takes 15 ms or more on one of two small cores, and there are thousands
WEAK_ACTIONS = ("clap", "punch")  # what the devices will teach each other: in training one person shows them,
WEAK_SECONDS = 1.6  # and for no longer than this


@dataclass(frozen=True)
class Plan:
    """The cast. People appear in one role only, so that no figure flatters.

    Attributes:
        training: who the first model learns from.
        validation: who chooses the epoch, and later whether a new model is better (the operator's gate).
        test: who is only looked at in the summary, before and after.
        devices: device name -> the person who lives there; the first model knows none of them.
    """

    training: tuple[str, ...] = ("anna", "ben", "carl", "dora")
    validation: tuple[str, ...] = ("gina", "hugo")
    test: tuple[str, ...] = ("ida", "jon")
    devices: dict[str, str] = field(default_factory=lambda: {"kitchen": "lena", "studio": "mike", "workshop": "nora"})
    epochs: int = 16
    rounds: int = 2
    site: str = "demo"
    seed: int = 7

    @property
    def weak_teacher(self) -> str:
        """The one training person who shows the weak actions."""
        return self.training[0]


QUICK = Plan(
    training=("anna", "ben"),
    validation=("gina",),
    test=("ida",),
    epochs=12,
)


@dataclass(frozen=True)
class Places:
    """Everything below one directory."""

    root: Path

    @property
    def films(self) -> Path:
        """Rendered camera footage; a cache."""
        return self.root / "films"

    @property
    def recordings(self) -> Path:
        """Keypoints found in the films; a cache."""
        return self.root / "recordings"

    @property
    def pose_models(self) -> Path:
        """What finds people in pictures; a cache."""
        return self.root / "pose-models"

    @property
    def checkpoint(self) -> Path:
        """The first trained model; a cache."""
        return self.root / "checkpoint"

    @property
    def template(self) -> Path:
        """The quantized template; a cache."""
        return self.root / "template"

    @property
    def release(self) -> Path:
        """The first release bundle."""
        return self.root / "release"

    @property
    def report(self) -> Path:
        """Plots and figures."""
        return self.root / "report"

    @property
    def fleet(self) -> Path:
        """The aggregator's state."""
        return self.root / "fleet"

    @property
    def evaluation(self) -> Path:
        """The operator's held-out windows."""
        return self.fleet / "evaluation.npz"

    @property
    def logs(self) -> Path:
        """What each process said."""
        return self.root / "logs"

    @property
    def broker(self) -> Path:
        """The broker's configuration."""
        return self.root / "broker"

    def device(self, name: str) -> Path:
        """One device's state."""
        return self.root / "devices" / name
