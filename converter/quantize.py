"""Makes a classifier's TFLite template with TensorFlow, in a child process: conversion may crash or eat memory.

It takes about 25 s and 1 GB, once per architecture; every set of weights after that is patched in (`converter.patch`).
The classifier is dynamic-range quantized: int8 weights, float activations, and the LSTM as one fused operator.

    template = make_template(MODELS["conv_lstm"](features=FeatureSpec(), window=32, classes=7))
    model = patch(template.model, template.patch_map, weights)
"""

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from converter.locate import find_patch_map
from converter.parity import check_parity
from converter.patch import PatchMap, patch
from converter.tensors import read_operators
from core.architecture import Architecture, Lstm, parameter_shapes
from core.errors import PosefleetError
from core.network import forward, initialise
from core.weights import Weights, from_safetensors, to_safetensors

_MEMORY_LIMIT_BYTES = 4 * 2**30  # of data; four times what the largest of our networks took
_TIMEOUT_S = 300.0  # 25 s on two idle cores
_LARGEST_ERROR = 0.1  # mean logit error of random weights, in standard deviations of the logits; 0.02 is usual
_CHECKED_WINDOWS = 16
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}


@dataclass(frozen=True)
class Template:
    """A quantized classifier with random weights, and where they lie."""

    model: bytes
    patch_map: PatchMap


def make_template(architecture: Architecture, *, seed: int = 0) -> Template:
    """Convert an architecture, map its weights, and prove on the runtime that patched-in weights are the ones that act.

    Raises:
        PosefleetError: the conversion failed, or its result is not what the devices need.
    """
    rng = np.random.default_rng(seed)
    weights = _random_weights(architecture, rng)
    model = convert(architecture, weights)
    _check_operators(model, architecture)
    template = Template(model, find_patch_map(model, architecture, weights))
    _check_numbers(template, architecture, rng)
    return template


def convert(
    architecture: Architecture,
    weights: Weights,
    *,
    memory_limit_bytes: int = _MEMORY_LIMIT_BYTES,
    timeout_s: float = _TIMEOUT_S,
) -> bytes:
    """A quantized .tflite model of these weights, made by a child process.

    Raises:
        PosefleetError: it failed, took too long or too much memory; the text has the converter's last words.
    """
    with tempfile.TemporaryDirectory(prefix="posefleet-convert-") as name:
        directory = Path(name)
        (directory / "architecture.json").write_bytes(msgspec.json.encode(architecture))
        (directory / "weights.safetensors").write_bytes(to_safetensors(weights))
        command = [sys.executable, "-m", "converter.quantize", name, str(memory_limit_bytes)]
        environment = os.environ | _QUIET | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            child = subprocess.run(command, env=environment, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            raise PosefleetError(f"converting the classifier took more than {timeout_s:g} s; try again") from None
        result = directory / "model.tflite"
        if child.returncode != 0 or not result.exists():
            raise PosefleetError(_explain(child.returncode, child.stderr.decode(errors="replace"), memory_limit_bytes))
        return result.read_bytes()


def _explain(code: int, stderr: str, memory_limit_bytes: int) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    last = lines[-1][:300] if lines else "it said nothing"
    how = f"was killed by signal {-code}" if code < 0 else "failed"
    limit = memory_limit_bytes / 2**30
    return f"the conversion to TFLite {how}: {last} (it may use up to {limit:.1f} GiB of memory)"


def _random_weights(architecture: Architecture, rng: np.random.Generator) -> Weights:
    """Like fresh ones, but no two alike: equal tensors, such as biases of zero, would be merged into one buffer."""
    weights = initialise(architecture, rng)
    for name, shape in parameter_shapes(architecture).items():
        if name.endswith(("/bias", "/edges")):
            weights[name] += rng.normal(0, 0.1, shape).astype(np.float32)
    return weights


def _check_operators(model: bytes, architecture: Architecture) -> None:
    operators = read_operators(model)
    if "CUSTOM" in operators:  # also what needs TensorFlow itself ("Flex")
        raise PosefleetError(f"the converted classifier needs operators that devices lack: {', '.join(operators)}")
    lstms = sum(isinstance(layer, Lstm) for layer in architecture.layers)
    if operators.count("UNIDIRECTIONAL_SEQUENCE_LSTM") != lstms:
        raise PosefleetError(f"the {lstms} LSTM layers were not converted to fused operators: {', '.join(operators)}")


def _check_numbers(template: Template, architecture: Architecture, rng: np.random.Generator) -> None:
    weights = _random_weights(architecture, rng)
    windows = rng.standard_normal((_CHECKED_WINDOWS, architecture.window, architecture.input_size)).astype(np.float32)
    report = check_parity(patch(template.model, template.patch_map, weights), architecture, weights, windows)
    spread = float(forward(architecture, weights, windows).std())
    if not report.mean_abs_logit_error <= _LARGEST_ERROR * spread:
        raise PosefleetError(
            f"the converted classifier computes something else: mean logit error {report.mean_abs_logit_error:.3f}, "
            f"logits spread by {spread:.3f}"
        )


def convert_here(architecture: Architecture, weights: Weights) -> bytes:
    """What `convert` does, without a process of its own; imports TensorFlow."""
    import tensorflow as tf

    from training.models.keras import plain_model

    model = plain_model(architecture, weights, batch=1)
    shape = [1, architecture.window, architecture.input_size]
    function = tf.function(lambda features: model(features, training=False))
    concrete = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    # From the function, not the Keras model: only so is the LSTM fused.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    # One scale a tensor: per-channel needs FULLY_CONNECTED version 12, which tflite-runtime 2.14 refuses.
    converter._experimental_disable_per_channel = True  # noqa: SLF001 - there is no public way
    return bytes(converter.convert())


def _main(directory: Path, memory_limit_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory_limit_bytes, memory_limit_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is reported, not kept
    architecture = msgspec.json.decode((directory / "architecture.json").read_bytes(), type=Architecture)
    weights = from_safetensors((directory / "weights.safetensors").read_bytes())
    (directory / "model.tflite").write_bytes(convert_here(architecture, weights))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]))
