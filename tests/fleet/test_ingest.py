"""Every way in which a delta can be wrong has its own word, and what is right passes."""

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import chunks
from core.errors import DeltaError
from core.messages import RoundOpen
from core.topics import DeviceTopics
from core.weights import encode_delta, to_safetensors
from fleet.ingest import Enrolment, FaultyDeltaError, Transfers, check_delta, payload_limit
from tests.fleet.sender import SHAPES, Sender, small_delta

ROUND = RoundOpen(
    round="round-1",
    group="default",
    base=3,
    epochs=1,
    learning_rate=0.05,
    batch=16,
    clip_norm=2.0,
    codec="int8",
    minimum_samples=1,
    fraction=1.0,
    goal=3,
    deadline=datetime(2030, 1, 1, tzinfo=UTC),
    seed=1,
)
PLAIN = msgspec.structs.replace(ROUND, codec="float32")
DEVICE = Sender()
HONEST = DEVICE.package(ROUND)


def check(package: bytes, *, opened: RoundOpen | None = ROUND, sender: Sender = DEVICE, **changes):
    """`check_delta` for an enrolled device."""
    enrolment = Enrolment(DEVICE.key.public)
    arguments = {"enrolment": enrolment, "round_open": opened, "already_counted": False, "shapes": SHAPES} | changes
    return check_delta(package, sender=sender.topics, **arguments)


def refusal(package: bytes, **changes) -> DeltaError:
    """Why it is refused."""
    with pytest.raises(DeltaError) as caught:
        check(package, **changes)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def with_tensor(value: float, *, opened: RoundOpen = PLAIN) -> bytes:
    """A delta with one number replaced, past the device's own checks."""
    delta = small_delta()
    delta["logits/bias"][0] = value
    import zstandard

    return DEVICE.package(opened, payload=zstandard.compress(to_safetensors(delta)))


def test_an_honest_delta_is_accepted():
    """Its header, its tensors as they came and its norm come out."""
    accepted = check(HONEST)
    assert accepted.header.samples == 40
    assert accepted.norm == pytest.approx(1.0, rel=0.02)
    assert check(DEVICE.package(PLAIN), opened=PLAIN).norm == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("norm", [0.0, 2.0])
def test_norms_up_to_the_limit_pass(norm: float):
    """A delta that its device clipped to the round's norm passes although int8 rounds it; so does one of zeros."""
    assert check(DEVICE.package(ROUND, delta=small_delta(norm=norm))).norm <= 2.0 * 1.05


REFUSALS = {
    "malformed": lambda: refusal(b"\x93not a delta"),
    "unknown_device": lambda: refusal(HONEST, enrolment=None),
    "quarantined": lambda: refusal(HONEST, enrolment=Enrolment(DEVICE.key.public, quarantined=True)),
    "forged": lambda: refusal(Sender().package(ROUND)),
    "no_round": lambda: refusal(HONEST, opened=None),
    "wrong_round": lambda: refusal(DEVICE.package(ROUND, round="round-0")),
    "wrong_base": lambda: refusal(DEVICE.package(ROUND, base=2)),
    "duplicate": lambda: refusal(HONEST, already_counted=True),
    "codec": lambda: refusal(DEVICE.package(PLAIN)),
    "shape": lambda: refusal(DEVICE.package(ROUND, delta=small_delta(shapes=SHAPES | {"logits/bias": (5,)}))),
    "not_finite": lambda: refusal(with_tensor(float("nan")), opened=PLAIN),
    "norm": lambda: refusal(DEVICE.package(ROUND, delta=small_delta(norm=2.2))),
    "too_large": lambda: refusal(
        DEVICE.package(PLAIN, payload=encode_delta("float32", {"x": np.zeros(10**6, np.float32)})), opened=PLAIN
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_fault_has_its_own_word(reason: str):
    """A delta with one thing wrong is refused with the word for it, in one line that names the device or its fault."""
    error = REFUSALS[reason]()
    assert error.reason == reason
    assert reason == "malformed" or "home/kitchen" in str(error)


def test_only_its_own_signed_faults_count_against_a_device():
    """What others can send in its name never leads to quarantine; bad tensors under its own signature do."""
    own = {reason for reason, refuse in REFUSALS.items() if isinstance(refuse(), FaultyDeltaError)}
    assert own == {"codec", "shape", "not_finite", "norm", "too_large"}


def test_nobody_speaks_for_another():
    """A delta that an enrolled device signed in another's name, or sent on another's topic, is forged."""
    other = Sender(name="cellar", key=DEVICE.key)
    assert refusal(other.package(ROUND)).reason == "forged"
    assert refusal(HONEST, sender=other).reason == "forged"


@given(st.integers(0, len(HONEST) - 1), st.integers(1, 255))
def test_no_changed_byte_passes(position: int, change: int):
    """A package with any one byte changed is refused, and never with another kind of error."""
    damaged = bytearray(HONEST)
    damaged[position] ^= change
    assert refusal(bytes(damaged)).reason in {"malformed", "forged"}


@given(st.binary(max_size=400))
def test_noise_is_malformed(noise: bytes):
    """Bytes from nowhere are refused before anything else is asked."""
    assert refusal(noise, enrolment=None).reason == "malformed"


@given(st.binary(max_size=300))
def test_signed_noise_is_the_devices_fault(noise: bytes):
    """Whatever a device signs instead of tensors is refused without another kind of error."""
    assert isinstance(refusal(DEVICE.package(ROUND, payload=noise)), FaultyDeltaError)


class TestTransfers:
    LIMIT = payload_limit(SHAPES)

    def test_interleaved_devices_do_not_meet(self):
        """Chunks of several devices, in any order, give each device's own package."""
        transfers, senders = Transfers(), [DeviceTopics("home", name) for name in "abc"]
        data = {sender: bytes([index]) * 100_000 for index, sender in enumerate(senders)}
        whole = {}
        for turn in (1, 0):
            for sender in senders:
                package = transfers.add(sender, chunks.split(data[sender])[turn], limit=200_000)
                if package is not None:
                    whole[sender] = package
        assert whole == data

    def test_too_many_chunks_are_refused_once(self):
        """A transfer that is far too long is refused at its first chunk, and keeps nothing."""
        pieces = chunks.split(b"x" * 1_000_000)
        with pytest.raises(DeltaError) as caught:
            Transfers().add(DEVICE.topics, pieces[0], limit=self.LIMIT)
        assert caught.value.reason == "too_large"
        assert Transfers().add(DEVICE.topics, pieces[1], limit=self.LIMIT) is None

    def test_contradicting_chunks_are_malformed(self):
        """Chunks whose whole is not what its digest says are refused."""
        piece = chunks.split(HONEST)[0]
        with pytest.raises(DeltaError) as caught:
            Transfers().add(DEVICE.topics, msgspec.structs.replace(piece, data=b"other"), limit=self.LIMIT)
        assert caught.value.reason == "malformed"

    def test_memory_is_bounded(self):
        """Thousands of devices that begin transfers and never end them do not fill the memory."""
        transfers = Transfers()
        piece = chunks.split(bytes(100_000))[0]
        for number in range(2000):
            transfers.add(DeviceTopics("home", f"cam{number}"), piece, limit=self.LIMIT)
        assert len(transfers._assemblers) <= 256
