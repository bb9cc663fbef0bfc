"""The family of classifiers: one file per network, each a function that makes an architecture. No TensorFlow here."""

from collections.abc import Callable

from core.architecture import Architecture
from training.models import cnn_lstm, conv1d, conv_lstm, fusion, lstm, st_gcn

__all__ = ["DEFAULT_MODEL", "MODELS"]

DEFAULT_MODEL = "conv_lstm"
MODELS: dict[str, Callable[..., Architecture]] = {
    "cnn_lstm": cnn_lstm.architecture,
    "conv1d": conv1d.architecture,
    "conv_lstm": conv_lstm.architecture,
    "fusion": fusion.architecture,
    "lstm": lstm.architecture,
    "st_gcn": st_gcn.architecture,
}
