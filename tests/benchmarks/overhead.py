"""What a frame costs beside the pose: hand-over, tracking, features, window, classifier, events, outbox, status.

    python -m tests.benchmarks.overhead             # with a release of the default network; takes a minute to convert
    python -m tests.benchmarks.overhead --tiny --seconds 5          # with the tests' tiny one: nothing to convert
    python -m tests.benchmarks.overhead --profile                   # and where the time goes

The whole frame loop runs on pictures from memory and on stored keypoints, with a real release, outbox and status; what
is counted is the processor time of the whole process, all threads, by frames judged, without that of looking up the
stored keypoints, which stands for the pose. So it holds on a busy machine, and no progress bar adds to it.
Nothing here passes or fails.
"""

import cProfile
import pstats
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import numpy as np
from rich.console import Console

import device.camera.feeds
from converter.make_bundle import make_bundle
from converter.quantize import make_template
from core.architecture import parameter_count
from core.bundle import Bundle, Thresholds
from core.errors import UnavailableError
from core.features import FeatureSpec
from core.network import initialise
from core.signing import SigningKey
from core.skeleton import Pose
from core.window import WindowSpec
from device.camera.capture import Camera
from device.camera.settings import CameraSettings
from device.camera.sources import Image
from device.lookouts import Lookouts
from device.loop import FrameLoop, Parts
from device.pose.recording import RecordingEstimator
from device.settings import DeviceSettings
from tests import people, tiny
from tests.command import make_parser, positive_float, run
from tests.device.looping import look, loop_parts, loop_settings
from training.models import DEFAULT_MODEL, MODELS

BUDGET_MS = 1.5
SCRIPT = (("background", 4.0), ("wave", 4.0), ("background", 4.0), ("squat", 4.0))


class Reel:
    """An OpenCV handle that has one picture, at a fixed rate."""

    def __init__(self, fps: float) -> None:
        self._step, self._due = 1 / fps, time.monotonic()
        self._picture = np.zeros((480, 640, 3), np.uint8)

    def set(self, which: int, value: float) -> bool:
        """As a camera with one size."""
        return bool(which and value)

    def grab(self) -> bool:
        """Wait for the next picture."""
        self._due = max(self._due + self._step, time.monotonic() - self._step)
        time.sleep(max(0.0, self._due - time.monotonic()))
        return True

    def retrieve(self) -> tuple[bool, Image]:
        """Cost nothing: decoding is the camera's."""
        return True, self._picture

    def release(self) -> None:
        """Hold nothing."""


def main() -> None:
    """Measure and print.

    Raises:
        UnavailableError: the time is too short for a single frame.
    """
    parser = make_parser(__doc__)
    parser.add_argument("--seconds", type=positive_float, default=20.0, help="to measure")
    parser.add_argument("--fps", type=positive_float, default=30.0, help="of the camera")
    parser.add_argument("--tiny", action="store_true", help="with the tests' tiny network: nothing to convert")
    parser.add_argument("--profile", action="store_true", help="say where the time goes (and cost some)")
    options = parser.parse_args()
    console = Console()
    key = SigningKey.generate()
    bundle = tiny.bundle(key) if options.tiny else _default_release(key)
    console.print(f"{bundle.manifest.model}: {parameter_count(bundle.manifest.architecture):,} parameters")
    with tempfile.TemporaryDirectory() as name, _running(Path(name), bundle, options.fps) as loop:
        profiler = cProfile.Profile()
        stop, frames, cpu = threading.Event(), loop.parts.lookouts.frames, loop.cpu_s
        threading.Timer(options.seconds, stop.set).start()
        if options.profile:
            profiler.enable()
        loop.run(stop)
        profiler.disable()
        cpu, frames = loop.cpu_s - cpu, loop.parts.lookouts.frames - frames
        if not frames:
            raise UnavailableError(f"no frame was judged within {options.seconds:g} s; measure for longer")
        console.print(
            f"{frames} frames, {1000 * cpu / frames:.3f} ms of processor time each beside the pose, all threads; "
            f"{1000 * cpu / frames / BUDGET_MS:.2f} of the {BUDGET_MS} ms allowed"
        )
        for stage, one in loop.parts.meter.summary().items():
            console.print(f"  {stage:<11} p50 {one.p50_ms:.3f}  p95 {one.p95_ms:.3f} ms, by the clock on the wall")
        if options.profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def _default_release(key: SigningKey) -> Bundle:
    """A release of the default network with random weights: what it says does not matter, what it costs does."""
    features, window = FeatureSpec(), WindowSpec()
    architecture = MODELS[DEFAULT_MODEL](features=features, window=window.length, classes=8)
    weights = initialise(architecture, np.random.default_rng(0))
    template = make_template(architecture)
    return make_bundle(
        name=DEFAULT_MODEL.replace("_", "-"),
        version=1,
        parent=None,
        created_at=datetime.now(UTC),
        labels=("background", *(f"action-{number}" for number in range(1, 8))),
        architecture=architecture,
        features=features,
        window=window,
        weights=weights | {"logits/kernel": weights["logits/kernel"] * np.float32(8)},
        template=template.model,
        patch_map=template.patch_map,
        golden_windows=tiny.windows(64),
        temperature=1.0,
        thresholds=Thresholds(),
        metrics={},
        key=key,
    )


class _Timed(RecordingEstimator):
    """Knows what looking poses up has cost, seconds of processor time."""

    cpu_s = 0.0

    def estimate(self, image: Image, captured_at: float) -> list[Pose]:
        """As the recording."""
        began = time.thread_time()
        poses = super().estimate(image, captured_at)
        self.cpu_s += time.thread_time() - began
        return poses


class _Loop:
    """A frame loop, and what it has cost."""

    def __init__(self, settings: DeviceSettings, parts: Parts, estimator: _Timed) -> None:
        self.parts, self._settings, self._estimator = parts, settings, estimator

    @property
    def cpu_s(self) -> float:
        """What the whole process has cost so far, beside the pose."""
        return time.process_time() - self._estimator.cpu_s

    def run(self, stop: threading.Event) -> None:
        FrameLoop(self._settings, self.parts).run(stop)


@contextmanager
def _running(directory: Path, bundle: Bundle, fps: float) -> Iterator[_Loop]:
    people.write_recording(directory / "people.npz", SCRIPT, fps=15.0, seed=5)
    estimator = _Timed(directory / "people.npz")
    settings = loop_settings(directory, bundle)
    fresh = threading.Condition()
    with (
        patch.object(device.camera.feeds, "open_capture", lambda _source, **_options: Reel(fps)),
        loop_parts(settings, bundle, estimator) as parts,
        Camera(CameraSettings(url="0", frozen_after_s=0), fresh=fresh) as camera,
    ):
        while camera.next(0.5) is None:
            pass
        lookout = look(camera, estimator, bundle, settings, parts.meter)
        yield _Loop(settings, replace(parts, lookouts=Lookouts([lookout], fresh)), estimator)


if __name__ == "__main__":
    run(main)
