"""Published lists of who trains, as literature gives them: one split for every list.

A JSON object with one list of people for each split, by the names or the numbers that the data has:

    {"train_subjects": [[3, 1, 10, 5, 2], [10, 5, 2, 4, 3]]}

    for split in halves(units(recordings), Path("ten_half_splits.json")): ...
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from core.errors import InputError
from training.datasets.splits import Split, Unit, by_subject

_MAX_BYTES = 2**20  # a list of names


class _File(msgspec.Struct, forbid_unknown_fields=True):
    train_subjects: list[list[int | str]]


def halves(everyone: Sequence[Unit], path: Path) -> list[Split]:
    """The splits of a file; whoever it does not name for training is tested.

    Raises:
        InputError: the file cannot be read, or names somebody who is not in the data.
    """
    people = sorted({unit.subject for unit in everyone})
    splits = []
    for number, named in enumerate(_read(path).train_subjects, start=1):
        inside = {_find(str(one), people, f"{path}, split {number}") for one in named}
        tested = [one for one in people if one not in inside]
        if not tested:
            raise InputError(f"{path}, split {number}: everybody trains, nobody is left to test")
        split = by_subject(everyone, test=tested)
        splits.append(replace(split, name=f"{path.stem} {number}"))
    return splits


def _read(path: Path) -> _File:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES} bytes, so no list of people")
        return msgspec.json.decode(path.read_bytes(), type=_File)
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    except msgspec.MsgspecError as exc:
        raise InputError(f'{path}: not {{"train_subjects": [[name, ...], ...]}} ({exc})') from exc


def _find(name: str, people: Sequence[str], where: str) -> str:
    """Whom a list means: the same name, or the only one with the same number at its end (3 is s03)."""
    if name in people:
        return name
    alike = [
        one for one in people if (tail := re.search(r"\d+$", one)) and name.isdecimal() and int(tail[0]) == int(name)
    ]
    if len(alike) != 1:
        raise InputError(f"{where}: {name} is not among {', '.join(people[:20])}")
    return alike[0]
