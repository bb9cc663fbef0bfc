"""What devices compute from a stream and what training computes from a file are the same, on real recordings."""

import numpy as np
import pytest

from core.features import FeatureSpec, extract, points_of
from core.skeleton import Pose
from core.window import WindowBuffer, WindowSpec
from tests.outside import real_data
from training.augmentation.augment import mirrored
from training.datasets.formats import landmarks_csv, msr_action3d, npz_clips, npz_streams
from training.datasets.formats._base import Options
from training.datasets.windows import label_windows

SOURCES = {
    "msr_action3d/msr_action3d.npz": (msr_action3d, ("kinect20-3d-v2", "core15-3d-v2")),
    "holistic_signs": (npz_clips, ("hands-2d-v2", "core15-2d-v2")),
    "holistic_gestures/gestures_258.npz": (npz_clips, ("hands-2d-v2", "core15-2d-v2")),
    "fall_video_keypoints/fall30.npz": (npz_streams, ("core15-2d-v2",)),
    "exercise_frames/squat_model__test.csv": (landmarks_csv, ("core15-2d-v2", "core15-3d-v2")),
}
SPEC = WindowSpec(length=12, stride=2, max_gap_s=2.0)
_MOST = 30  # recordings: enough of every person and action


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source, (_, names) in SOURCES.items() for name in names]
)
def test_a_stream_has_the_features_of_its_recording_to_the_bit(source, name):
    """Poses pushed one by one as a device does give exactly what training computes from whole files in batches."""
    features = FeatureSpec(name=name)
    reading = SOURCES[source][0].read(real_data(source), Options())
    everything = [one for unit in reading.units for one in unit]
    chosen = [one for one in everything[:: max(1, len(everything) // _MOST)] if len(one.times) > SPEC.length]
    classes = sorted({label for one in chosen for label in one.classes})
    batch = label_windows(chosen, SPEC, classes, features).keypoints
    streamed = [window for one in chosen for window in _stream(one, features)]
    assert len(streamed) == len(batch) > 0
    together = extract(batch, features, rate_hz=SPEC.rate_hz)
    assert np.isfinite(together).all()
    for window, expected in zip(streamed, together, strict=True):
        assert np.array_equal(extract(window, features, rate_hz=SPEC.rate_hz), expected)
    assert np.array_equal(mirrored(mirrored(batch, features), features), batch)


def _stream(recording, features):
    """Windows as the daemon would cut them."""
    buffer = WindowBuffer(SPEC)
    for moment, joints in zip(recording.times, recording.joints, strict=True):
        if np.isfinite(joints).all():
            pose = Pose(joints[:, :3].copy(), joints[:, 3].copy(), recording.layout)
            for window in buffer.push(float(moment), points_of(pose, features)):
                yield window.keypoints
