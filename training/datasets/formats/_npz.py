"""Checks on the arrays of an archive that several formats share."""

import zipfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np

from core.errors import InputError
from training.datasets.arrays import AnyArray, array_shapes
from training.datasets.formats._base import Options, files_of


def has_fields(source: Path, *, needed: Mapping[str, int], absent: AbstractSet[str] = frozenset()) -> bool:
    """Whether an archive, or the first one of a folder, has these arrays with so many dimensions, and not those."""
    file = next(iter(files_of(source, "*.npz")), None) if source.is_dir() else source
    if file is None or not zipfile.is_zipfile(file):
        return False
    shapes = array_shapes(file)
    return all(len(shapes.get(name, ())) == count for name, count in needed.items()) and not absent & set(shapes)


def numbers(
    fields: Mapping[str, AnyArray],
    name: str,
    *,
    dimensions: int,
    where: Path,
    length: int | None = None,
    whole: bool = False,
) -> AnyArray:
    """A field that must be there, be of numbers, have so many dimensions, and be so long.

    Raises:
        InputError: it is not.
    """
    if name not in fields:
        raise InputError(f"{where}: lacks {name}")
    array = fields[name]
    if array.dtype.kind not in ("iu" if whole else "fiu") or array.ndim != dimensions:
        raise InputError(
            f"{where}: {name} is {array.shape} of {array.dtype}; {dimensions} dimensions of numbers needed"
        )
    if length is not None and len(array) != length:
        raise InputError(f"{where}: {name} has {len(array)} entries, {length} are needed")
    return array


def class_names(fields: Mapping[str, AnyArray], options: Options, *, where: Path, key: str = "y") -> tuple[str, ...]:
    """The names that the archive has, or those of the options.

    Raises:
        InputError: a class number has no name.
    """
    names = options.classes or tuple(str(name) for name in np.atleast_1d(fields.get("classes", np.array([]))))
    labels = fields[key]
    if len(labels) and (labels.min() < 0 or (names and labels.max() >= len(names))):
        raise InputError(f"{where}: class {labels.min()} to {labels.max()} in {key}, but {len(names)} names")
    return names
