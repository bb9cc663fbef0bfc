"""Finds the models of BlazePose and runs them on the TFLite runtime.

Looked for in this order: the directory that `pose.models` names; `DEFAULT_MODELS`; an installed mediapipe wheel, which
is not imported. The wheel's models also draw a silhouette that nobody looks at, and take half as long again.

    model = TfliteModel(find_pose_models(settings.models).landmarks, threads=1)
    model.fill(lambda tensor: np.multiply(crop, 1 / 255, out=tensor[0]))
    model.invoke()
    scores = model.output((1, 195))
"""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.interpreter import find_runtime
from core.pose_models import MANIFEST, PoseModels, read_pose_models, wheel_models
from device.pages import give_back_file_pages

Array = npt.NDArray[np.float32]

DEFAULT_MODELS = Path("/usr/share/posefleet/pose-models")  # where the Debian package has them

_log = logging.getLogger(__name__)


def find_pose_models(directory: Path | None) -> PoseModels:
    """The models in `directory`, or where they are by default.

    Raises:
        InputError: there are none, or they are damaged.
    """
    if directory is not None:
        return read_pose_models(directory)
    if (DEFAULT_MODELS / MANIFEST).is_file():
        return read_pose_models(DEFAULT_MODELS)
    models = wheel_models()
    if models is None:
        raise InputError(
            f"pose models: none in {DEFAULT_MODELS}, and no mediapipe package has them; where mediapipe 0.10.18 is "
            "installed run `posefleet convert pose-models --out pose-models`, and set pose.models to that directory"
        )
    _log.info("pose models come from the mediapipe package; `posefleet convert pose-models` makes faster ones of them")
    return models


class TfliteModel:
    """A float32 model with one input, on the XNNPACK delegate. Not for use by several threads.

    Args:
        path: of a .tflite file whose structure has been checked.
        threads: CPU threads for one picture.

    Raises:
        InputError: no runtime is installed, or it refuses the model.
    """

    def __init__(self, path: Path, *, threads: int) -> None:
        runtime = find_runtime()
        try:
            self._interpreter = runtime.Interpreter(model_path=str(path), num_threads=threads)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError, OSError) as error:
            raise InputError(f"{path}: the TFLite runtime refuses it: {str(error)[:200]}") from error
        self._input = self._interpreter.tensor(self._interpreter.get_input_details()[0]["index"])
        self._outputs = {
            tuple(int(size) for size in tensor["shape"]): self._interpreter.tensor(tensor["index"])
            for tensor in self._interpreter.get_output_details()
        }
        self.input_shape = tuple(int(size) for size in self._interpreter.get_input_details()[0]["shape"])
        self.invoke()  # the first time takes much longer
        give_back_file_pages(path)  # 13 MB: the delegate has packed its own copy

    @property
    def output_shapes(self) -> frozenset[tuple[int, ...]]:
        """Of all outputs."""
        return frozenset(self._outputs)

    def fill(self, write: Callable[[Array], object]) -> None:
        """Let a function write into the input tensor; it must not keep it."""
        write(self._input())

    def invoke(self) -> None:
        """Compute the outputs of what was filled in."""
        self._interpreter.invoke()

    def output(self, shape: tuple[int, ...]) -> Array:
        """The output of this shape: a view, to be copied or forgotten before the next `invoke`.

        Raises:
            InputError: there is none; the model is another one.
        """
        if shape not in self._outputs:
            known = ", ".join(str(known) for known in self._outputs)
            raise InputError(f"the pose model has no output {shape}, but {known}; write the models again")
        return np.asarray(self._outputs[shape]())
