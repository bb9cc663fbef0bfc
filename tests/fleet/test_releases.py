"""Releases on disk and on the broker, and which of them is current."""

import shutil
from pathlib import Path

import pytest

from core import chunks, topics
from core.bundle import CLASSIFIER, read_bundle, write_bundle
from core.errors import BundleError
from core.signing import SigningKey
from fleet.catalogue import Catalogue
from fleet.releases import KEPT_ON_DISK, Shelf, clearances, publications
from fleet.store import Store
from tests.conftest import BundleFactory
from tests.fleet.test_rounds import START
from tests.fleet.world import Beginning


@pytest.fixture
def folder(tmp_path: Path, beginning: Beginning) -> Path:
    """What the operator set up, to be changed."""
    return shutil.copytree(beginning.directory, tmp_path / "fleet")


def catalogue(folder: Path, key: SigningKey, database: str = "fleet") -> Catalogue:
    """As the service opens it."""
    with Store(f"sqlite:///{folder / 'state' / database}.sqlite") as store:
        return Catalogue(
            store,
            directory=folder / "state" / "releases",
            initial=folder / "release",
            channel="stable",
            public_key=key.public,
            now=START,
        )


def test_publications_carry_every_byte(beginning: Beginning):
    """The chunks of each file are under its hash and make the file again; the manifest is last."""
    messages = list(publications(beginning.first, "stable"))
    assert messages[-1].topic == topics.release_manifest("stable")
    assembler = chunks.Assembler()
    whole = [assembler.add(chunks.decode(message.payload)) for message in messages[:-1]]
    assert [data for data in whole if data is not None] == list(beginning.first.files.values())
    assert len({message.topic for message in messages}) == len(messages)


def test_clearances_spare_what_is_needed(beginning: Beginning, bundle_factory: BundleFactory):
    """Files that an old release shares with a kept one stay; all of its own chunks go."""
    new = bundle_factory(2, key=beginning.key)
    cleared = {one.topic for one in clearances([beginning.first.manifest], [new.manifest], "stable")}
    published = {one.topic for one in list(publications(beginning.first, "stable"))[:-1]}
    kept = {one.topic for one in publications(new, "stable")}
    assert cleared == published - kept
    assert published & kept
    assert all(one.payload == b"" for one in clearances([beginning.first.manifest], [], "stable"))


def test_first_start_takes_the_operators_bundle(folder: Path, beginning: Beginning):
    """The first release is copied into the state directory, and `current` points to it by its version."""
    opened = catalogue(folder, beginning.key)
    current = folder / "state" / "releases" / "current"
    assert (opened.version, str(current.readlink())) == (1, "1")
    assert read_bundle(current, beginning.key.public).signed == beginning.first.signed


def test_a_bundle_of_another_key_is_refused_with_the_remedy(folder: Path, beginning: Beginning):
    """A first release that devices would not trust stops the start, and the error says how to sign it."""
    with pytest.raises(BundleError, match=r"posefleet convert … --key"):
        catalogue(folder, SigningKey.generate())


@pytest.mark.parametrize("position", [10, 5000, -1])
def test_a_flipped_byte_stops_the_first_start(folder: Path, beginning: Beginning, position: int):
    """A damaged first release is never published."""
    path = folder / "release" / CLASSIFIER
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="damaged"):
        catalogue(folder, beginning.key)


def test_later_starts_need_no_initial_bundle(folder: Path, beginning: Beginning):
    """Once started, the fleet goes on with what is in its state directory."""
    catalogue(folder, beginning.key)
    shutil.rmtree(folder / "release")
    assert catalogue(folder, beginning.key).version == 1


def test_a_lost_database_is_made_up_for_by_the_folder(
    folder: Path, beginning: Beginning, bundle_factory: BundleFactory
):
    """Devices never go back: without its database the fleet goes on from the release that `current` points to."""
    shelf = Shelf(folder / "state" / "releases", beginning.key.public)
    shelf.put(bundle_factory(5, key=beginning.key))
    shelf.point(5)
    assert catalogue(folder, beginning.key, "new").version == 5


def test_a_newer_initial_bundle_becomes_current(folder: Path, beginning: Beginning, bundle_factory: BundleFactory):
    """The operator's new model is taken at the next start; one of the same version is not, and the log says why."""
    catalogue(folder, beginning.key)
    write_bundle(bundle_factory(3, key=beginning.key), folder / "release")
    assert catalogue(folder, beginning.key).version == 3


def test_a_damaged_current_release_stops_the_start(folder: Path, beginning: Beginning, bundle_factory: BundleFactory):
    """What devices run is not replaced by something older; a newer bundle stands in for it."""
    catalogue(folder, beginning.key)
    (folder / "state" / "releases" / "1" / CLASSIFIER).write_bytes(b"rubbish")
    with pytest.raises(BundleError, match=r"release 1 cannot be used.*higher version"):
        catalogue(folder, beginning.key)
    write_bundle(bundle_factory(2, key=beginning.key), folder / "release")
    assert catalogue(folder, beginning.key).version == 2


def test_another_bundle_of_the_same_version_is_passed_over(
    folder: Path, beginning: Beginning, bundle_factory: BundleFactory, caplog: pytest.LogCaptureFixture
):
    """A version means one model for ever."""
    catalogue(folder, beginning.key)
    write_bundle(bundle_factory(1, key=beginning.key), folder / "release")
    assert catalogue(folder, beginning.key).current.signed == beginning.first.signed
    assert "higher" in caplog.text


def test_the_shelf_keeps_the_latest(tmp_path: Path, beginning: Beginning):
    """Old folders are removed, the newest stay."""
    shelf = Shelf(tmp_path, beginning.key.public)
    for version in range(1, 15):
        (tmp_path / str(version)).mkdir()
    shelf.prune()
    assert shelf.versions() == list(range(14, 14 - KEPT_ON_DISK, -1))
