"""`posefleet device check`: everything that the daemon needs, one by one, each with what is wrong and what to do.

for result in checks(Path("device.toml")): ...
"""

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import ConfigError, InputError, PosefleetError
from core.settings import load_settings
from device.camera.settings import CameraSettings
from device.camera.sources import Image, Source
from device.settings import DeviceSettings

log = logging.getLogger(__name__)

_SPARE_MB = 64  # for releases, samples and the journal of the database


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes:
        ok: None when the check was skipped because it needs an earlier one that failed.
        message: what is there, or what is wrong and what to do.
        exit_code: of the command if this is the worst that was found.
    """

    name: str
    ok: bool | None
    message: str
    exit_code: int = 0


def check(config: Path) -> list[CheckResult]:
    """All results."""
    return list(checks(config))


def checks(config: Path) -> Iterator[CheckResult]:
    """The results one by one, as soon as they are known."""
    names = ("state directory", "camera", "pose", "model", "broker")  # with one camera
    try:
        settings = load_settings(DeviceSettings, config)
    except PosefleetError as exc:
        yield CheckResult("config", False, str(exc), exc.exit_code)
        yield from (CheckResult(name, None, "skipped: it needs the config") for name in names)
        return
    identity = settings.device
    yield CheckResult("config", True, f"{config}: {identity.site}/{identity.name}")
    yield _attempt("state directory", lambda: _state_directory(settings))
    camera = _Camera()
    for name, one in settings.all_cameras.items():
        yield _attempt("camera" if name is None else f"camera {name}", partial(camera.take, one, name))
    if camera.image is None:
        yield CheckResult("pose", None, "skipped: it needs a picture of the camera")
    else:
        yield _attempt("pose", lambda: _pose(settings, camera))
    yield _attempt("model", lambda: _model(settings))
    yield _attempt("broker", lambda: _broker(settings))


def exit_code(results: list[CheckResult]) -> int:
    """0 when all is well; 2 when the configuration or an input must be changed, else 1."""
    return max((result.exit_code for result in results), default=0)


def report(config: Path, say: Callable[[str], None]) -> int:
    """Say every result as soon as it is known; the exit code."""
    marks = {True: "ok  ", False: "FAIL", None: "skip"}
    results = []
    for result in checks(config):
        results.append(result)
        first, *others = result.message.splitlines() or [""]
        say(f"{marks[result.ok]}  {result.name + ':':<17}{first}")
        for line in others:
            say(f"{'':<23}{line}")
    return exit_code(results)


def _attempt(name: str, do: Callable[[], str]) -> CheckResult:
    try:
        return CheckResult(name, True, do())
    except PosefleetError as exc:
        return CheckResult(name, False, str(exc), exc.exit_code)
    except Exception as exc:
        # The user asked what is wrong: a fault of ours is an answer as well, with its trace in the log.
        log.debug("check %s", name, exc_info=True)
        return CheckResult(name, False, f"unexpected {type(exc).__name__}: {exc}; run again with --verbose", 1)


def _state_directory(settings: DeviceSettings) -> str:
    from core.signing import SigningKey
    from device.state import KEY_FILE, prepare_state_directory

    directory = prepare_state_directory(settings.device.state_directory)
    if not os.access(directory, os.R_OK):
        raise ConfigError(f"{directory}: cannot be read; change its owner")
    needed_mb = settings.outbox.quota_mb + _SPARE_MB
    free_mb = shutil.disk_usage(directory).free // 2**20
    if free_mb < needed_mb:
        raise InputError(
            f"{directory}: {free_mb} MB are free, {needed_mb} MB are needed; make room, or lower outbox.quota_mb"
        )
    key = SigningKey.load_or_create(directory / KEY_FILE)
    return f"{directory}: {free_mb} MB free; device key {key.public}"


class _Camera:
    """The picture that a camera check took, for the next check."""

    image: Image | None = None

    def take(self, settings: CameraSettings, name: str | None) -> str:
        from device.camera.capture import probe

        frame = probe(settings, name=name)
        self.image = frame.image
        height, width = frame.image.shape[:2]
        resting = f"; rests at {', '.join(settings.rest)}" if settings.rest else ""
        return f"{Source.parse(settings.url).name}: pictures of {width}x{height}{resting}"


def _pose(settings: DeviceSettings, camera: _Camera) -> str:
    from device.pose import make_estimator

    assert camera.image is not None
    estimator = make_estimator(settings.pose)
    try:
        estimator.estimate(camera.image, time.monotonic())  # the first one loads and is slow
        began = time.perf_counter()
        people = estimator.estimate(camera.image, time.monotonic())
        took_ms = (time.perf_counter() - began) * 1000
    finally:
        estimator.close()
    return f"{settings.pose.estimator}: {len(people)} people in the picture, {took_ms:.0f} ms"


def _model(settings: DeviceSettings) -> str:
    from device.slots import ReleaseStore

    store = ReleaseStore(settings.device.state_directory, settings.model)
    manifest = store.load().manifest
    passed_over = "".join(f"; passed over: {problem}" for problem in store.problems)
    return f"{manifest.model}: {', '.join(manifest.labels)}; the golden test passes here{passed_over}"


def _broker(settings: DeviceSettings) -> str:
    from device.link.broker_check import probe_broker

    identity = settings.device
    probe_broker(settings.mqtt, client_id=f"posefleet-{identity.site}-{identity.name}-check")
    tls = "with TLS" if settings.mqtt.uses_tls else "without TLS"
    return f"{settings.mqtt.address}: lets us in, {tls}"
