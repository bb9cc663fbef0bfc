"""Every known layout of a user's pose model gives the joints where they are, and others are refused with a reason."""

import numpy as np
import pytest

from core.errors import ConfigError, InputError
from device.pose import Effort, make_estimator
from device.pose.outputs import JOINTS
from device.settings import PoseSettings
from tests import picture_models
from tests.device.pose.reports import (
    CELLS,
    COLUMNS,
    MOVENET,
    PICTURE,
    ROWS,
    SINGLE,
    YOLO,
    Layout,
    Seen,
    end_to_end,
    multi_pose,
    people,
    rtmo,
    seen,
    simcc,
    single_pose,
    v7,
    v8,
)
from tests.picture_models import Tensor

SHARES = {
    "pixels": (False, False),
    "box shares": (True, False),
    "keypoint shares": (False, True),
    "shares": (True, True),
}
# One scale holds for a whole tensor: eight bits cannot hold pixels and scores together.
EIGHT_BITS = {"int8": ("int8", 1 / 250, -128), "uint8": ("uint8", 1 / 250, 0)}
CASES = [
    *(pytest.param("yolo", one, SHARES[how], None, id=f"{one.__name__}-{how}") for one in YOLO for how in SHARES),
    pytest.param("movenet", multi_pose, SHARES["shares"], None, id="multi_pose"),
    pytest.param("movenet", single_pose, SHARES["shares"], None, id="single_pose"),
    pytest.param("movenet", simcc, SHARES["pixels"], None, id="simcc"),
    *(
        pytest.param(name, one, SHARES["pixels" if one is simcc else "shares"], how, id=f"{one.__name__}-{kind}")
        for kind, how in EIGHT_BITS.items()
        for name, layouts in (("yolo", YOLO), ("movenet", MOVENET))
        for one in layouts
    ),
]


def estimator_of(tmp_path, estimator: str, model: bytes, **settings):
    path = tmp_path / "pose.tflite"
    path.write_bytes(model)
    return make_estimator(PoseSettings(estimator=estimator, model=path, **settings))


def check(poses, expected: list[np.ndarray]) -> None:
    """Everybody is where they are, within half a pixel, in order of their place from left to right."""
    assert len(poses) == len(expected)
    for pose, person in zip(sorted(poses, key=lambda one: one.joints[:, 0].mean()), expected, strict=True):
        assert pose.layout == "coco17"
        places = pose.joints[:, :2] * PICTURE[0]
        assert np.linalg.norm(places - person[:, :2], axis=1).max() < 0.5
        assert pose.score == pytest.approx(person[:, 2], abs=0.01)
        assert not pose.joints[:, 2].any()


@pytest.mark.parametrize(("estimator", "layout", "shares", "quantized"), CASES)
def test_joints_are_found_where_they_are(tmp_path, estimator, layout, shares, quantized):
    """Each layout, in pixels or shares, float or quantized, gives everybody's joints within half a pixel."""
    single = layout in SINGLE
    expected = people(1 if single else 2)
    answers = layout([seen(one, shares, whole=single) for one in expected])
    how = [quantized] * len(answers)
    model = picture_models.fixed(answers, picture=Tensor((1, ROWS, COLUMNS, 3)), quantized=how)
    made = estimator_of(tmp_path, estimator, model)
    check(made.estimate(np.zeros((*PICTURE, 3), np.uint8), 0.0), expected)
    made.close()


NOBODY = np.zeros((*PICTURE, 3), np.uint8)


def reported(count: int, *, torso: float = 0.9) -> list[Seen]:
    """People as a model reports them, whose shoulders and hips have these scores."""
    found = people(count)
    for person in found:
        person[[5, 6, 11, 12], 2] = torso
    return [seen(person, (True, True)) for person in found]


def model_of(layout: Layout, found: list[Seen]) -> bytes:
    return picture_models.fixed(layout(found), picture=Tensor((1, ROWS, COLUMNS, 3)))


@pytest.mark.parametrize(("estimator", "layout"), [("yolo", v8), ("yolo", end_to_end), ("movenet", multi_pose)])
def test_no_more_people_than_asked_for(tmp_path, estimator, layout):
    """At most `max_people` are given, the best ones, and fewer from the picture on in which the device must save."""
    made = estimator_of(tmp_path, estimator, model_of(layout, reported(4)), max_people=3)
    assert len(made.estimate(NOBODY, 0.0)) == 3
    made.adapt(Effort(max_people=1, detect_every=30))
    (one,) = made.estimate(NOBODY, 1.0)
    assert one.joints[:, 0].mean() * PICTURE[0] == pytest.approx(people(4)[0][:, 0].mean(), abs=0.5)


@pytest.mark.parametrize(
    ("estimator", "layout"),
    [("yolo", v7), ("yolo", v8), ("yolo", rtmo), ("movenet", multi_pose), ("movenet", single_pose)],
)
def test_who_shows_no_torso_is_nobody(tmp_path, estimator, layout):
    """Somebody whose shoulders and hips are on average less visible than asked is not given, as by other estimators."""
    estimator = "yolo" if layout in YOLO else "movenet"
    model = model_of(layout, reported(1, torso=0.45))
    assert estimator_of(tmp_path, estimator, model).estimate(NOBODY, 0.0) == []
    assert len(estimator_of(tmp_path, estimator, model, min_visibility=0.4).estimate(NOBODY, 0.0)) == 1


@pytest.mark.parametrize("layout", [*YOLO, *MOVENET])
def test_numbers_that_are_none_are_nobody(tmp_path, layout):
    """A model that gives NaN finds nobody, and stops nothing."""
    answers = [np.full_like(answer, np.nan) for answer in layout([seen(people(1)[0], (True, True))])]
    model = picture_models.fixed(answers, picture=Tensor((1, ROWS, COLUMNS, 3)))
    estimator = "yolo" if layout in YOLO else "movenet"
    assert estimator_of(tmp_path, estimator, model).estimate(NOBODY, 0.0) == []


def test_an_input_of_any_size_is_filled_by_the_picture(tmp_path):
    """MoveNet MultiPose takes pictures of any proportions, and joints are still where they are."""
    (person,) = people(1)
    size = np.array((256, 160))  # 150 x 90 pixels: scaled to 256 x 154, and bars to a multiple of 32
    scale = np.array((256, 154)) / PICTURE[::-1]
    keypoints = np.concatenate([(person[:, :2] * scale + (0, 3)) / size, person[:, 2:]], axis=1)
    answers = multi_pose([Seen(np.array([0.5, 0.5, 0.9, 0.9]), keypoints)])
    model = picture_models.fixed(answers, picture=Tensor((1, 1, 1, 3), "int32", dynamic=True))
    check(estimator_of(tmp_path, "movenet", model).estimate(NOBODY, 0.0), [person])


def lamp_follower() -> bytes:
    """A single-pose model that takes a light for everybody's hips, and puts the other joints around it."""
    base = np.zeros((1, 1, JOINTS, 3))
    base[..., 2] = 0.9
    base[0, 0, 5:7, :2] = -0.1  # shoulders: up and to the left
    along_x, along_y = np.zeros_like(base), np.zeros_like(base)
    along_x[..., 1] = along_y[..., 0] = 1
    return picture_models.spot_finder(64, 64, [(base, along_x, along_y)])


def lamp_at(x: float, y: float) -> np.ndarray:
    image = np.zeros((240, 320, 3), np.uint8)
    image[round(y) - 4 : round(y) + 4, round(x) - 4 : round(x) + 4] = 200
    return image


def shoulder_distance(pose) -> float:
    return float(np.linalg.norm(pose.joints[5, :2] - pose.joints[11, :2]))


def test_a_single_person_is_followed_by_a_region(tmp_path):
    """A single-pose model first sees the whole picture, then a region that follows the person, larger than they are."""
    made = estimator_of(tmp_path, "movenet", lamp_follower())
    first, second = made.estimate(lamp_at(100, 80), 0.0)[0], made.estimate(lamp_at(104, 82), 0.1)[0]
    # The model's person has a fixed size in its input: seen in a smaller region, it is smaller in the picture.
    assert shoulder_distance(second) < 0.6 * shoulder_distance(first)
    for pose, place in ((first, (100, 80)), (second, (104, 82))):
        assert np.linalg.norm(pose.joints[11, :2] * 240 - place) < 0.5


def test_who_was_lost_is_looked_for_everywhere(tmp_path):
    """When nobody is in the region any more, the next look is at the whole picture again."""
    made = estimator_of(tmp_path, "movenet", lamp_follower())
    assert made.estimate(lamp_at(60, 60), 0.0)
    found = [made.estimate(lamp_at(280, 200), moment) for moment in (0.1, 0.2)]
    assert found[0] == []
    assert np.linalg.norm(found[1][0].joints[11, :2] * 240 - (280, 200)) < 0.5


@pytest.mark.parametrize("estimator", ["yolo", "movenet"])
@pytest.mark.parametrize(
    "shapes",
    [
        [(1, 56, CELLS - 1)],
        [(1, 57, 3 * CELLS)],
        [(1, 1001, 57)],
        [(1, 84, CELLS)],
        [(1, 33, 56)],
        [(1, 1, 17, 2)],
        [(1, 9, 5), (1, 8, 17, 3)],
        [(1, 17, 256), (1, 17, 255)],
        [(17,)],
    ],
    ids=str,
)
def test_unknown_layouts_are_refused(tmp_path, estimator, shapes):
    """An unknown layout is refused in one sentence with the shapes that were seen and the layouts that are known."""
    model = picture_models.fixed([np.zeros(shape) for shape in shapes], picture=Tensor((1, ROWS, COLUMNS, 3)))
    with pytest.raises(InputError, match=r"pose\.tflite") as refused:
        estimator_of(tmp_path, estimator, model)
    message = str(refused.value)
    assert all(str(shape) in message for shape in [(1, ROWS, COLUMNS, 3), *shapes])
    known = "YOLOv8/11-pose (1, 56, N)" if estimator == "yolo" else "MoveNet MultiPose (1, 6, 56)"
    assert known in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("shape", "side"), [((1, 57375, 57), 960), ((1, 25500, 57), 640), ((1, 56, 8400), 640), ((1, 2100, 56), 320)]
)
def test_published_models_have_known_layouts(tmp_path, shape, side):
    """The numbers of rows that YOLOv7-w6-pose and YOLOv8-pose are published with follow from their inputs' sizes."""
    model = picture_models.fixed([np.zeros(shape)], picture=Tensor((1, side, side, 3)))
    assert estimator_of(tmp_path, "yolo", model).estimate(NOBODY, 0.0) == []


@pytest.mark.parametrize("estimator", ["yolo", "movenet"])
def test_a_model_must_be_named(estimator):
    """An estimator for a user's own model says that it needs one."""
    with pytest.raises(ConfigError, match=rf"\[pose\] model: missing; the estimator `{estimator}`"):
        make_estimator(PoseSettings(estimator=estimator))
