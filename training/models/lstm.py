"""Two LSTM layers, judged at the last frame: the plain network that others are compared with; 200,000 parameters."""

from core.architecture import Architecture, Dense, LastStep, Lstm
from core.features import FeatureSpec


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features."""
    layers = (Lstm("lstm_1", 96), Lstm("lstm_2", 96), LastStep(), Dense("logits", classes))
    return Architecture(features.size, window, layers)
