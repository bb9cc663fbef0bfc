"""Poses of every track -> windows -> features -> the release's quantized model -> probabilities.

recogniser = Recogniser(bundle)
for decision in recogniser.push(track, captured_at, pose): ...
recogniser = recogniser.successor(new_bundle)      # a new release takes over in the middle of everything
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.bundle import BACKGROUND, Bundle, Manifest
from core.features import extract, points_of
from core.interpreter import Classifier
from core.network import free_energy, softmax
from core.skeleton import Array, Pose
from core.window import Window, WindowBuffer
from device.latency.meter import LatencyMeter


class Logits(Protocol):
    """What answers: a TFLite classifier, or anything else with this method."""

    def logits(self, features: Array) -> Array:
        """(T, F) features -> (C,) logits."""
        ...


@dataclass(frozen=True)
class Decision:
    """What one window of one track shows.

    Attributes:
        probabilities: (C,) calibrated, in the order of the release's labels; all background where the energy is above
            the release's limit.
        energy: free energy of the logits (Liu et al. 2020); high for movement unlike anything in training.
        window: the keypoints that were judged, for samples that are kept on this device.
    """

    track: int
    probabilities: npt.NDArray[np.float32]
    energy: float
    window: Window

    @property
    def moment(self) -> float:
        """The moment that the probabilities speak of, seconds on the monotonic clock."""
        return self.window.moment


class Recogniser:
    """One release at work. Tracks that are no longer there must be forgotten."""

    def __init__(self, bundle: Bundle, *, classifier: Logits | None = None, meter: LatencyMeter | None = None) -> None:
        self.bundle = bundle
        self._classifier = classifier or Classifier(bundle.classifier)
        self._meter = meter or LatencyMeter()
        self._buffers: dict[int, WindowBuffer] = {}

    @property
    def manifest(self) -> Manifest:
        """The manifest of the release at work."""
        return self.bundle.manifest

    def push(self, track: int, captured_at: float, pose: Pose, boxes: Array | None = None) -> list[Decision]:
        """Take a pose, and boxes (K, 5) of the release's objects; judge the windows that it completes, mostly none."""
        with self._meter.stage("features"):
            buffer = self._buffers.setdefault(track, WindowBuffer(self.manifest.window))
            windows = buffer.push(captured_at, points_of(pose, self.manifest.features, boxes))
        return [self._judge(track, window) for window in windows]

    def forget(self, track: int) -> None:
        """Drop what is kept of a track."""
        self._buffers.pop(track, None)

    def successor(self, bundle: Bundle, *, classifier: Logits | None = None) -> "Recogniser":
        """A recogniser for another release that goes on with the same tracks where their windows fit."""
        other = Recogniser(bundle, classifier=classifier, meter=self._meter)
        old, new = self.manifest, bundle.manifest
        if (old.window, old.features.rows) == (new.window, new.features.rows):
            other._buffers = self._buffers
        return other

    def _judge(self, track: int, window: Window) -> Decision:
        manifest = self.manifest
        with self._meter.stage("features"):
            features = extract(window.keypoints, manifest.features, rate_hz=manifest.window.rate_hz)
        with self._meter.stage("classifier"):
            logits = self._classifier.logits(features)
        energy = float(free_energy(logits, manifest.temperature))
        probabilities = softmax(logits / np.float32(manifest.temperature)).astype(np.float32)
        limit = manifest.thresholds.energy
        if limit is not None and energy > limit:
            probabilities = (np.array(manifest.labels) == BACKGROUND).astype(np.float32)
        return Decision(track, probabilities, energy, window)
