"""Which release is current, and which comes next: database, folder and the operator's own bundle brought together.

The database says what is current, the folder holds the files. A lost database is made up for by the folder. A bundle in
[release] initial that is newer than all of these (a model trained anew) becomes current at the next start.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from core.bundle import Bundle, Manifest
from core.errors import BundleError
from fleet import devices, records
from fleet.releases import Retained, Shelf, clearances, publications, read_initial
from fleet.store import Store

log = logging.getLogger(__name__)

_CLEARED = 3  # releases before the kept ones whose chunks are taken from the broker, again and again: it costs nothing


class Catalogue:
    """The fleet's releases.

    Raises:
        BundleError: there is no release to start with.
    """

    def __init__(
        self, store: Store, *, directory: Path, initial: Path, channel: str, public_key: str, now: datetime
    ) -> None:
        self._store = store
        self._shelf = Shelf(directory, public_key)
        self._channel = channel
        known = self._find_known(initial, public_key)
        self._current = self._adopt_initial(known, initial, public_key, now)
        self._shelf.point(self.version)

    @property
    def current(self) -> Bundle:
        """The current release."""
        return self._current

    @property
    def version(self) -> int:
        """Its version."""
        return self._current.manifest.version

    def keep(self, bundle: Bundle) -> None:
        """Store the files of a release that may become current."""
        self._shelf.put(bundle)

    def move_to(self, bundle: Bundle) -> None:
        """Make a release current that was kept here and recorded in the database."""
        self._current = bundle
        self._shelf.point(self.version)
        self._shelf.prune()

    def messages(self) -> Iterator[Retained]:
        """What the broker must keep of the current release, manifest last; then what it need not keep of old ones."""
        yield from publications(self._current, self._channel)
        older = [version for version in self._shelf.versions() if version < self.version]
        kept = [self._current.manifest, *self._manifests(older[:1])]
        yield from clearances(self._manifests(older[1 : 1 + _CLEARED]), kept, self._channel)

    def _manifests(self, versions: list[int]) -> Iterator[Manifest]:
        for version in versions:
            try:
                yield self._shelf.get(version).manifest
            except BundleError as exc:  # an old one: nothing depends on it
                log.warning("%s", exc)

    def _find_known(self, initial: Path, public_key: str) -> Bundle | None:
        with self._store.read() as session:
            latest = records.latest_version(session)
        try:
            return self._shelf.get(latest) if latest is not None else self._shelf.current()
        except BundleError as exc:
            # Devices never go back, so only something newer can stand in for what is lost.
            if latest is not None and read_initial(initial, public_key).manifest.version > latest:
                return None
            raise BundleError(
                f"the current release {latest} cannot be used: {exc}. Restore it from a backup, or bring a bundle "
                "with a higher version in [release] initial"
            ) from exc

    def _adopt_initial(self, known: Bundle | None, initial: Path, public_key: str, now: datetime) -> Bundle:
        try:
            offered = read_initial(initial, public_key)
        except BundleError as exc:
            if known is None:
                raise
            log.warning("going on with release %s: %s", known.manifest.model, exc)
            offered = known
        if known is not None and offered.manifest.version == known.manifest.version and offered.signed != known.signed:
            log.warning("%s is passed over: the current release has its version; give it a higher one", initial)
        chosen = offered if known is None or offered.manifest.version > known.manifest.version else known
        if chosen is offered:
            self._shelf.put(chosen)
        with self._store.write() as session:
            if records.latest_version(session) != chosen.manifest.version:
                records.add_release(session, chosen, None)
                devices.record(session, now, "released", chosen.manifest.model, f"found at the start, from {initial}")
        return chosen
