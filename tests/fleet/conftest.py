"""Fixtures of the aggregator's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.weights import Weights
from fleet.store import Store
from tests.conftest import BundleFactory
from tests.fleet.world import Beginning, World, set_up


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    with Store(f"sqlite:///{tmp_path / 'state' / 'fleet.sqlite'}") as made:
        yield made


@pytest.fixture(scope="session")
def beginning(
    tmp_path_factory: pytest.TempPathFactory, bundle_factory: BundleFactory, trained_weights: Weights
) -> Beginning:
    """A fleet set up and never started."""
    return set_up(tmp_path_factory.mktemp("beginning"), bundle_factory, trained_weights)


@pytest.fixture
def make_world(tmp_path: Path, beginning: Beginning) -> Iterator[Callable[..., World]]:
    """Aggregators in memory, with the given settings."""
    made: list[World] = []

    def make(*, gate: dict[str, object] | None = None, **rounds: object) -> World:
        made.append(World(tmp_path / f"fleet{len(made)}", beginning, gate=gate or {}, rounds=rounds))
        return made[-1]

    yield make
    for world in made:
        world.store.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """An aggregator in memory that has just started."""
    return make_world()
