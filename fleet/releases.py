"""Releases on disk and on the broker.

    state/releases/3/…          one folder a version, a bundle each
    state/releases/current -> 3
    posefleet/v1/releases/<channel>/chunk/<sha256>/<n>     every file in chunks, retained, published first
    posefleet/v1/releases/<channel>/manifest               the signed manifest, retained, published last

So whoever reads the manifest finds its chunks. Chunks of the current and the previous release stay on the broker (a
device may be in the middle of the older one); those before are cleared. Equal files of two releases have one topic.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core import chunks, topics
from core.bundle import Bundle, Manifest, read_bundle, write_bundle
from core.errors import BundleError
from core.files import point_symlink
from core.messages import encode

log = logging.getLogger(__name__)

KEPT_ON_BROKER = 2
KEPT_ON_DISK = 10  # to look at, and to revert to
_CURRENT = "current"


@dataclass(frozen=True)
class Retained:
    """A message that the broker keeps; an empty payload clears it."""

    topic: str
    payload: bytes


def publications(bundle: Bundle, channel: str) -> Iterator[Retained]:
    """What makes a release known, in the order in which to publish it."""
    for name, data in bundle.files.items():
        sha256 = bundle.manifest.files[name].sha256
        for chunk in chunks.split(data):
            yield Retained(topics.release_chunk(channel, sha256, chunk.index), chunks.encode(chunk))
    yield Retained(topics.release_manifest(channel), encode(bundle.signed))


def clearances(old: Iterable[Manifest], kept: Iterable[Manifest], channel: str) -> Iterator[Retained]:
    """What takes the chunks of old releases from the broker, sparing what a kept release needs."""
    needed = {entry.sha256 for manifest in kept for entry in manifest.files.values()}
    sizes = {entry.sha256: entry.size for manifest in old for entry in manifest.files.values()}
    for sha256, size in sizes.items():
        if sha256 not in needed:
            for number in range(-(-size // chunks.CHUNK_BYTES)):
                yield Retained(topics.release_chunk(channel, sha256, number), b"")


class Shelf:
    """The folder of releases. Every release on it is signed with this fleet's key, or it is not read."""

    def __init__(self, directory: Path, public_key: str) -> None:
        self._directory = directory
        self._public_key = public_key

    def put(self, bundle: Bundle) -> None:
        """Store a release; it is not the current one before `point`."""
        write_bundle(bundle, self._directory / str(bundle.manifest.version))

    def get(self, version: int) -> Bundle:
        """Read and check a release.

        Raises:
            BundleError: it is not there, or damaged.
        """
        return read_bundle(self._directory / str(version), self._public_key)

    def point(self, version: int) -> None:
        """Make a release the current one for whoever looks into the folder."""
        point_symlink(self._directory / _CURRENT, str(version))

    def current(self) -> Bundle | None:
        """What `point` pointed to; None if there is nothing, or nothing usable."""
        if not (self._directory / _CURRENT).is_symlink():
            return None
        try:
            return read_bundle(self._directory / _CURRENT, self._public_key)
        except BundleError as exc:
            log.warning("%s", exc)
            return None

    def versions(self) -> list[int]:
        """What is on the shelf, newest first."""
        names = [path.name for path in self._directory.iterdir()] if self._directory.is_dir() else []
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def prune(self) -> None:
        """Remove releases that nobody needs any more."""
        for version in self.versions()[KEPT_ON_DISK:]:
            shutil.rmtree(self._directory / str(version), ignore_errors=True)


def read_initial(directory: Path, public_key: str) -> Bundle:
    """The release that the fleet starts with.

    Raises:
        BundleError: it is not there, damaged, or not signed with the fleet's own key, which devices trust.
    """
    try:
        return read_bundle(directory, public_key)
    except BundleError as exc:
        raise BundleError(
            f"[release] initial: {exc}. It must be signed with this fleet's key, {public_key}: "
            "posefleet convert … --key STATE_DIRECTORY/fleet.key"
        ) from exc
