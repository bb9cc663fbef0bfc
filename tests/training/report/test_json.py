"""The figures for programs."""

import json

from tests.training.report.makers import LABELS, evaluation, scores
from training.report import as_json


def test_figures_are_those_of_the_evaluation():
    """What the page shows is under its name, confusion matrix included, as plain numbers."""
    one = evaluation(quantized=scores(wrong=2))
    read = json.loads(as_json(one))
    assert (read["v"], read["verdict"], read["people"]) == (1, "care", [f"p{i}" for i in range(8)])
    assert read["quantized"]["accuracy"] == round(238 / 240, 4)
    assert read["quantized"]["confusion"] == one.report.confusion.tolist()
    assert read["float"]["accuracy"] == 1
    assert read["classes"] == list(LABELS)
    assert read["unknown"]["auroc"] == 0.9


def test_events_are_counted_for_all_and_for_each_action():
    """Counts of found, missed and false events are there by each way of matching and by action."""
    stream = json.loads(as_json(evaluation()))["stream"]
    assert (stream["touching"]["found"], stream["overlapping"]["f1"]) == (1, 1)
    assert stream["by_action"][LABELS[2]]["found"] == 1
    assert stream["delay"]["p50"] == 1


def test_what_is_not_known_is_null():
    """Without a split, continuous recordings or unknown movement the keys are there, and null."""
    read = json.loads(as_json(evaluation(split=None, stream=None)))
    assert (read["split"], read["optimistic"], read["stream"]) == (None, None, None)
