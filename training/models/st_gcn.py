"""A small spatial-temporal graph convolution (Yan et al. 2018, "ST-GCN"): what joints tell their neighbours, over time.

About 85,000 parameters. Unlike the original, the edges' weights are free, each joint keeps its own place up to the end
instead of being averaged away, and there are no residual connections around its three blocks. Hands and objects, which
are no joints of the skeleton, are not seen.
"""

from itertools import chain

from core.architecture import Architecture, Dense, Gather, JointConv1D, JointGraph, MaxPool, MeanMaxPool
from core.features import FeatureSpec, joint_channels


def architecture(*, features: FeatureSpec, window: int, classes: int) -> Architecture:
    """The network for windows of `window` frames of these features."""
    body = joint_channels(features)
    joints, parents = len(body.parents), body.parents
    layers = (
        Gather(tuple(chain.from_iterable(body.columns))),
        JointGraph("graph_1", 32, parents, "relu"),
        JointConv1D("time_1", joints, 32, 5, "relu"),
        MaxPool(2),
        JointGraph("graph_2", 48, parents, "relu"),
        JointConv1D("time_2", joints, 48, 5, "relu"),
        MaxPool(2),
        JointGraph("graph_3", 64, parents, "relu"),
        JointConv1D("time_3", joints, 64, 3, "relu"),
        MeanMaxPool(),
        Dense("logits", classes),
    )
    return Architecture(features.size, window, layers)
