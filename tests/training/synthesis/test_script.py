"""A script has no gaps, asks for every action once, and flows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.synthesis import (
    ACTIONS,
    BACKGROUND,
    Build,
    Script,
    Segment,
    pose_body,
    posture_at,
    random_script,
    random_style,
)

SEEDS = st.integers(0, 2**32 - 1)
CHOICES = st.lists(st.sampled_from(ACTIONS), unique=True, max_size=len(ACTIONS)).map(tuple)


@given(seed=SEEDS, actions=CHOICES)
def test_random_scripts_cover_the_clip_and_ask_each_action_once(seed, actions):
    """Background and actions take turns without a gap; each action asked is done once, for its time."""
    script = random_script(np.random.default_rng(seed), actions)
    labels = [segment.action for segment in script.segments]
    assert labels[::2] == [BACKGROUND] * (len(actions) + 1)
    assert sorted(labels[1::2]) == sorted(actions)
    assert script.segments[0].start_s == 0
    assert script.segments[-1].end_s == script.duration_s
    for before, after in zip(script.segments, script.segments[1:], strict=False):
        assert before.end_s == after.start_s
    for segment in script.segments:
        low, high = (2.5, 4.0) if segment.action == BACKGROUND else (3.5, 5.0)
        assert low - 0.002 <= segment.end_s - segment.start_s <= high + 0.002
    assert [segment.action for segment in script.actions()] == labels[1::2]


@given(seed=SEEDS, share=st.floats(0, 1, exclude_max=True))
def test_every_moment_has_the_label_of_its_segment(seed, share):
    """label_at agrees with the segment that contains the moment; borders belong to the later one."""
    script = random_script(np.random.default_rng(seed), ACTIONS)
    t = share * script.duration_s
    (segment,) = [segment for segment in script.segments if segment.start_s <= t < segment.end_s]
    assert script.label_at(t) == segment.action
    assert script.label_at(segment.start_s) == segment.action
    assert script.label_at(script.duration_s + 1) == BACKGROUND


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_movements_flow_into_each_other(seed):
    """Across every border of a script no joint moves faster than twelve metres a second."""
    rng = np.random.default_rng(seed)
    style, script, build = random_style(rng), random_script(rng, ACTIONS), Build()
    for segment in script.segments[1:]:
        times = segment.start_s + np.arange(-0.3, 0.3, 1 / 60)
        track = np.stack([pose_body(build, posture_at(script, float(t), style)).landmarks for t in times])
        assert np.linalg.norm(np.diff(track, axis=0), axis=-1).max() * 60 < 12.0


def test_the_middle_of_a_segment_is_pure():
    """Away from borders the posture is the segment's movement and nothing else."""
    script = Script((Segment(BACKGROUND, 0, 3), Segment("wave", 3, 7), Segment(BACKGROUND, 7, 10)))
    style = random_style(np.random.default_rng(0))
    alone = Script((Segment("wave", 0, 4),))
    shifted = posture_at(alone, 2.0, style)
    assert posture_at(script, 5.0, style).arm(style.lead) == shifted.arm(style.lead)


@pytest.mark.parametrize(
    ("action", "start", "end", "motion"),
    [("fly", 0, 1, ""), ("wave", 1, 1, ""), ("wave", -1, 1, ""), (BACKGROUND, 0, 1, "wave"), ("wave", 0, 1, "clap")],
)
def test_impossible_segments_are_refused(action, start, end, motion):
    """Unknown actions, movements of another label and empty times are a ValueError."""
    with pytest.raises(ValueError, match=r"movement|no time"):
        Segment(action, start, end, motion)


def test_gaps_and_overlaps_are_refused():
    """A script whose segments do not follow each other is a ValueError."""
    for start in (0.5, 1.5):
        with pytest.raises(ValueError, match="without a gap"):
            Script((Segment(BACKGROUND, 0, 1), Segment("wave", start, 3)))
    with pytest.raises(ValueError, match="without a gap"):
        Script(())


def test_unknown_actions_are_refused_by_name():
    """random_script names what it does not know."""
    with pytest.raises(ValueError, match="moonwalk"):
        random_script(np.random.default_rng(0), ("wave", "moonwalk"))
