"""Where the detector looks: the fixed grid of centres that its outputs are relative to.

MediaPipe's SsdAnchorsCalculator with the options of pose_detection_cpu.pbtxt: strides 8, 16, 32, 32, 32 over 224
pixels, one aspect ratio and an interpolated one, so two anchors a layer; layers of equal stride share their cells.
"""

import numpy as np
import numpy.typing as npt

INPUT_SIZE = 224  # pixels, both ways
_ANCHORS_PER_CELL = ((8, 2), (16, 2), (32, 6))  # stride in pixels, anchors in each of its cells


def make_anchors() -> npt.NDArray[np.float32]:
    """Centres (2254, 2) x, y as shares of the input, in the order of the detector's outputs: stride, row, column."""
    return np.concatenate([_grid(INPUT_SIZE // stride, count) for stride, count in _ANCHORS_PER_CELL])


def _grid(cells: int, repeats: int) -> npt.NDArray[np.float32]:
    middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    y, x = np.meshgrid(middles, middles, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0)
