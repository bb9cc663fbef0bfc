"""Who is new is told from what is left of those who were erased."""

from dataclasses import replace

import numpy as np
import pytest

from device.pose.blazepose.followed import Followed
from device.pose.blazepose.newcomers import Newcomers
from tests.device.pose.blazepose.test_followed import sight

SIZE = 250.0  # of regions, pixels
BESIDE, BEHIND = 25.0, 10.0  # pixels from somebody's middle to a newcomer's


def beside() -> Newcomers:
    """Looks with one person erased."""
    return Newcomers([Followed(sight(0.0), 0.0)])


def looks_needed(newcomers: Newcomers, look, *, most: int = 10) -> int | None:
    return next((number for number in range(1, most + 1) if newcomers.is_met(look, SIZE)), None)


def test_where_nobody_is_one_clear_look_is_enough():
    """Who is not clear needs a second one."""
    assert looks_needed(Newcomers([]), sight(0.0)) == 1
    assert looks_needed(Newcomers([]), replace(sight(0.0), score=0.6)) == 2


def test_beside_somebody_looks_must_agree():
    """Two looks at one body are somebody; two at different ones are nobody."""
    assert looks_needed(beside(), sight(BESIDE)) == 2
    newcomers = beside()
    assert not any(newcomers.is_met(sight(x), SIZE) for x in (25.0, 60.0, -25.0, -60.0))


def test_who_is_hardly_seen_needs_more_looks():
    """The less of a body stands out beside somebody, the more looks must agree; the same body is never met."""
    assert looks_needed(beside(), sight(BEHIND)) == 6
    assert looks_needed(beside(), sight(0.0)) is None
    assert beside().is_hopeless(sight(0.0))


@pytest.mark.parametrize(
    "vague",
    [replace(sight(BESIDE), score=0.7), replace(sight(BESIDE), visibility=np.full(33, 0.6, np.float32)), sight(1.0)],
)
def test_remains_do_not_count(vague):
    """A vague look beside somebody is nobody, nor is one at limbs that are hardly seen, nor what is left of them."""
    assert beside().is_anyone(sight(BESIDE))
    assert not beside().is_anyone(vague)


def test_who_sits_at_a_table_counts_where_nobody_is_near():
    """Of somebody apart from all others less needs to be seen."""
    assert beside().is_anyone(replace(sight(300.0), visibility=np.full(33, 0.6, np.float32)))
