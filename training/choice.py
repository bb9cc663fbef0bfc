"""Which epoch of a run is kept: the last one that validation people were not clearly recognised worse in than ever.

The epoch that was best by count is often best by luck: whoever is easy is recognised from the second epoch on, and a
handful of windows then decides for weights that have hardly learnt. Two fusion networks that were ahead by five windows
of 3,000 after two epochs of six erred 37 and 33 times on other people, after the last epoch twice each. The later of
two that cannot be told apart has learnt in smaller steps, and its weights are the average of more.

    kept = NONE_YET
    kept = kept.after(0.91, 1, weights, windows=200)        # after every epoch
"""

import math
from dataclasses import dataclass

from core.weights import Weights


@dataclass(frozen=True)
class Kept:
    """The epoch to keep, counted from 1.

    Attributes:
        accuracy: its share of validation windows that were right.
        epoch: which one it is.
        weights: what it had learnt.
        highest: accuracy of the best epoch by count; the kept one is at most a standard error below.
        improved: which one that was, the first of equals.
    """

    accuracy: float
    epoch: int
    weights: Weights
    highest: float
    improved: int

    def after(self, accuracy: float, epoch: int, weights: Weights, *, windows: int) -> "Kept":
        """What to keep after one more epoch, judged by so many windows."""
        improved = epoch if accuracy > self.highest else self.improved
        highest = max(accuracy, self.highest)
        if accuracy >= highest - _standard_error(highest, windows):
            return Kept(accuracy, epoch, weights, highest, improved)
        return Kept(self.accuracy, self.epoch, self.weights, highest, improved)


NONE_YET = Kept(-1.0, 0, {}, -1.0, 0)


def _standard_error(share: float, count: int) -> float:
    """Of a share of `count` windows (the one-standard-error rule of Breiman et al. 1984, section 3.4.3).

    With two windows more of either kind (Agresti and Coull 1998), so that all being right is not taken for certain.
    """
    expected = (share * count + 2) / (count + 4)
    return math.sqrt(expected * (1 - expected) / (count + 4))
