"""Fixtures of several packages: a real broker, somebody who reads everything on it, and real releases."""

import os
import signal
from collections.abc import Iterator
from typing import Protocol

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several test processes share few cores

import numpy as np
import pytest
from hypothesis import settings

from core.bundle import Bundle
from core.signing import SigningKey
from core.weights import Weights
from posefleet.broker import LocalBroker
from tests.broker import Subscriber

settings.register_profile("posefleet", deadline=None, derandomize=True)
settings.load_profile("posefleet")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has them ignore Ctrl-C, and what they start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_outside_influence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment reaches a test."""
    for name in list(os.environ):
        if name.startswith("POSEFLEET_") and name != "POSEFLEET_DATA":
            monkeypatch.delenv(name)
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _numbers_of_its_own(request: pytest.FixtureRequest) -> None:
    """A module's `RNG` begins anew for every test: what ran before in the same process decides nothing."""
    generator = getattr(request.module, "RNG", None)
    if generator is not None:
        generator.bit_generator.state = np.random.default_rng(0).bit_generator.state


@pytest.fixture
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    """A broker of the test's own on a free port; `stop()` and `start()` take it away and bring it back."""
    with LocalBroker(0, tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def subscriber(broker: LocalBroker) -> Iterator[Subscriber]:
    """Records everything on the broker."""
    with Subscriber(broker.port) as everything:
        yield everything


@pytest.fixture(scope="session")
def release_key() -> SigningKey:
    """The operator's key: what devices trust."""
    return SigningKey.generate()


@pytest.fixture(scope="session")
def trained_weights(pytestconfig: pytest.Config) -> Weights:
    """Weights of the tiny network that tell the actions of `tests.people` apart; kept in pytest's cache."""
    from tests import learning

    return learning.trained_once(pytestconfig.cache.mkdir("posefleet"))


class BundleFactory(Protocol):
    """Makes releases of the tiny model, by default signed by `release_key` and with `trained_weights`."""

    def __call__(
        self, version: int = 1, *, weights: Weights | None = None, key: SigningKey | None = None
    ) -> Bundle: ...


@pytest.fixture(scope="session")
def bundle_factory(release_key: SigningKey, trained_weights: Weights) -> BundleFactory:
    """Real, small releases with a real quantized classifier that tells the actions of `tests.people` apart."""
    from tests import learning

    def make(version: int = 1, *, weights: Weights | None = None, key: SigningKey | None = None) -> Bundle:
        return learning.release(version, weights=weights or trained_weights, key=key or release_key)

    return make


@pytest.fixture(scope="session")
def bundle(bundle_factory: BundleFactory) -> Bundle:
    """Release 1."""
    return bundle_factory(1)
