import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundle import Bundle
from device.onsite.lesson import Lesson
from tests.device.sights import sight

MOMENTS = st.floats(0, 30).map(lambda value: round(value, 2))


@pytest.fixture
def lesson() -> Lesson:
    made = Lesson()
    made.begin(10.0, seconds=10.0)
    return made


@given(windows=st.lists(st.tuples(MOMENTS, st.floats(0.1, 3)), max_size=20), crowds=st.lists(MOMENTS, max_size=4))
def test_a_window_counts_within_the_lesson_and_alone(
    bundle: Bundle, windows: list[tuple[float, float]], crowds: list[float]
):
    """Kept are exactly the windows that lie within the lesson and in which nobody saw a second person."""
    made = Lesson()
    made.begin(10.0, seconds=10.0)
    spans = [(begin, begin + length) for begin, length in windows]
    for begin, end in spans:
        made.see(sight(bundle, at=end, windows=((begin, end),)))
    for moment in crowds:
        made.see(sight(bundle, at=moment, tracks=(1, 2)))
    within = [(begin, end) for begin, end in spans if begin >= 10 and end <= 20]
    alone = [span for span in within if not any(span[0] <= moment <= span[1] for moment in crowds)]
    kept, crowded = made.windows()
    assert [(window.started_at, window.ended_at) for window in kept] == alone
    assert crowded == len(within) - len(alone)


def test_a_lesson_is_over_with_its_last_frame_or_without_one(lesson: Lesson, bundle: Bundle):
    """It is over when a frame after its end was judged, or a moment later if none comes."""
    lesson.see(sight(bundle, at=19.9))
    assert not lesson.is_over(20.5)
    assert lesson.is_over(21.5)
    lesson.see(sight(bundle, at=20.0))
    assert lesson.is_over(20.1)


def test_before_it_begins_nothing_counts(bundle: Bundle):
    """What is seen before a lesson has begun is not kept, and says which release judges."""
    made = Lesson()
    assert made.wait_for_manifest(0.0) is None
    made.see(sight(bundle, at=5.0, windows=((3.0, 5.0),)))
    assert made.wait_for_manifest(0.0) is bundle.manifest
    assert (made.count, made.people) == (0, 1)


def test_another_camera_is_not_looked_at(bundle: Bundle):
    """A lesson before one camera takes nothing of what another sees."""
    made = Lesson("hall")
    made.begin(0.0, seconds=10.0)
    made.see(sight(bundle, at=5.0, windows=((3.0, 5.0),), camera="yard"))
    assert made.count == 0
    made.see(sight(bundle, at=5.0, windows=((3.0, 5.0),), camera="hall"))
    assert made.count == 1
