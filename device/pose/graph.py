"""One of MediaPipe's own graphs ("solutions"), without the rest of the package and with the true time.

Of the package only the solution is imported: the rest loads Matplotlib, and TensorFlow where it is installed, which
takes two seconds and 55 MB that a board does not have.

    graph = SolutionGraph("pose", "Pose", largest_rows=480, model_complexity=1)
    found = graph.process(image, captured_at)           # MediaPipe's result: landmarks as shares of the picture
"""

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError

_MICROSECONDS = 1_000_000
_GRAPH_STEP_US = 33_333  # what the Python wrapper adds to its own clock before every picture
_SOLUTIONS = "mediapipe.python.solutions"


class SolutionGraph:
    """See the module.

    Args:
        module: the solution's module. More modules may be needed for what they import: those in `also`.
        name: its class.
        largest_rows: higher pictures are made smaller first.
        options: what the class takes.

    Raises:
        InputError: mediapipe, or what it needs, is not installed.
    """

    def __init__(
        self, module: str, name: str, *, largest_rows: int, also: tuple[str, ...] = (), **options: float
    ) -> None:
        for needed in also:
            _load(needed)
        self._graph = getattr(_load(module), name)(**options)
        self._largest_rows = largest_rows
        self._newest_us = -1
        # The first picture costs half a second; paid before a camera runs, it does not look like somebody's absence.
        self.process(np.zeros((largest_rows, largest_rows, 3), np.uint8), 0.0)

    def process(self, image: npt.NDArray[np.uint8], captured_at: float) -> Any:  # noqa: ANN401
        """What the graph finds in a picture (H, W, 3) uint8 BGR."""
        import cv2

        rows, columns = image.shape[:2]
        if rows > self._largest_rows:
            size = (max(1, round(columns * self._largest_rows / rows)), self._largest_rows)
            # Averaging (INTER_AREA) takes fourteen times as long and moves no joint by more than 0.2 % of a body.
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        self._set_clock(captured_at)
        return self._graph.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))

    def close(self) -> None:
        """Stop the graph's threads."""
        self._graph.close()

    def _set_clock(self, captured_at: float) -> None:
        """Tell the graph's smoothing the true time; it assumes 30 pictures a second, and lags when fewer come."""
        self._newest_us = max(int(captured_at * _MICROSECONDS), self._newest_us + 1)  # the graph wants it to grow
        self._graph._simulated_timestamp = self._newest_us - _GRAPH_STEP_US  # noqa: SLF001 - there is no other way in


def _load(module: str) -> ModuleType:
    try:
        import cv2

        if "mediapipe" not in sys.modules:
            _place_bare_packages("mediapipe", "mediapipe.python", _SOLUTIONS)
        loaded = importlib.import_module(f"{_SOLUTIONS}.{module}")
    except ImportError as exc:
        raise InputError(
            f"MediaPipe's own estimators need a package that is not installed ({exc.name}); "
            "install posefleet[device], or set pose.estimator to another one"
        ) from exc
    cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
    return loaded


def _place_bare_packages(*names: str) -> None:
    """From now on modules can be imported from these packages without running their __init__."""
    spec = find_spec(names[0])
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named {names[0]!r}", name=names[0])
    root = Path(spec.submodule_search_locations[0])
    for name in names:
        package = ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
