"""Pose and objects: what somebody does, told by the body and by the things that a detector sees near it.

About 187,000 parameters. Each frame's joints and objects are embedded together, twice, so that the network can tell a
hand that holds a cup from a hand with a cup behind it; the rest is the default network. In training every window is
also shown without any object, and validation people are judged with and without them (`training.train`), so that a
blind detector costs no more than not having one.
"""

from core.architecture import Architecture, Conv1D, Dense, Lstm, MaxPool, MeanMaxPool
from core.errors import ConfigError
from core.features import FeatureSpec


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features.

    Raises:
        ConfigError: the features have no objects.
    """
    if not features.objects:
        raise ConfigError("the fusion network needs objects to look for: name them in the features, or use conv_lstm")
    layers = (
        Dense("embed", 64, "relu"),
        Dense("join", 64, "relu"),
        Conv1D("conv", 96, 5, "relu"),
        MaxPool(2),
        Conv1D("conv_2", 96, 3, "relu"),  # as the default network: what a blind one has to be as good as
        Lstm("lstm", 128),
        MeanMaxPool(),
        Dense("logits", classes),
    )
    return Architecture(features.size, window, layers)
