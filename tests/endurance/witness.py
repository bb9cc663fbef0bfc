"""`posefleet`, but what the daemon's estimator sees is kept in a file beside its configuration: the tests' own eyes.

    python -m tests.endurance.witness device run --config kitchen/device.toml       # kitchen/witness.npz at its end

What is kept is for `tests.endurance.sieve`:

    secrets, seen = read_secrets(path), read_seen(path)
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np

import device.classifier
import device.vision
from core.features import FeatureSpec, extract
from core.skeleton import MEDIAPIPE33, Array, Pose
from device.camera.sources import Image
from device.pose import Effort, PoseEstimator, make_estimator
from device.settings import PoseSettings
from posefleet.__main__ import main
from tests.endurance.sieve.copies import Secrets
from tests.endurance.sieve.traces import STEP_S, Seen

_PICTURE_EVERY = 12  # frames
_ROW_EVERY = 24  # of a picture that is kept
_PARTS = (3, 3)  # of a picture whose brightness is kept
_THUMBNAIL = (16, 12)
_NOBODY = np.full((MEDIAPIPE33.size, 4), np.nan, np.float32)


class Witness:
    """Passes everything on to another estimator, and what that finds to a file when it is closed."""

    def __init__(self, inner: PoseEstimator, path: Path) -> None:
        self._inner, self._path = inner, path
        self._times: list[float] = []
        self._joints: list[Array] = []
        self._lights: list[Array] = []
        self._thumbnails: list[Image] = []
        self._rows: list[bytes] = []
        self.features: list[Array] = []

    def estimate(self, image: Image, captured_at: float) -> list[Pose]:
        """See PoseEstimator."""
        poses = self._inner.estimate(image, captured_at)
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        if len(self._times) % _PICTURE_EVERY == 0:
            self._thumbnails.append(np.asarray(cv2.resize(grey, _THUMBNAIL, interpolation=cv2.INTER_AREA), np.uint8))
            self._rows.append(image[:: max(image.shape[0] // _ROW_EVERY, 1)].tobytes())
        self._times.append(time.time())
        light = cv2.resize(grey.astype(np.float32), _PARTS, interpolation=cv2.INTER_AREA)
        self._lights.append(np.asarray(light, np.float32))
        self._joints.append(np.column_stack([poses[0].joints, poses[0].score]) if poses else _NOBODY)
        return poses

    def adapt(self, effort: Effort) -> None:
        """See PoseEstimator."""
        self._inner.adapt(effort)

    def close(self) -> None:
        """See PoseEstimator."""
        self._inner.close()
        np.savez(
            self._path,
            times=self._times,
            joints=np.array(self._joints),
            lights=np.array(self._lights),
            thumbnails=np.array(self._thumbnails),
            rows=np.frombuffer(b"".join(self._rows), np.uint8),
            features=np.array(self.features),
        )


def read_secrets(path: Path) -> Secrets:
    """What the daemon saw, to look for copies of."""
    with np.load(path) as kept:
        joints, features, thumbnails = (kept[name].astype(np.float64) for name in ("joints", "features", "thumbnails"))
        rows = kept["rows"].tobytes()
    core = np.array([Pose(one[:, :3], one[:, 3]).core15 for one in joints if np.isfinite(one).all()], np.float64)
    by_axis = {f"{axis} of joints": joints[..., number] for number, axis in enumerate("xyz")}
    by_axis |= {f"{axis} of the fifteen joints": core[..., number] for number, axis in enumerate("xyz") if len(core)}
    return Secrets(by_axis | {"features": features, "a thumbnail": thumbnails.reshape(len(thumbnails), -1)}, [rows])


def read_seen(path: Path) -> Seen:
    """What the daemon saw, over time."""
    with np.load(path) as kept:
        times, joints, lights = kept["times"], kept["joints"].astype(float), kept["lights"].astype(float)
    columns = np.column_stack([joints[..., :3].reshape(len(joints), -1), lights.reshape(len(lights), -1)])
    columns = np.column_stack([columns, lights.mean(axis=(1, 2))])
    names = [f"{axis} of {joint}" for joint in MEDIAPIPE33.joints for axis in "xyz"]
    names += [f"the brightness of part {number}" for number in range(lights[0].size)] + ["the brightness"]
    cells = ((times - times[0]) // STEP_S).astype(int)
    grid = np.full((cells[-1] + 1, len(names)), np.nan)
    for cell in np.unique(cells):
        rows = columns[cells == cell]
        there = np.isfinite(rows).all(axis=0)
        grid[cell, there] = rows[:, there].mean(axis=0)
    return Seen(float(times[0]), names, grid)


@contextmanager
def _bearing_witness(path: Path) -> Iterator[None]:
    """Let a daemon of this process look through a witness."""
    witnesses: list[Witness] = []

    def make_witness(settings: PoseSettings) -> Witness:
        witnesses.append(Witness(make_estimator(settings), path))
        return witnesses[-1]

    def extract_and_keep(keypoints: Array, spec: FeatureSpec, *, rate_hz: float) -> Array:
        features = extract(keypoints, spec, rate_hz=rate_hz)
        witnesses[-1].features += [row.copy() for row in features[-4:]]  # the newest of overlapping windows
        return features

    with (
        patch.object(device.vision, "make_estimator", make_witness),
        patch.object(device.classifier, "extract", extract_and_keep),
    ):
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        "python -m tests.endurance.witness",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, required=True, help="as `posefleet device run` has it")
    with _bearing_witness(parser.parse_known_args()[0].config.with_name("witness.npz")):
        main()
