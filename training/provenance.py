"""Who taught a model: kept beside its checkpoint, so that nobody is judged on people whom the model has seen.

    checkpoint/training.json        what `posefleet train` writes; `posefleet evaluate --trained checkpoint` reads it

It names people, so it stays on the desktop: it is no part of a release. By the digest of the weights it belongs to one
checkpoint, and a release says which weights it was made of.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from core.bundle import WEIGHTS
from core.chunks import digest
from core.errors import InputError
from core.files import write_atomically
from training.datasets.recording import Recording
from training.datasets.splits import Split, Unit, judge, units

FILE = "training.json"


class Taught(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recording that a model has learnt from or was chosen by."""

    name: str
    source: str
    subject: str
    parts: tuple[str, ...] = ()


class Provenance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a checkpoint comes from.

    Attributes:
        weights_sha256: of the checkpoint's weights.
        clips: every recording was one window.
        training: what it learnt from.
        validation: what chose the epoch and the temperature.
    """

    v: int = 1
    weights_sha256: str
    clips: bool
    training: tuple[Taught, ...]
    validation: tuple[Taught, ...]

    @property
    def people(self) -> frozenset[str]:
        """Everybody whom the model has seen."""
        return frozenset(one.subject for one in (*self.training, *self.validation))

    def split(self, tested: Sequence[Recording]) -> Split:
        """The split that judging on these recordings is; it says whether and why it flatters."""
        learnt = [Unit(one.source, one.subject, "", 0.0, 0.0, one.parts) for one in (*self.training, *self.validation)]
        everyone = [*learnt, *units(tested)]
        border = len(learnt)
        return judge(Split(self._name(tested), tuple(range(border)), tuple(range(border, len(everyone)))), everyone)

    def _name(self, tested: Sequence[Recording]) -> str:
        """`as published` if what was learnt from and what is tested are the two sides of a published split."""
        taught = frozenset.intersection(*(frozenset(one.parts) for one in (*self.training, *self.validation)))
        held = frozenset.intersection(*(frozenset(one.splits) for one in tested)) if tested else frozenset()
        for part in sorted(taught):
            others = {part.replace("train", other) for other in ("test", "val", "validation")} - {part}
            if "train" in part and others & held:
                return f"as published: {part.replace('train', '').strip('_') or 'the unnamed one'}"
        return "by subject" if not self.people & {one.subject for one in tested} else "people who were in training"


def write_provenance(
    directory: Path, training: Sequence[Recording], validation: Sequence[Recording], *, clips: bool
) -> None:
    """Note beside a checkpoint, which is there already, what it comes from; names of people are private."""
    note = Provenance(
        weights_sha256=digest((directory / WEIGHTS).read_bytes()),
        clips=clips,
        training=_taught(training),
        validation=_taught(validation),
    )
    write_atomically(directory / FILE, msgspec.json.format(msgspec.json.encode(note), indent=2) + b"\n", mode=0o600)


def read_provenance(directory: Path) -> Provenance:
    """What a checkpoint comes from.

    Raises:
        InputError: the note is not there or damaged.
    """
    path = directory / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Provenance)
    except OSError as exc:
        raise InputError(
            f"{path}: {exc.strerror}; give the folder that `posefleet train` wrote, or name --people whom it never saw"
        ) from exc
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: damaged or made by another version ({exc}); train again") from exc


def _taught(recordings: Sequence[Recording]) -> tuple[Taught, ...]:
    return tuple(Taught(name=one.name, source=one.source, subject=one.subject, parts=one.splits) for one in recordings)
