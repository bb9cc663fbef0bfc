"""New releases: taken in, proven and installed in the background, while the old one goes on judging frames.

- A manifest that the operator did not sign, of a version that is not newer than the running one, or marked bad, is
  refused. Nothing of it is used, and nobody else's manifest can block a version.
- Files are fetched in chunks and known by their SHA-256: what the running release, or an interrupted download, has
  already is not fetched again.
- A whole release is checked and must pass its golden test on this board before it is installed and handed over. One
  that does not is marked bad: it was signed, so it will not get better.

    client = ReleaseClient(store, running, on_ready=ready.put)
    client.start(link)                 # link.fetch(...) asks for chunks; they come to client.on_chunk
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

from core.bundle import Bundle, Manifest, check_manifest, open_bundle
from core.chunks import MAX_CHUNKS, Assembler, Chunk, digest
from core.errors import BundleError
from core.golden import golden_test
from core.messages import SignedManifest
from device.slots import ReleaseStore

__all__ = ["Fetcher", "ReleaseClient", "ReleaseStore"]

log = logging.getLogger(__name__)

STALLED_S = 30.0  # without a chunk that was asked for: ask again
_IDLE_S = 1.0


class Fetcher(Protocol):
    """Who can be asked for the chunks of files, by digest."""

    def fetch(self, *transfers: str) -> None:
        """Let the chunks of these files come."""

    def stop_fetching(self, *transfers: str) -> None:
        """No more of these."""


class _Download:
    """A release on its way."""

    def __init__(self, signed: SignedManifest, manifest: Manifest, have: dict[str, bytes]) -> None:
        self.signed, self.manifest = signed, manifest
        self.have = {entry.sha256: have[entry.sha256] for entry in manifest.files.values() if entry.sha256 in have}
        self.heard_at = time.monotonic()

    @property
    def missing(self) -> set[str]:
        """Digests of the files that are not here yet."""
        return {entry.sha256 for entry in self.manifest.files.values()} - self.have.keys()

    def files(self) -> dict[str, bytes]:
        """The files by name."""
        return {name: self.have[entry.sha256] for name, entry in self.manifest.files.items()}


class ReleaseClient:
    """See the module.

    Args:
        running: the release that runs now.
        on_ready: gets a new release once it is proven and installed; called in the client's thread.
    """

    def __init__(
        self,
        store: ReleaseStore,
        running: Bundle,
        *,
        on_ready: Callable[[Bundle], None],
        stalled_s: float = STALLED_S,
    ) -> None:
        self._store = store
        self._running = running
        self._on_ready = on_ready
        self._stalled_s = stalled_s
        self._fetcher: Fetcher | None = None
        self._download: _Download | None = None
        self._assembler = Assembler()
        self._inbox: queue.Queue[SignedManifest | Chunk | None] = queue.Queue(maxsize=2 * MAX_CHUNKS)
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="releases", daemon=True)

    @property
    def problem(self) -> str | None:
        """Why the newest release that was offered does not run, for a person."""
        return self._problem

    def start(self, fetcher: Fetcher) -> None:
        """Begin to work; what came in before is not lost."""
        self._fetcher = fetcher
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done now; an unfinished download goes on after the next start."""
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._inbox.put(None, timeout=1)
            self._thread.join(timeout=5)

    def on_manifest(self, signed: SignedManifest) -> None:
        """A release is offered."""
        self._hand_over(signed)

    def on_chunk(self, chunk: Chunk) -> None:
        """A piece of a file came in."""
        self._hand_over(chunk)

    def _hand_over(self, item: SignedManifest | Chunk) -> None:
        with contextlib.suppress(queue.Full):  # a flood; whatever of it was wanted is asked for again
            self._inbox.put_nowait(item)

    def _run(self) -> None:
        while True:
            try:
                item = self._inbox.get(timeout=_IDLE_S)
            except queue.Empty:
                self._ask_again()
                continue
            if item is None:
                return
            try:
                if isinstance(item, SignedManifest):
                    self._consider(item)
                else:
                    self._take(item)
            except (BundleError, ValueError) as exc:
                self._refuse(str(exc))
            except OSError as exc:
                self._refuse(f"a release cannot be stored ({exc.strerror or exc}); make room in the state directory")
                self._give_up()
            except Exception as exc:
                log.exception("a release could not be taken in")
                self._refuse(f"a release could not be taken in: {exc}; see the log")
                self._give_up()

    def _consider(self, signed: SignedManifest) -> None:
        manifest = check_manifest(signed, self._store.trusted_key)
        running = self._running.manifest
        if manifest.version <= running.version:
            if signed.manifest != self._running.signed.manifest:
                raise BundleError(
                    f"release {manifest.model} is refused: it is not newer than {running.model}, which runs"
                )
            self._problem = None
            return
        if reason := self._store.bad().get(manifest.version):
            raise BundleError(f"release {manifest.model} stays refused: {reason}")
        if self._download is not None and self._download.signed == signed:
            return
        self._give_up()
        self._begin(signed, manifest)

    def _begin(self, signed: SignedManifest, manifest: Manifest) -> None:
        have = {digest(data): data for data in self._running.files.values()}
        for entry in manifest.files.values():
            if data := self._store.incoming(entry.sha256):
                have[entry.sha256] = data
        download = self._download = _Download(signed, manifest, have)
        missing = download.missing
        log.info("release %s is offered; %d of its files are to be fetched", manifest.model, len(missing))
        if missing:
            self._fetch(missing)
        else:
            self._finish(download)

    def _take(self, chunk: Chunk) -> None:
        download = self._download
        if download is None or chunk.transfer not in download.missing:
            return
        download.heard_at = time.monotonic()
        whole = self._assembler.add(chunk)
        if whole is None:
            return
        self._store.keep_incoming(whole)
        download.have[chunk.transfer] = whole
        self._stop_fetching({chunk.transfer})
        if not download.missing:
            self._finish(download)

    def _finish(self, download: _Download) -> None:
        """Prove a whole release on this board, install it, hand it over."""
        self._download = None
        manifest = download.manifest
        try:
            bundle = open_bundle(download.signed, download.files(), self._store.trusted_key)
            golden_test(bundle)
        except (BundleError, ValueError, RuntimeError) as exc:
            self._store.mark_bad(manifest.version, str(exc))
            self._store.forget_incoming()
            raise BundleError(str(exc)) from exc
        self._store.install(bundle)
        self._store.forget_incoming()
        self._running, self._problem = bundle, None
        log.info("release %s is proven and installed", manifest.model)
        self._on_ready(bundle)

    def _ask_again(self) -> None:
        download = self._download
        if download is None or time.monotonic() - download.heard_at < self._stalled_s:
            return
        self._problem = (
            f"release {download.manifest.model}: {len(download.missing)} of its files do not arrive; asking again"
        )
        log.warning("%s", self._problem)
        download.heard_at = time.monotonic()
        self._stop_fetching(download.missing)
        self._fetch(download.missing)

    def _give_up(self) -> None:
        """Drop the download; whole files of it are kept for the next attempt."""
        if self._download is not None:
            self._stop_fetching(self._download.missing)
            for transfer in self._download.missing:
                self._assembler.drop(transfer)
        self._download = None

    def _fetch(self, transfers: set[str]) -> None:
        if self._fetcher is not None:
            self._fetcher.fetch(*sorted(transfers))

    def _stop_fetching(self, transfers: set[str]) -> None:
        if self._fetcher is not None:
            self._fetcher.stop_fetching(*sorted(transfers))

    def _refuse(self, problem: str) -> None:
        """Say why, once."""
        if problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem
