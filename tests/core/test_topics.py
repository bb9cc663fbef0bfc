"""The topic tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import topics
from core.topics import DeviceTopics

NAMES = st.from_regex(topics.NAME_PATTERN, fullmatch=True)


@given(NAMES.filter(lambda name: name not in topics.RESERVED_SITES), NAMES, NAMES)
def test_a_device_is_found_again_from_each_of_its_topics(site, device, round_id):
    """Every topic that a device writes names that device and no other."""
    own = DeviceTopics(site, device)
    for topic in (own.event, own.action, own.status, own.inbox, own.delta(round_id, 3)):
        assert topics.device_of(topic) == own
        assert topic.startswith(f"{own.base}/")


@pytest.mark.parametrize("name", ["", "Kitchen", "a/b", "+", "#", "-a", "a-", "a" * 65, "ä", "a b", "a\n"])
def test_names_that_could_break_out_of_their_level_are_refused(name):
    """Nothing with a separator, a wildcard or an odd character becomes a level of a topic."""
    with pytest.raises(ValueError, match="is not a name"):
        topics.check_name(name)


@pytest.mark.parametrize("site", sorted(topics.RESERVED_SITES))
def test_a_site_cannot_take_the_fleets_own_place(site):
    """`rounds` and `releases` are no sites."""
    with pytest.raises(ValueError, match="uses that name"):
        DeviceTopics(site, "kitchen")


@pytest.mark.parametrize("topic", ["", "posefleet/v1", "posefleet/v2/home/a/status", "other/v1/home/a/status",
                                   "posefleet/v1/rounds/default/x", "posefleet/v1/Home/a/status"])  # fmt: skip
def test_other_peoples_topics_belong_to_no_device(topic):
    """Topics outside of a device's own tree name no device."""
    assert topics.device_of(topic) is None
