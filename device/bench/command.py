"""`posefleet device bench`: from its options to pictures, measurements and files.

bench(BenchOptions(config=Path("device.toml"), video=Path("film.mp4"), frames=200))
"""

import itertools
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from core.errors import ConfigError, InputError
from core.files import write_atomically
from core.messages import StageLatency
from core.settings import load_settings
from device.bench.measuring import Shot, run_bench, subjects
from device.bench.report import BenchReport, draw, print_report, to_json
from device.camera.capture import Camera, Frame
from device.camera.settings import CameraSettings
from device.camera.sources import Source, check_file, read_file
from device.latency.meter import LatencyMeter
from device.settings import DeviceSettings, PoseSettings
from device.slots import ReleaseStore
from device.vision import make_vision

_PICTURE_WITHIN_S = 10.0


@dataclass(frozen=True)
class BenchOptions:
    """What was asked for.

    Attributes:
        config: the device's configuration; need not exist if there is a camera or a video.
        camera: a camera instead of the configured one, as `[camera] url`.
        video: a film instead of a camera.
        frames: pictures that every estimator sees, at most.
        json: where to write the measurements.
        plot: where to draw them (.png).
    """

    config: Path
    camera: str | None = None
    video: Path | None = None
    frames: int = 200
    json: Path | None = None
    plot: Path | None = None


def bench(options: BenchOptions) -> None:
    """Measure, print, and write what was asked for.

    Raises:
        ConfigError: there is no configuration and neither a camera nor a video, or the plot is no .png.
        InputError: the pictures cannot be had.
    """
    if options.plot is not None and options.plot.suffix.lower() != ".png":
        raise ConfigError(f"--plot {options.plot}: only .png is drawn; choose another name")
    settings = _settings(options)
    camera = _camera(options, settings)
    source = Source.parse(camera.url)
    check_file(source)
    these = subjects(settings.pose if settings else PoseSettings(), cores=os.cpu_count() or 1)
    shots = _Shots(camera, options.frames)
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("looking at pictures", total=options.frames * len(these))
        results = run_bench(shots, these, progress=lambda looks: progress.advance(task, looks))
        stages = _stages(settings, camera, options.frames) if settings else {}
    report = BenchReport(source.name, shots.size, results, stages)
    print_report(console, report)
    if settings is None:
        console.print(f"the stages of a frame need a configuration with a release; there is none at {options.config}")
    _write(options, report)


class _Shots:
    """Pictures of a camera, at its pace, or of a film, as quickly as they are wanted; at most so many."""

    def __init__(self, camera: CameraSettings, most: int) -> None:
        self._camera, self._most = camera, most
        self.size = (0, 0)

    def __iter__(self) -> Iterator[Shot]:
        for shot in itertools.islice(self._all(), self._most):
            self.size = (shot[0].shape[1], shot[0].shape[0])
            yield shot

    def _all(self) -> Iterator[Shot]:
        source = Source.parse(self._camera.url)
        if source.kind == "file":
            for number, (image, fps) in enumerate(read_file(source)):
                yield image, number / fps
            return
        with Camera(self._camera) as camera:
            while (frame := camera.next(_PICTURE_WITHIN_S)) is not None:
                yield frame.image, frame.captured_at
            raise InputError(camera.problem or f"camera {source.name}: no picture within {_PICTURE_WITHIN_S:.0f} s")


def _settings(options: BenchOptions) -> DeviceSettings | None:
    """The configuration; None if there is none and none is needed."""
    if options.config.exists():
        return load_settings(DeviceSettings, options.config)
    if options.camera is None and options.video is None:
        raise ConfigError(
            f"{options.config}: no such file; give a configuration with --config, a film with --video "
            "or a camera with --camera"
        )
    return None


def _camera(options: BenchOptions, settings: DeviceSettings | None) -> CameraSettings:
    if options.camera is not None and options.video is not None:
        raise ConfigError("--camera and --video: give one of them, not both")
    configured = next(iter(settings.all_cameras.values())) if settings else CameraSettings()
    url = options.camera or (options.video and str(options.video.absolute()))
    return configured.model_copy(update={"url": url}) if url else configured


def _stages(settings: DeviceSettings, camera: CameraSettings, frames: int) -> dict[str, StageLatency]:
    """Every stage, in this process, on pictures as old as they are when the daemon gets them: new."""
    bundle = ReleaseStore(settings.device.state_directory, settings.model).load()
    meter = LatencyMeter()
    name = next(iter(settings.all_cameras))
    with closing(make_vision(settings, bundle, meter, camera=name)) as vision:
        began = time.monotonic()
        for number, (image, captured_at) in enumerate(_Shots(camera, frames)):
            wait = began + captured_at - time.monotonic()
            if Source.parse(camera.url).kind == "file" and wait > 0:
                time.sleep(wait)
            vision.process(Frame(image, time.monotonic(), number))
    return meter.summary()


def _write(options: BenchOptions, report: BenchReport) -> None:
    if options.json is not None:
        write_atomically(options.json, to_json(report))
    if options.plot is not None:
        import cv2

        write_atomically(options.plot, cv2.imencode(".png", draw(report))[1].tobytes())
