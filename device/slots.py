"""Where releases lie on the device: one slot a version, and a symbolic link to the one that counts.

    models/3/ models/4/        whole bundles
    models/current -> 4        replaced in one step: power may fail at any moment
    models/incoming/<sha256>   files of a release that is still on its way
    models/bad.json            versions that must not run here, and why

What is loaded is checked first (signature, hashes, golden test); what is damaged is passed over, and said.
"""

import logging
import shutil
from pathlib import Path

import msgspec

from core.bundle import Bundle, read_bundle, write_bundle
from core.chunks import digest
from core.errors import BundleError
from core.files import point_symlink, write_atomically
from core.golden import golden_test
from device.settings import ModelSettings

log = logging.getLogger(__name__)

_SLOTS_KEPT = 3  # the current one and two to go back to
_MOST_BAD = 1000


class ReleaseStore:
    """See the module.

    Args:
        state: the device's state directory.
    """

    def __init__(self, state: Path, settings: ModelSettings) -> None:
        self._directory = state / "models"
        self._settings = settings
        self.problems: list[str] = []

    @property
    def trusted_key(self) -> str:
        """Whose releases may run here."""
        return self._settings.public_key

    def load(self) -> Bundle:
        """The newest release that is whole: of the slots up to the current one, and of the configured directory.

        What had to be passed over is in `problems` afterwards.

        Raises:
            BundleError: there is none; the text says what is wrong with each.
        """
        self.problems = []
        received = next((found for slot in self._candidates() if (found := self._try(slot))), None)
        configured = self._try(self._settings.directory)
        best = max(
            (found for found in (configured, received) if found is not None),
            key=lambda found: found.manifest.version,
            default=None,
        )
        if best is None:
            raise BundleError("no release can run here:\n" + "\n".join(self.problems))
        return best

    def install(self, bundle: Bundle) -> None:
        """Write a release to its slot and let it count from the next start on.

        Raises:
            OSError: it cannot be written; what counted before still does.
        """
        version = str(bundle.manifest.version)
        slot = self._directory / version
        if slot.exists():  # an earlier attempt, or damaged
            shutil.rmtree(slot)
        write_bundle(bundle, slot)
        point_symlink(self._directory / "current", version)
        self._prune()

    def mark_bad(self, version: int, reason: str) -> None:
        """Never run this version here."""
        marked = dict(list(self.bad().items())[-_MOST_BAD:]) | {version: reason}
        write_atomically(self._directory / "bad.json", msgspec.json.encode(marked))

    def bad(self) -> dict[int, str]:
        """Versions that must not run here, and why."""
        path = self._directory / "bad.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[int, str])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as exc:
            log.warning("%s cannot be read (%s); no version counts as bad", path, exc)
            return {}

    def keep_incoming(self, data: bytes) -> None:
        """Keep a file of a release that is still on its way."""
        write_atomically(self._directory / "incoming" / digest(data), data)

    def incoming(self, sha256: str) -> bytes | None:
        """A file that came in before, if it is whole."""
        try:
            data = (self._directory / "incoming" / sha256).read_bytes()
        except OSError:
            return None
        return data if digest(data) == sha256 else None

    def forget_incoming(self) -> None:
        """No release is on its way any more."""
        shutil.rmtree(self._directory / "incoming", ignore_errors=True)

    def _versions(self) -> list[int]:
        if not self._directory.is_dir():
            return []
        names = [slot.name for slot in self._directory.iterdir() if slot.is_dir() and not slot.is_symlink()]
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    def _candidates(self) -> list[Path]:
        """The current slot, then older ones. A newer slot was never made current: its test is not known."""
        link = self._directory / "current"
        target = link.readlink().name if link.is_symlink() else ""
        if not target.isdecimal():
            return []
        return [self._directory / str(version) for version in self._versions() if version <= int(target)]

    def _try(self, directory: Path) -> Bundle | None:
        try:
            bundle = read_bundle(directory, self.trusted_key)
            if reason := self.bad().get(bundle.manifest.version):
                raise BundleError(f"{directory}: release {bundle.manifest.model} is marked bad: {reason}")
            golden_test(bundle)
        except BundleError as exc:
            log.warning("%s", exc)
            self.problems.append(str(exc))
            return None
        return bundle

    def _prune(self) -> None:
        for version in self._versions()[_SLOTS_KEPT:]:
            shutil.rmtree(self._directory / str(version), ignore_errors=True)
