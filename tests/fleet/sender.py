"""A device as the aggregator sees it: an identity, a key, and signed deltas; honest unless asked otherwise."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from core import chunks
from core.architecture import parameter_shapes
from core.delta import DeltaHeader, seal_delta
from core.messages import RoundOpen
from core.signing import SigningKey
from core.topics import DeviceTopics
from core.weights import Shapes, Weights, encode_delta
from tests import tiny

SHAPES = parameter_shapes(tiny.ARCHITECTURE)


def small_delta(seed: int = 0, *, norm: float = 1.0, shapes: Shapes = SHAPES) -> Weights:
    """Random tensors of a given global norm."""
    rng = np.random.default_rng(seed)
    delta = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    length = np.sqrt(sum(float((tensor.astype(np.float64) ** 2).sum()) for tensor in delta.values()))
    return {name: tensor * np.float32(norm / length) for name, tensor in delta.items()}


@dataclass
class Sender:
    """Makes what a device sends."""

    name: str = "kitchen"
    site: str = "home"
    key: SigningKey = field(default_factory=SigningKey.generate)

    @property
    def topics(self) -> DeviceTopics:
        """Where it writes and reads."""
        return DeviceTopics(self.site, self.name)

    def package(self, opened: RoundOpen, *, delta: Weights | None = None, payload: bytes | None = None, **claims: Any):
        """A signed delta for a round; `claims` replace what the header says."""
        tensors = small_delta() if delta is None else delta
        body = encode_delta(opened.codec, tensors) if payload is None else payload
        header = DeltaHeader(
            site=self.site,
            device=self.name,
            round=opened.round,
            base=opened.base,
            samples=40,
            codec=opened.codec,
            payload_sha256=chunks.digest(body),
            loss_before=0.9,
            loss_after=0.6,
            steps=12,
        )
        return seal_delta(msgspec.structs.replace(header, **claims), body, self.key)

    def messages(self, opened: RoundOpen, package: bytes) -> list[tuple[str, bytes]]:
        """The chunks of a package with their topics."""
        pieces = chunks.split(package)
        return [(self.topics.delta(opened.round, piece.index), chunks.encode(piece)) for piece in pieces]
