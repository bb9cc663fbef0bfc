"""What is seen of a performance: the right label, the right joints, looked at only once."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigError, PosefleetError
from core.features import FeatureSpec, points_of
from core.skeleton import MEDIAPIPE33, Pose
from device.settings import PoseSettings
from training.synthesis import sightings
from training.synthesis.plays import empty_room, performance
from training.synthesis.sightings import CLASSES, imagine, look_at
from training.synthesis.stage import play

SHORT = {"seconds": 1.0, "fps": 6.0}


def short(action="wave", **options):
    return replace(performance(action, person=4, take=1, **options), **SHORT)


@pytest.fixture
def truthful(monkeypatch):
    """An estimator that says the truth, and how often it was made; the work stays in this process."""
    made = []

    class Truthful:
        def __init__(self, stage):
            self.truths = {t: truths[0] for t, _, truths in play(stage)}
            self.height = stage.height

        def estimate(self, image, captured_at):
            places = self.truths[captured_at].joints / self.height
            return [Pose(np.pad(places, ((0, 0), (0, 1))).astype(np.float32), np.ones(33, np.float32))]

        def close(self):
            made[-1] = "closed"

    def make(settings):
        made.append("open")
        return Truthful(make.stage)

    def at_once(work, jobs, *, processes):
        for job in jobs:
            make.stage = job.stage
            try:
                work(job)
            except PosefleetError as exc:
                yield job, exc
            else:
                yield job, None

    monkeypatch.setattr("device.pose.make_estimator", make)
    monkeypatch.setattr(sightings, "in_processes", at_once)
    return made


def test_a_sighting_is_what_the_estimator_says(truthful, tmp_path):
    """Joints are the estimator's, times the stage's, every label the action, and the estimator is closed."""
    stage = short()
    (found,) = look_at([stage], tmp_path, processes=1, settings=PoseSettings())
    truth = np.stack([truths[0].joints / stage.height for _, _, truths in play(stage)])
    np.testing.assert_allclose(found.recording.joints[..., :2], truth, rtol=1e-6)
    np.testing.assert_allclose(found.recording.times, np.arange(6) / 6)
    assert {CLASSES[label] for label in found.recording.labels} == {"wave"}
    assert found.hidden.shape == (6, 33)
    assert truthful == ["closed"]


def test_nothing_is_looked_at_twice(truthful, tmp_path):
    """A second look reads what the first one kept, with the same numbers; other settings or another stage look anew."""
    told = []
    first = look_at([short()], tmp_path, processes=1, settings=PoseSettings(), on_done=told.append)
    again = look_at([short()], tmp_path, processes=1, settings=PoseSettings(), on_done=told.append)
    np.testing.assert_array_equal(first[0].recording.joints, again[0].recording.joints)
    assert len(truthful) == 1
    assert told == [short(), short()]
    look_at([short()], tmp_path, processes=1, settings=PoseSettings(min_visibility=0.4))
    look_at([short("clap")], tmp_path, processes=1, settings=PoseSettings())
    assert len(truthful) == 3


def test_a_damaged_sighting_is_made_afresh(truthful, tmp_path):
    """A file cut short does not count; files are their owner's alone."""
    look_at([short()], tmp_path, processes=1, settings=PoseSettings())
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes()[:200])
    (found,) = look_at([short()], tmp_path, processes=1, settings=PoseSettings())
    assert np.isfinite(found.recording.joints).all()
    assert len(truthful) == 2


def test_who_is_not_found_is_nan(truthful, tmp_path, monkeypatch):
    """A frame without a pose is a row of NaN."""
    monkeypatch.setattr("device.pose.make_estimator", lambda _: NoOne())
    (found,) = look_at([short()], tmp_path, processes=1, settings=PoseSettings())
    assert np.isnan(found.recording.joints).all()
    assert found.recording.found == 0


class NoOne:
    def estimate(self, image, captured_at):
        return []

    def close(self):
        pass


def test_an_estimator_that_cannot_be_made_is_told(truthful, tmp_path, monkeypatch):
    """The error is that of the estimator, and nothing is kept."""

    def refuse(_settings):
        raise ConfigError("no such estimator")

    monkeypatch.setattr("device.pose.make_estimator", refuse)
    with pytest.raises(ConfigError, match="no such estimator"):
        look_at([short()], tmp_path, processes=1, settings=PoseSettings())
    assert list(tmp_path.iterdir()) == []


def test_imagined_joints_are_near_the_truth():
    """Imagined joints are within some hundredths of a body's height of the drawn ones, and not on them."""
    stage = short("kick")
    truth = np.stack([truths[0].joints / stage.height for _, _, truths in play(stage)])
    away = np.linalg.norm(imagine(stage).joints[..., :2] - truth, axis=-1)
    assert 0.003 < np.median(away) < 0.02
    assert away.max() < 0.06


def test_what_is_behind_furniture_is_imagined_badly():
    """Joints that the picture does not show are further off and less sure than those that it shows."""
    stages = [short(action, hidden=True) for action in ("bow", "clap", "punch", "wave")]
    away, sure, unseen = [], [], []
    for stage in stages:
        truths = [truths[0] for _, _, truths in play(stage)]
        joints = imagine(stage).joints
        away.append(np.linalg.norm(joints[..., :2] - [one.joints / stage.height for one in truths], axis=-1))
        sure.append(joints[..., 3])
        unseen.append([~one.clear for one in truths])
    hidden = np.concatenate(unseen)
    assert 0.02 < hidden.mean() < 0.7
    away, sure = np.concatenate(away), np.concatenate(sure)
    assert np.median(away[hidden]) > 2 * np.median(away[~hidden])
    assert np.median(sure[hidden]) < 0.8
    assert np.median(sure[~hidden]) > 0.9


def test_imagining_twice_gives_the_same():
    """The same stage has the same joints to the bit, labels of the script, and joints that features can take."""
    one, two = imagine(short("squat")), imagine(short("squat"))
    np.testing.assert_array_equal(one.joints, two.joints)
    assert {CLASSES[label] for label in one.labels} == {"squat"}
    assert not one.has_depth
    pose = Pose(one.joints[0, :, :3].copy(), one.joints[0, :, 3].copy())
    assert np.isfinite(points_of(pose, FeatureSpec())).all()


def test_sides_change_places_in_some_frames():
    """A frame is that without swaps, or the same with left and right exchanged; some stages have none exchanged."""
    stages = [replace(short("wave"), room_seed=seed) for seed in range(8)]
    mirror, exchanged = list(MEDIAPIPE33.mirror), []
    for stage in stages:
        plain, confused = imagine(stage).joints, imagine(stage, swaps=0.4).joints
        same = (confused == plain).all(axis=(1, 2))
        assert (same | (confused == plain[:, mirror]).all(axis=(1, 2))).all()
        exchanged.append(1 - same.mean())
    assert 1 <= exchanged.count(0) <= 7
    assert 0 < max(exchanged) < 1


def test_an_actor_without_a_script_has_no_labels():
    """A stage whose first actor does nothing in particular is a ValueError that names it."""
    stage = short()
    silent = replace(stage, actors=(replace(stage.actors[0], script=None),))
    with pytest.raises(ValueError, match=stage.name):
        imagine(silent)
    with pytest.raises(IndexError):
        imagine(empty_room(1))
