"""Where the landmark model's heat maps come from: what is needed to compute single cells of them.

The maps are the last layer, which weighs the features of each cell, a sum of coarse ones, enlarged, and of fine ones. A
model that ends before it gives the features and the weights; `device.pose.blazepose.heat` does the rest.

    coarse, fine, kernel, bias = before_heat(operators, heat)       # tensors instead of `heat`
"""

from collections.abc import Sequence

import tflite

from converter.flat import Operator
from core.errors import PosefleetError

_CODES = tflite.BuiltinOperator
_NONE = tflite.ActivationFunctionType.NONE


def before_heat(operators: Sequence[Operator], heat: int) -> tuple[int, int, int, int]:
    """The tensors coarse, fine, kernel and bias that `heat` is computed from.

    Raises:
        PosefleetError: it is computed in another way.
    """
    made_by = {tensor: operator for operator in operators for tensor in operator.outputs}
    features, kernel, bias = _inputs(made_by.get(heat), _CODES.CONV_2D, 3)
    enlarged, fine = _inputs(made_by.get(features), _CODES.ADD, 2)
    coarse, _ = _inputs(made_by.get(enlarged), _CODES.RESIZE_BILINEAR, 2)
    options = made_by[enlarged].options
    if options.AlignCorners() or not options.HalfPixelCenters():
        raise PosefleetError("the heat maps are enlarged in another way than known; this is another model")
    return coarse, fine, kernel, bias


def _inputs(operator: Operator | None, code: int, count: int) -> tuple[int, ...]:
    if operator is None or operator.code != code or len(operator.inputs) != count:
        raise PosefleetError("the heat maps are computed in another way than known; this is another model")
    activation = getattr(operator.options, "FusedActivationFunction", None)
    if activation is not None and activation() != _NONE:
        raise PosefleetError("the heat maps' last layers are not linear; this is another model")
    return operator.inputs
