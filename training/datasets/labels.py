"""Names of classes as events can carry them: `Draw X` becomes `draw_x`, when data come in and nowhere else.

recording = with_labels(recording)
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from core.errors import InputError
from training.datasets.recording import Recording

_LONGEST = 64
LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")  # core.messages.Label


def label_of(name: str) -> str:
    """A class's name in lower case, with accents and everything else that events cannot carry replaced.

    Raises:
        InputError: nothing is left of it.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    label = re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_-")[:_LONGEST]
    if not label:
        raise InputError(f"class {name!r} has no letter a to z or digit, which events need; rename it")
    return label


def with_labels(recording: Recording) -> Recording:
    """The same recording, its classes named as events can carry them.

    Raises:
        InputError: two classes would have one name, or one would have none.
    """
    labels = tuple(label_of(name) for name in recording.classes)
    names: dict[str, set[str]] = defaultdict(set)
    for name, label in zip(recording.classes, labels, strict=True):
        names[label].add(name)
    for label, several in names.items():
        if len(several) > 1:
            raise InputError(f"{recording.name}: {' and '.join(sorted(several))} would both be {label}; rename one")
    return replace(recording, classes=labels)


def check_labels(names: Iterable[str]) -> None:
    """Look before training whether a release can have these classes.

    Raises:
        InputError: it cannot.
    """
    if wrong := sorted(name for name in names if not LABEL.fullmatch(name)):
        listed = ", ".join(repr(name) for name in wrong[:4])
        raise InputError(f"classes {listed}: events carry a to z, 0 to 9, _ and - only; import the data again")
