"""The yardstick: convolutions over time and nothing that remembers; what an LSTM has to be worth its cost against.

About 205,000 parameters. The last convolution sees 24 frames: of a window of two seconds little is left to remember.
"""

from core.architecture import Architecture, Conv1D, Dense, MaxPool, MeanMaxPool
from core.features import FeatureSpec


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features."""
    layers = (
        Dense("embed", 96, "relu"),
        Conv1D("conv_1", 96, 5, "relu"),
        MaxPool(2),
        Conv1D("conv_2", 112, 3, "relu"),
        Conv1D("conv_3", 144, 3, "relu"),
        MaxPool(2),
        Conv1D("conv_4", 144, 3, "relu"),
        MeanMaxPool(),
        Dense("logits", classes),
    )
    return Architecture(features.size, window, layers)
