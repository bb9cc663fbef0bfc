"""The CNN-LSTM of the literature: convolution and pooling twice, then one LSTM judged at its last step.

About 145,000 parameters; after DeepConvLSTM (Ordóñez and Roggen 2016), with the pooling that most who follow it add.
"""

from core.architecture import Architecture, Conv1D, Dense, LastStep, Lstm, MaxPool
from core.features import FeatureSpec


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features."""
    layers = (
        Conv1D("conv_1", 64, 3, "relu"),
        MaxPool(2),
        Conv1D("conv_2", 128, 3, "relu"),
        MaxPool(2),
        Lstm("lstm", 96),
        LastStep(),
        Dense("hidden", 64, "relu"),
        Dense("logits", classes),
    )
    return Architecture(features.size, window, layers)
