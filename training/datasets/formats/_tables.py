"""CSV text -> numbers and words by column, with line and column in every complaint.

table = read_table(Path("squat.csv"))
table.words("label")          # ['up', 'up', ...], or None when there is no such column
table.header, table.values    # names (C,) of the other columns, and their numbers (N, C)
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from training.datasets.formats._base import MAX_FRAMES, read_text

_MOST_COLUMNS = 10_000  # Holistic with its face has 1662

# What columns beside the coordinates are called, by what they mean.
_ROLES: Mapping[str, frozenset[str]] = {
    "label": frozenset({"label", "class", "action"}),
    "time": frozenset({"time", "t", "timestamp"}),
    "frame": frozenset({"frame", "frame_index"}),
    "take": frozenset({"video", "recording"}),
    "subject": frozenset({"subject", "person"}),
    "index": frozenset({"", "unnamed: 0"}),  # what pandas writes in front
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names}


@dataclass(frozen=True)
class Table:
    """Columns by meaning; see the module."""

    file: Path
    header: tuple[str, ...]
    values: npt.NDArray[np.float64]
    _words: Mapping[str, Sequence[str]]

    def words(self, role: str) -> list[str] | None:
        """The cells of the column that means `role`."""
        return list(self._words[role]) if role in self._words else None

    def numbers(self, role: str) -> npt.NDArray[np.float64] | None:
        """The same as numbers.

        Raises:
            InputError: one of them is none.
        """
        cells = self.words(role)
        return None if cells is None else _to_numbers([[cell] for cell in cells], (role,), self.file)[:, 0]


def split_header(row: Sequence[str]) -> tuple[dict[str, int], list[int]]:
    """Where the column of each role is, and which columns are coordinates.

    A row of numbers is no header; its columns are all coordinates.
    """
    names = [cell.strip().lower() for cell in row]
    if all(_is_number(name) for name in names if name):
        roles = {"index": 0} if names and not names[0] else {}
    else:
        roles = {_ROLE_OF[name]: place for place, name in reversed(list(enumerate(names))) if name in _ROLE_OF}
    return roles, [place for place in range(len(names)) if place not in roles.values()]


def read_table(file: Path) -> Table:
    """A file's table. A first line of nothing but numbers from 0 is a header without names.

    Raises:
        InputError: a row has another length than the header, or a coordinate is no finite number.
    """
    rows = _rows(file)
    roles, coordinates = split_header(rows[0])
    has_header = not _is_data(rows[0])
    body = rows[1:] if has_header else rows
    if not body:
        raise InputError(f"{file}: has a header and no rows")
    header = tuple(rows[0][place].strip().lower() for place in coordinates)
    cells = [[row[place] for place in coordinates] for row in body]
    values = _to_numbers(cells, header, file, first_line=2 if has_header else 1)
    words = {role: [row[place].strip() for row in body] for role, place in roles.items()}
    return Table(file, header, values, words)


def _rows(file: Path) -> list[list[str]]:
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if not row:
                continue
            if len(row) > _MOST_COLUMNS or len(rows) > MAX_FRAMES:
                raise InputError(
                    f"{file}: line {reader.line_num}: more than {_MOST_COLUMNS} columns or {MAX_FRAMES} rows"
                )
            if rows and len(row) != len(rows[0]):
                raise InputError(f"{file}: line {reader.line_num}: has {len(row)} cells, the header {len(rows[0])}")
            rows.append(row)
    except csv.Error as exc:
        raise InputError(f"{file}: line {reader.line_num}: {exc}") from exc
    if not rows:
        raise InputError(f"{file}: is empty")
    return rows


def _is_data(row: Sequence[str]) -> bool:
    """Numbers, but not 0, 1, 2 ... as pandas names columns that have no name."""
    cells = [cell.strip() for cell in row]
    counted = cells[1:] if cells and not cells[0] else cells
    return all(_is_number(cell) for cell in cells) and counted != [str(place) for place in range(len(counted))]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _to_numbers(
    cells: Sequence[Sequence[str]], header: Sequence[str], file: Path, first_line: int = 2
) -> npt.NDArray[np.float64]:
    try:
        values: npt.NDArray[Any] = np.array(cells, dtype=np.str_).astype(np.float64)
    except ValueError:
        values = np.array([[float(cell) if _is_number(cell) else np.nan for cell in row] for row in cells])
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = (int(place) for place in np.argwhere(wrong)[0])
        name, cell = header[column] or str(column), cells[row][column]
        raise InputError(f"{file}: line {row + first_line}: {name} is {cell[:40]!r}, not a finite number")
    return values
