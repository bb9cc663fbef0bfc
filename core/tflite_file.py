"""Checks that bytes are a TFLite file that a runtime can read without leaving them.

The runtime follows the offsets of a flatbuffer unchecked when it is given a model in memory: a file cut short ends the
whole process. This check walks everything the runtime will (https://flatbuffers.dev/internals, TFLite's schema.fbs
version 3) and takes milliseconds. It says nothing about what a model computes; signatures are for that.

    check_tflite_file(data)         # ValueError, or all is well
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_MAX_OBJECTS = 20_000  # tables and vectors; ours have about 500. Offsets may all point to one, so size is no bound
_NONE = -1  # an optional input that is not there


@dataclass(frozen=True)
class _Table:
    """What is in the numbered fields of a kind of table: vectors of numbers by their width in bytes, tables, unions."""

    vectors: dict[int, int] = field(default_factory=dict)
    tables: dict[int, "_Table"] = field(default_factory=dict)
    lists: dict[int, "_Table"] = field(default_factory=dict)


_OPTIONS = _Table()  # of an operator, of whatever kind: the table itself must be inside
_TENSOR_MAP = _Table(vectors={0: 1})
_SIGNATURE = _Table(vectors={2: 1}, lists={0: _TENSOR_MAP, 1: _TENSOR_MAP})
_METADATA = _Table(vectors={0: 1})
_BUFFER = _Table(vectors={0: 1})
_OPERATOR_CODE = _Table(vectors={1: 1})
_OPERATOR = _Table(vectors={1: 4, 2: 4, 5: 1, 7: 1, 8: 4}, tables={4: _OPTIONS, 12: _OPTIONS})
_QUANTIZATION = _Table(vectors={0: 4, 1: 4, 2: 4, 3: 8}, tables={5: _OPTIONS})
_TENSOR = _Table(vectors={0: 4, 3: 1, 7: 4}, tables={4: _QUANTIZATION})
_GRAPH = _Table(vectors={1: 4, 2: 4, 4: 1}, lists={0: _TENSOR, 3: _OPERATOR})
_MODEL = _Table(
    vectors={3: 1, 5: 4},
    lists={1: _OPERATOR_CODE, 2: _GRAPH, 4: _BUFFER, 6: _METADATA, 7: _SIGNATURE},
)


def check_tflite_file(data: bytes) -> None:
    """Check the structure of a file and the indices in it.

    Raises:
        ValueError: the file is damaged, or uses what this version does not know.
    """
    reader = _Reader(data)
    if data[4:8] != b"TFL3":
        raise ValueError("it lacks the mark TFL3")
    try:
        root = reader.number("<I", 0)
        reader.walk(_MODEL, root)
        _check_indices(reader, root)
    except struct.error:
        raise ValueError("it ends too early") from None


class _Reader:
    """Reads the parts of a flatbuffer, none of them outside of it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._objects = 0

    def number(self, form: str, position: int) -> int:
        """One number. A position before the start would count from the end; one after it is a struct.error."""
        if position < 0:
            raise ValueError("an offset points before the start")
        return int(struct.unpack_from(form, self._data, position)[0])

    def fields(self, table: int) -> dict[int, int]:
        """Positions of a table's fields by their numbers."""
        self._count()
        vtable = table - self.number("<i", table)
        vtable_size, table_size = self.number("<H", vtable), self.number("<H", vtable + 2)
        if vtable_size < 4 or vtable_size % 2 or table + table_size > len(self._data):  # noqa: PLR2004 - its header
            raise ValueError("a table is malformed")
        offsets = [self.number("<H", vtable + place) for place in range(4, vtable_size, 2)]
        if any(offset >= table_size for offset in offsets):
            raise ValueError("a field lies outside of its table")
        return {number: table + offset for number, offset in enumerate(offsets) if offset}

    def target(self, position: int) -> int:
        """Where an offset points to."""
        return position + self.number("<I", position)

    def vector(self, position: int, width: int) -> tuple[int, int]:
        """Place of the first element and number of elements of the vector that an offset points to."""
        self._count()
        start = self.target(position)
        count = self.number("<I", start)
        if start + 4 + count * width > len(self._data):
            raise ValueError("a vector ends outside of the file")
        return start + 4, count

    def tables(self, position: int) -> Iterator[int]:
        """The tables of a vector of tables."""
        start, count = self.vector(position, 4)
        for index in range(count):
            yield self.target(start + 4 * index)

    def numbers(self, position: int | None) -> list[int]:
        """The elements of a vector of int32, none if there is no vector."""
        if position is None:
            return []
        start, count = self.vector(position, 4)
        return list(struct.unpack_from(f"<{count}i", self._data, start))

    def walk(self, kind: _Table, table: int) -> None:
        """Check a table and everything below it."""
        for number, position in self.fields(table).items():
            if number in kind.vectors:
                self.vector(position, kind.vectors[number])
            elif number in kind.tables:
                self.walk(kind.tables[number], self.target(position))
            elif number in kind.lists:
                for inner in self.tables(position):
                    self.walk(kind.lists[number], inner)

    def _count(self) -> None:
        self._objects += 1
        if self._objects > _MAX_OBJECTS:
            raise ValueError(f"it has more than {_MAX_OBJECTS} parts")


def _check_indices(reader: _Reader, root: int) -> None:
    model = reader.fields(root)
    if not {1, 2, 4} <= model.keys():
        raise ValueError("operators, graph or buffers are missing")
    codes, buffers = (len(list(reader.tables(model[number]))) for number in (1, 4))
    graphs = list(reader.tables(model[2]))
    if len(graphs) != 1:
        raise ValueError(f"it has {len(graphs)} graphs instead of one")
    graph = reader.fields(graphs[0])
    tensors = list(reader.tables(graph[0])) if 0 in graph else []
    for tensor in tensors:
        _check_index(_scalar(reader, tensor, 2), buffers)
    used = reader.numbers(graph.get(1)) + reader.numbers(graph.get(2))
    for operator in reader.tables(graph[3]) if 3 in graph else []:  # noqa: PLR2004 - operators
        _check_index(_scalar(reader, operator, 0), codes)
        fields = reader.fields(operator)
        optional = [index for number in (1, 8) for index in reader.numbers(fields.get(number)) if index != _NONE]
        used += optional + reader.numbers(fields.get(2))
    for index in used:
        _check_index(index, len(tensors))


def _scalar(reader: _Reader, table: int, number: int) -> int:
    position = reader.fields(table).get(number)
    return 0 if position is None else reader.number("<I", position)  # what is zero may be left out


def _check_index(index: int, count: int) -> None:
    if not 0 <= index < count:
        raise ValueError(f"index {index} of {count} does not exist")
