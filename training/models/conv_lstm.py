"""The default classifier: poses are embedded, short movements convolved, long ones remembered; 182,000 parameters."""

from core.architecture import Architecture, Conv1D, Dense, Lstm, MaxPool, MeanMaxPool
from core.features import FeatureSpec


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features.

    Mean and maximum over time together let it judge both what lasts (sitting) and what happens once (a punch).
    """
    layers = (
        Dense("embed", 64, "relu"),
        Conv1D("conv", 96, 5, "relu"),  # 5 frames: a third of a second at 15 Hz
        MaxPool(2),  # halves the steps of the LSTM, the costliest layer
        Conv1D("conv_2", 96, 3, "relu"),  # what two movements make together; 4 points on people who were left out
        Lstm("lstm", 128),
        MeanMaxPool(),
        Dense("logits", classes),
    )
    return Architecture(features.size, window, layers)
