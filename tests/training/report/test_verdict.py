"""When a report says to trust, to take care, and to doubt."""

import dataclasses

import pytest

from tests.training.report.makers import HONEST, evaluation, scores, stream, take
from training.datasets.checks import Finding
from training.report import Level, verdict

SPLIT = dataclasses.replace(HONEST, optimistic="the same people are on both sides")
REFUSED = Finding("refuse", "frozen_frames", "97% of the frames are frozen", "films", "extract again")
WARNED = dataclasses.replace(REFUSED, severity="warn")


def test_good_figures_on_strangers_are_trusted():
    """Eight strangers, hours of film, and nothing wrong: one green reason, and a green verdict."""
    judged = verdict(evaluation())
    assert judged.level is Level.TRUST
    assert [one.text for one in judged.reasons] == ["Tested on people whom training never saw."]


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({"split": SPLIT}, Level.DOUBT, "Optimistic: the same people are on both sides"),
        ({"split": None}, Level.CARE, "--trained"),
        ({"learnt_since": True}, Level.CARE, "learnt since"),
        ({"quantized": scores(1), "exact": scores(1)}, Level.DOUBT, "One person only"),
        ({"people": ["ann", "ben"]}, Level.CARE, "Only 2 people"),
        ({"quantized": scores(wrong=15), "exact": scores(wrong=15)}, Level.CARE, "anywhere from"),
        ({"quantized": scores(wrong=150), "exact": scores(wrong=150)}, Level.DOUBT, "wrong"),
        ({"quantized": scores(weak=4), "exact": scores(weak=4)}, Level.CARE, "Often missed: background"),
        ({"quantized": scores(wrong=2)}, Level.CARE, "0.8 points worse"),
        ({"quantized": scores(wrong=10)}, Level.DOUBT, "4.2 points worse"),
        ({"refused": 0.05}, Level.CARE, "5% is too strange"),
        ({"agreement": 0.97}, Level.CARE, "97.0% only"),
        ({"quantized": scores(confidence=0.8), "exact": scores(confidence=0.8)}, Level.CARE, "off by 20%"),
        ({"stream": None}, Level.CARE, "No continuous recording"),
        ({"stream": stream(take(hours=0.1))}, Level.CARE, "0 in 6.0 minutes; up to 37 an hour"),
        ({"stream": stream(take(false=9))}, Level.CARE, "9 in 240.0 minutes"),
        ({"findings": [REFUSED]}, Level.DOUBT, "97% of the frames are frozen"),
        ({"findings": [WARNED]}, Level.CARE, "97% of the frames are frozen"),
        ({"unknown": ["juggle"]}, Level.CARE, "does not know juggle"),
    ],
)
def test_what_speaks_against_a_model_is_said(changes, level, says):
    """Each thing that can be wrong has a sentence, and is enough by itself to change the verdict."""
    judged = verdict(evaluation(**changes))
    assert judged.level is level
    assert any(says in one.text for one in judged.reasons if one.level is not Level.TRUST)


def test_the_worst_comes_first():
    """Reasons are sorted by weight, and the first one decides."""
    judged = verdict(evaluation(findings=[WARNED, REFUSED], stream=None))
    assert [one.level for one in judged.reasons] == [Level.DOUBT, Level.CARE, Level.CARE, Level.TRUST]


def test_a_note_is_no_reason():
    """What is merely good to know stays in the details."""
    assert verdict(evaluation(findings=[dataclasses.replace(REFUSED, severity="note")])).level is Level.TRUST


def test_a_published_split_is_named():
    """Whoever compares with the literature sees that the split is the published one."""
    (reason,) = verdict(evaluation(split=dataclasses.replace(HONEST, name="as published: xsub"))).reasons
    assert "as published: xsub" in reason.text
