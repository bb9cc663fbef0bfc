"""Whether captured bytes hold a copy of what must not leave: joints, features, pixels, in whatever encoding.

    secrets = Secrets(rows={"joints": joints.reshape(-1, 33, 4)...}, pictures=[jpeg, rows.tobytes()])
    findings = copies(subscriber.messages, secrets)                  # sentences, empty if all is well

Two comparisons. **By shape**: any `WINDOW` numbers in a row, or every second, third or fourth number, that follow the
same course as numbers in a row of a secret, whatever their unit, offset and sign, and up to the rounding of 8 bits: a
correlation of at least `ALIKE`. Independent numbers do so once in 10^14 comparisons. **By value**: `RUN` numbers in a
row, each of which is a secret number to the last bit of a float32; and 16 bytes in a row of a picture.

What is found for certain is a copy of 15 numbers or more, of a whole sheet of joints or features therefore. A single
coordinate is not: whether one follows another in time is the matter of `traces`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from core import chunks
from tests.broker import Received
from tests.endurance.sieve.views import Numbers, rows_of_numbers, unpacked

WINDOW = 12
ALIKE = 0.999
RUN = 8
BLOCK = 16  # bytes of a picture
_HOP = 4  # windows of payloads begin at every fourth number, those of secrets at every one: 15 in a row always meet
_STRIDES = (1, 2, 3, 4)  # x of x, y, z, score
_LEVELS, _FEWEST_LEVELS = 16, 7  # of a window's range, and how many of them it takes: steps and peaks are everywhere
_FEWEST_BYTES = 8  # different ones in a block
_ROUGHEST_FIT = 0.9  # of a window's variation that a parabola explains: ramps and bows are everywhere
_TINY = 1e-6  # less is a rounded 0
_COMMON = 4  # a value that occurs oftener in the secrets is a limit or a mask
_COARSE = {"u1", "i1", "<i2", ">i2", "<f2", ">f2"}  # which have so few values that some are secret ones by chance
_MOST_WINDOWS = 100_000  # of one secret; of more, so many are drawn by lot

_APART = np.sqrt(2 * (1 - ALIKE))  # of two vectors of length 1 with that correlation
_TIME = np.linspace(-1, 1, WINDOW)
_PARABOLAS = np.linalg.qr(np.stack([np.ones(WINDOW), _TIME, _TIME**2], axis=1))[0]


class Secrets:
    """What must not be found.

    Args:
        rows: by name, (N, L) numbers that stand in a row, L at least `WINDOW`: all x of a frame's joints, for example.
        pictures: bytes of pictures as they are in memory or in files.
    """

    def __init__(self, rows: Mapping[str, Numbers], pictures: Iterable[bytes] = ()) -> None:
        self._names: list[str] = []  # of the tree's points
        points = [np.empty((0, WINDOW))]
        for name, numbers in rows.items():
            windows = np.lib.stride_tricks.sliding_window_view(numbers, WINDOW, axis=-1).reshape(-1, WINDOW)
            shapes = _shapes(windows)
            if len(shapes) > _MOST_WINDOWS:
                shapes = np.random.default_rng(0).choice(shapes, _MOST_WINDOWS, replace=False)
            points += [shapes, -shapes]  # the mirror image is the same secret: seen from behind, or counted from below
            self._names += [name] * (2 * len(shapes))
        self._tree = cKDTree(np.concatenate(points), balanced_tree=False)
        self._values = np.unique(np.concatenate([_uncommon(numbers) for numbers in rows.values()]))
        blocks = (picture[at : at + BLOCK] for picture in pictures for at in range(0, len(picture) - BLOCK + 1, BLOCK))
        self._blocks = {block for block in blocks if len(set(block)) >= _FEWEST_BYTES}

    def alike(self, numbers: Numbers) -> str | None:
        """The secret that some of these numbers are a copy of by shape."""
        shapes = _shapes(np.concatenate([_windows(numbers, stride) for stride in _STRIDES]))
        nearest = self._tree.query(shapes, distance_upper_bound=_APART)[1] if len(shapes) else np.empty(0, int)
        return next((self._names[point] for point in nearest if point < len(self._names)), None)

    def has_values(self, numbers: Numbers) -> bool:
        """Whether `RUN` numbers in a row, or every so many, are all secret ones."""
        if len(numbers) < RUN:
            return False
        with np.errstate(over="ignore"):
            single = numbers.astype(np.float32)
        # As np.isin does it, but the secrets are sorted once and for all.
        place = np.searchsorted(self._values, single)
        known = np.append(self._values, np.float32(np.nan))[place] == single
        return any(_longest_run(known[start::stride]) >= RUN for stride in _STRIDES for start in range(stride))

    def has_block(self, data: bytes) -> bool:
        """Whether 16 bytes in a row are those of a picture."""
        return any(data[at : at + BLOCK] in self._blocks for at in range(len(data) - BLOCK + 1))


def copies(messages: Iterable[Received], secrets: Secrets, *, by_shape: bool = True) -> list[str]:
    """What of the secrets is in these messages, each with its topic; the same bytes are looked at once.

    By shape takes half a minute of a processor for a megabyte, by value a second.
    """
    seen: set[bytes] = set()
    findings = []
    for topic, payload in _whole(messages):
        for data in unpacked(payload):
            if (name := hashlib.sha256(data).digest()) not in seen:
                seen.add(name)
                findings += [f"{topic}: {what}" for what in _look_at(data, secrets, by_shape=by_shape)]
    return findings


def _whole(messages: Iterable[Received]) -> Iterator[tuple[str, bytes]]:
    """Topics and payloads; what came in chunks is put together, and looked at piece by piece if some are missing."""
    transfers: dict[str, dict[int, bytes]] = {}
    last: dict[str, tuple[str, int]] = {}
    for message in messages:
        try:
            chunk = chunks.decode(message.payload)
        except ValueError:
            yield message.topic, message.payload
            continue
        transfers.setdefault(chunk.transfer, {})[chunk.index] = chunk.data
        last[chunk.transfer] = message.topic, chunk.count
    for name, (topic, count) in last.items():
        pieces = transfers[name]
        yield from (
            [(topic, b"".join(pieces[at] for at in sorted(pieces)))]
            if len(pieces) == count
            else ((topic, piece) for piece in pieces.values())
        )


def _look_at(data: bytes, secrets: Secrets, *, by_shape: bool) -> Iterator[str]:
    if secrets.has_block(data):
        yield f"{BLOCK} bytes of a picture"
    for how, numbers in rows_of_numbers(data):
        if by_shape and (name := secrets.alike(numbers)) is not None:
            yield f"read as {how}, it follows {name}"
        elif how.split()[0] not in _COARSE and secrets.has_values(numbers):
            yield f"read as {how}, it has {RUN} secret numbers in a row"


def _windows(numbers: Numbers, stride: int) -> Numbers:
    """(M, WINDOW) of every `stride`-th number."""
    length = stride * (WINDOW - 1) + 1
    if len(numbers) < length:
        return np.empty((0, WINDOW))
    every = np.lib.stride_tricks.sliding_window_view(numbers, length)[:, ::stride]
    chosen: Numbers = every[np.arange(len(every)) // stride % _HOP == 0]
    return chosen


def _shapes(windows: Numbers) -> Numbers:
    """(M, WINDOW) windows with mean 0 and length 1, of those that have a shape of their own."""
    windows = windows[np.isfinite(windows).all(axis=1)]
    low, span = windows.min(axis=1, keepdims=True), np.ptp(windows, axis=1, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        levels = np.sort(np.rint(_LEVELS * (windows - low) / span), axis=1)
    windows = windows[(np.diff(levels, axis=1) > 0).sum(axis=1) >= _FEWEST_LEVELS - 1]
    centred = windows - windows.mean(axis=1, keepdims=True)
    shapes = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    rough: Numbers = shapes[np.square(shapes @ _PARABOLAS).sum(axis=1) < _ROUGHEST_FIT]
    return rough


def _uncommon(numbers: Numbers) -> npt.NDArray[np.float32]:
    """The values that say something."""
    values, often = np.unique(numbers[np.isfinite(numbers)].astype(np.float32), return_counts=True)
    found: npt.NDArray[np.float32] = values[(often <= _COMMON) & (np.abs(values) > _TINY)]
    return found


def _longest_run(flags: npt.NDArray[np.bool_]) -> int:
    ends = np.flatnonzero(np.diff(np.r_[False, flags, False]))
    return int((ends[1::2] - ends[::2]).max(initial=0))
