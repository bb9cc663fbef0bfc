"""The quantized classifier on a TensorFlow Lite runtime: the only place that looks for one.

A fused LSTM keeps its state between calls, so a window judged after another would not get its own answer: the state is
cleared before every window, and the order of windows does not matter (tests/core/test_interpreter.py).

    classifier = Classifier(bundle.classifier)
    logits = classifier.logits(features)        # (T, F) -> (C,)
"""

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import BundleError, InputError
from core.tflite_file import check_tflite_file

MAX_MODEL_BYTES = 16 * 2**20  # float32 of the largest architecture; ours has about 0.2 MB
_RUNTIMES = ("tflite_runtime.interpreter", "ai_edge_litert.interpreter")


class Classifier:
    """A TFLite model with one input (1, T, F) and one output (1, C), both float32. Not for use by several threads.

    Args:
        model: the bytes of a .tflite file. Their structure is checked before the runtime, which trusts it, sees them.
        threads: CPU threads for one window; more than one only helps with models far larger than ours.

    Raises:
        BundleError: the bytes are no such model.
        InputError: no TFLite runtime is installed.
    """

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        if len(model) > MAX_MODEL_BYTES:
            raise BundleError(f"the classifier has {len(model)} bytes; at most {MAX_MODEL_BYTES} are accepted")
        try:
            check_tflite_file(model)
        except ValueError as error:
            raise BundleError(f"the classifier is no TFLite model: {error}; fetch the release again") from error
        try:
            self._interpreter = _load(model, threads)
            self._input, self.window, self.features = _input_of(self._interpreter)
            self._output, self.labels = _output_of(self._interpreter)
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"the TFLite runtime refuses the classifier: {str(error)[:200]}") from error

    def logits(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits (C,) of one window of features (T, F).

        Raises:
            ValueError: the window has another shape or type.
            BundleError: the model contradicts itself, which some only show while they compute.
        """
        if features.shape != (self.window, self.features) or features.dtype != np.float32:
            expected = f"({self.window}, {self.features}) float32"
            raise ValueError(f"the classifier takes {expected}, not {features.shape} {features.dtype}")
        try:
            self._interpreter.reset_all_variables()
            self._interpreter.set_tensor(self._input, features[None])
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output)[0])
        except (RuntimeError, ValueError) as error:
            raise BundleError(f"the classifier cannot be computed: {str(error)[:200]}") from error

    def batch_logits(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits (N, C) of windows (N, T, F), one after the other; raises as `logits`."""
        return np.array([self.logits(window) for window in windows], np.float32).reshape(len(windows), self.labels)


def _load(model: bytes, threads: int) -> Any:  # noqa: ANN401 - two runtimes, neither of them typed
    runtime = find_runtime()
    # XNNPACK, the delegate taken otherwise, made our mixed int8 and float operators no faster (x86, runtime 2.14).
    resolver = runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = runtime.Interpreter(model_content=model, num_threads=threads, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    return interpreter


def find_runtime() -> Any:  # noqa: ANN401
    """The module of an installed runtime, with `Interpreter` and `OpResolverType`.

    Raises:
        InputError: none is installed.
    """
    for kind in (np.float32, np.float64):
        # tflite-runtime's build for ARM rounds subnormal numbers to zero in the whole process. numpy looks once what
        # they are, and would warn in the log if it looked after that.
        np.finfo(kind)
    for name in _RUNTIMES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise InputError(
        "no TFLite runtime is installed; run: pip install tflite-runtime (from Python 3.12: ai-edge-litert)"
    )


def _input_of(interpreter: Any) -> tuple[int, int, int]:  # noqa: ANN401
    inputs = interpreter.get_input_details()
    shape = _shape(inputs[0]) if len(inputs) == 1 else ()
    if len(shape) != 3 or shape[0] != 1 or inputs[0]["dtype"] != np.float32:  # noqa: PLR2004 - (1, T, F)
        raise BundleError(f"the classifier must take one float32 tensor (1, steps, features); {_describe(inputs)}")
    return inputs[0]["index"], shape[1], shape[2]


def _output_of(interpreter: Any) -> tuple[int, int]:  # noqa: ANN401
    outputs = interpreter.get_output_details()
    shape = _shape(outputs[0]) if len(outputs) == 1 else ()
    if len(shape) != 2 or shape[0] != 1 or outputs[0]["dtype"] != np.float32:  # noqa: PLR2004 - (1, C)
        raise BundleError(f"the classifier must give one float32 tensor (1, classes); {_describe(outputs)}")
    return outputs[0]["index"], shape[1]


def _shape(details: dict[str, Any]) -> tuple[int, ...]:
    return tuple(int(size) for size in details["shape"])


def _describe(tensors: list[dict[str, Any]]) -> str:
    found = ", ".join(f"{_shape(tensor)} {np.dtype(tensor['dtype'])}" for tensor in tensors[:4])
    return f"this one has {len(tensors)}: {found}"
