"""A device and a broker on two hosts with a bad network: the short form of `python -m tests.endurance.network`."""

from pathlib import Path

import pytest

from posefleet.broker import find_mosquitto
from tests.endurance.network import endure
from tests.endurance.tunnel import missing

ABSENT = missing() + ([] if find_mosquitto() else ["mosquitto"])
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("e2e"),
    pytest.mark.skipif(bool(ABSENT), reason=f"two hosts need {', '.join(ABSENT)}"),
]


def test_loss_a_slow_line_and_partitions_lose_no_event(tmp_path: Path):
    """With 20 % loss, 64 kbit/s and a cut in the middle every event arrives by its number, and memory stays flat."""
    report = endure(tmp_path, seconds=12, part_s=4, per_second=8)
    assert report.faults == []
    assert report.made == report.arrived >= 96
    assert report.packets_lost > 0
