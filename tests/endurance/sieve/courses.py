"""Every number in captured messages, over time: for `traces`.

    courses(subscriber.messages)["kitchen/status.latency.pose.p95_ms"]

Numbers are also: how long ago a moment was that a message names; how long a text or a list is; whether a text is this
or that, if it is one of a few; the first digits of hexadecimal ones; how large a message is, and how long after the one
before it came. Of weight deltas, the header's.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

import numpy as np

from core import chunks, topics
from core.delta import open_delta
from core.errors import DeltaError
from tests.broker import Received
from tests.endurance.sieve.traces import Course

_MOST_KINDS = 12  # different texts that count as one of a few
_HEXADECIMAL = re.compile(r"[0-9a-f]{16,}")
_Said = list[tuple[float, object]]


def courses(messages: Iterable[Received]) -> dict[str, Course]:
    """The numbers by name, in the order of time."""
    said: dict[str, _Said] = defaultdict(list)
    sizes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    assembler = chunks.Assembler()
    for message in sorted(messages, key=lambda one: one.at):
        source = _source(message.topic)
        if not message.payload or source is None:
            continue
        sizes[source].append((message.at, len(message.payload)))
        for path, value in _leaves("", _document(message.payload, assembler)):
            said[f"{source}{path}"].append((message.at, value))
    found = {name: course for path, values in said.items() for name, course in _numbers(path, values)}
    for source, pairs in sizes.items():
        times, lengths = np.array(pairs, float).T
        found[f"the size of {source}"] = Course(times, lengths)
        found[f"the pause before {source}"] = Course(times[1:], np.diff(times))
    return found


def _source(topic: str) -> str | None:
    """Device and kind of message, such as kitchen/status; None for what is no device's."""
    return None if topics.device_of(topic) is None else "/".join(topic.split("/")[3:5])


def _document(payload: bytes, assembler: chunks.Assembler) -> object:
    with suppress(ValueError):
        return json.loads(payload)
    with suppress(ValueError, DeltaError):
        if (whole := assembler.add(chunks.decode(payload))) is not None:
            return json.loads(open_delta(whole).header_text)
    return None


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(f"{path}.{name}", one)
    elif isinstance(value, list):
        yield f"{path}.count", float(len(value))
        yield path, " ".join(map(str, value))
    elif value is not None:
        yield path, value


def _numbers(path: str, said: _Said) -> Iterator[tuple[str, Course]]:
    times, values = np.array([at for at, _ in said]), [value for _, value in said]
    if all(isinstance(value, int | float) for value in values):
        yield path, Course(times, np.array(values, float))
        return
    texts = [str(value) for value in values]
    with suppress(ValueError):
        moments = [datetime.fromisoformat(text).timestamp() for text in texts]
        yield f"the age of {path}", Course(times, times - moments)
        return
    if all(_HEXADECIMAL.fullmatch(text) for text in texts):
        yield f"the first digits of {path}", Course(times, np.array([int(text[:8], 16) for text in texts], float))
        return
    yield f"the length of {path}", Course(times, np.array([len(text) for text in texts], float))
    if len(kinds := sorted(set(texts))) <= _MOST_KINDS:
        for kind in kinds:
            yield f"{path} is {kind!r}", Course(times, np.array([text == kind for text in texts], float))
