"""Reads a source to the end, and says what it is refused with."""

from pathlib import Path

import pytest

from core.errors import InputError
from training.datasets.formats import FORMATS, Options, find_format
from training.datasets.recording import Recording


def everything(source: Path, name: str = "", **options) -> list[Recording]:
    """All recordings of a source, whose format is found out unless it is named."""
    reading = find_format(source, name).read(source, Options(**options))
    units = list(reading.units)
    assert len(units) == reading.total
    return [recording for unit in units for recording in unit]


def refusal(source: Path, name: str, **options) -> str:
    """What the importer called `name` refuses a source with."""
    with pytest.raises(InputError) as refused:
        list(FORMATS[name].read(source, Options(**options)).units)
    return str(refused.value)
