"""What an aggregation rule is: deltas in, one delta out."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from core.weights import Shapes, Weights, check_matches


@dataclass(frozen=True)
class Update:
    """One device's accepted delta, and the samples that it speaks for."""

    delta: Weights
    samples: int


class Strategy(ABC):
    """Base of every rule. A new rule is a file with a class that overrides `_combine`, and a line in the registry."""

    def aggregate(self, updates: Iterable[Update], shapes: Shapes) -> Weights:
        """One delta of many.

        Args:
            updates: at least one, all of these shapes and finite; read from disk while they are iterated. A rule that
                needs several passes may iterate again.
            shapes: of the model's tensors.

        Raises:
            ValueError: there are no updates.
            DeltaError: the result has other shapes or is not finite; nothing must be made of it.
        """
        result = self._combine(updates, shapes)
        check_matches(result, shapes)
        return result

    @abstractmethod
    def _combine(self, updates: Iterable[Update], shapes: Shapes) -> Weights:
        """See `aggregate`."""
