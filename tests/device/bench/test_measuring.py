"""Estimators are measured beside each other, fairly, and what is missing is said."""

import types

import numpy as np
import pytest

import device.bench.measuring
from core.errors import InputError
from device.bench.measuring import FEWEST, Result, Subject, advise_threads, run_bench, subjects
from device.bench.worker import Look
from device.settings import PoseSettings
from tests.people import write_recording

SHOTS = [(np.full((48, 64, 3), number, np.uint8), number / 15) for number in range(FEWEST)]


@pytest.fixture
def recording(tmp_path) -> Subject:
    write_recording(tmp_path / "people.npz", (("wave", 1.0), ("nobody", 1.0)))
    return Subject("recording", PoseSettings(estimator="recording", recording=tmp_path / "people.npz"))


def measured(name: str, wall_ms: list[float], *, threads: int = 1, estimator: str = "blazepose") -> Result:
    subject = Subject(name, PoseSettings(estimator=estimator, threads=threads))
    return Result(subject, [Look(one, one, 1, 100.0) for one in [999.0] * 5 + wall_ms])


def test_every_estimator_is_measured_and_the_configured_one_comes_first():
    """All that look at pictures are there, the settings' own first; more threads only up to the number of cores."""
    names = [one.name for one in subjects(PoseSettings(estimator="yolo"), cores=2)]
    assert names[0] == "yolo"
    assert {"blazepose", "mediapipe", "movenet", "blazepose, 2 threads"} <= set(names)
    assert "recording" not in names
    assert not any("threads" in one.name for one in subjects(PoseSettings(), cores=1))
    assert [one.pose.threads for one in subjects(PoseSettings(threads=3), cores=4) if "blazepose" in one.name] == [
        1, 2, 4,
    ]  # fmt: skip


def test_an_estimator_is_measured_in_a_process_of_its_own(recording):
    """All pictures in the order of time; each look has its time, its memory and whether somebody was seen."""
    turns = []
    missing = Subject("yolo", PoseSettings(estimator="yolo"))
    found, lacking = run_bench(SHOTS, [recording, missing], progress=turns.append)
    assert [look.people for look in found.looks] == [1] * 15 + [0] * 15
    assert found.found == pytest.approx(10 / 25)
    assert 10 < found.memory_mb < 1000
    assert found.fps > 0
    assert "a .tflite file" in lacking.problem
    assert sum(turns) == 2 * len(SHOTS)


def test_a_process_that_dies_does_not_end_the_run(recording, monkeypatch):
    """An estimator that takes its process down is listed with its exit code."""
    monkeypatch.setattr(device.bench.measuring, "worker", types.SimpleNamespace(__name__="no.such.module"))
    (result,) = run_bench(SHOTS, [recording])
    assert result.problem == "its process ended by itself (exit code 1)"


def test_too_few_pictures_are_refused(recording):
    """A film of two seconds says nothing about a 95th percentile."""
    with pytest.raises(InputError, match="only 9 pictures came; at least 30 are needed"):
        run_bench(SHOTS[:9], [recording])


def test_times_are_of_the_pictures_after_the_first():
    """The first looks, which load, count in no figure; a ratio compares the same pictures."""
    one, other = measured("a", [10.0, 20.0, 30.0, 40.0]), measured("b", [20.0, 40.0, 60.0, 800.0])
    assert one.percentile(50) == 25
    assert one.percentile(95) == pytest.approx(np.percentile([10, 20, 30, 40], 95))
    assert one.fps == pytest.approx(40)
    assert one.ratio_to(other) == 0.5


@pytest.mark.parametrize(
    ("two", "four", "advice"),
    [
        ([6.0] * 20, [5.8] * 20, 2),
        ([6.0] * 20, [3.0] * 20, 4),
        ([9.5] * 20, [9.0] * 20, 1),
        ([6.0] * 18 + [500.0] * 2, [30.0] * 20, 1),
    ],
    ids=["two pay", "four pay", "little", "two that wait for each other"],
)
def test_more_threads_must_pay_in_the_median_and_in_the_tail(two, four, advice):
    """The advice is the smallest number of threads that no larger one beats clearly, tail included."""
    results = [
        measured("mediapipe", [1.0] * 20, estimator="mediapipe"),
        measured("blazepose", [10.0] * 20),
        measured("blazepose, 2 threads", two, threads=2),
        measured("blazepose, 4 threads", four, threads=4),
    ]
    threads, ratios = advise_threads(results)
    assert threads == advice
    assert ratios == {1: 1.0, 2: pytest.approx(two[0] / 10), 4: pytest.approx(four[0] / 10)}


def test_without_a_trial_there_is_no_advice():
    """One number of threads is no comparison."""
    assert advise_threads([measured("blazepose", [10.0] * 20)]) is None
