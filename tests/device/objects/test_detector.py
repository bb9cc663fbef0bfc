"""Things are found by a real detector now and then, followed in between, and put into slots for a person."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigError, InputError
from core.settings import load_settings
from core.skeleton import COCO17, Pose
from device.objects.detector import ObjectDetector, ObjectMemory, Thing, read_labels, to_slots
from device.settings import DeviceSettings, ObjectSettings
from tests import picture_models

ROWS, COLUMNS = 48, 64
LABELS = ("person", "cup", "phone")


def lamp_detector(tmp_path):
    """A detector that sees a cup, 0.2 x 0.1 of its input, where the light is; and a doubtful phone, and a person."""
    rows = np.array([[-0.1, -0.05, 0.1, 0.05, score, kind] for score, kind in ((0.9, 1), (0.3, 2), (0.95, 0))])[None]
    x, y = (np.zeros_like(rows) + axis for axis in ([1, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 0]))
    path = tmp_path / "lamp.tflite"
    path.write_bytes(picture_models.spot_finder(ROWS, COLUMNS, [(rows, x, y)]))
    return path


def picture(x: float, y: float) -> np.ndarray:
    """A dark room with a light at a place in frame heights."""
    image = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    column, row = round(x * ROWS), round(y * ROWS)
    image[row - 2 : row + 2, column - 2 : column + 2] = 255
    return image


def settings(model, **others) -> ObjectSettings:
    return ObjectSettings(**{"model": model, "labels": LABELS, "classes": ("phone", "cup"), "every": 3, **others})


def test_a_thing_is_in_the_slot_of_its_class(tmp_path):
    """The second class's slot holds centre, size and score in frame heights; the other one, too doubtful, is zeros."""
    detector = ObjectDetector(settings(lamp_detector(tmp_path)))
    slots = detector.update(picture(0.75, 0.5), 10.0)
    assert slots.shape == (2, 5)
    assert slots.dtype == np.float32
    assert not slots[0].any()
    assert slots[1] == pytest.approx([0.75, 0.5, 0.2 * COLUMNS / ROWS, 0.1, 0.9], abs=0.02)


def test_only_every_kth_picture_is_looked_at(tmp_path):
    """Between two looks nothing new is seen, and what moved goes on as it moved."""
    detector = ObjectDetector(settings(lamp_detector(tmp_path), every=3))
    places = [0.3, 0.9, 0.9, 0.45, 0.9, 0.9]  # what is shown between the looks is never seen
    seen = [detector.update(picture(x, 0.5), frame / 30)[1, 0] for frame, x in enumerate(places)]
    assert seen == pytest.approx([0.3, 0.3, 0.3, 0.45, 0.5, 0.55], abs=0.02)


def test_what_is_gone_fades_and_is_forgotten(tmp_path):
    """Each look that misses a thing halves its score; after the third there is nothing."""
    detector = ObjectDetector(settings(lamp_detector(tmp_path), every=1))
    scores = [detector.update(picture(0.5, 0.5), 0.0)[1, 4]]
    scores += [detector.update(np.zeros((ROWS, COLUMNS, 3), np.uint8), frame / 10)[1, 4] for frame in range(1, 5)]
    assert scores == pytest.approx([0.9, 0.45, 0.225, 0, 0], abs=0.01)


def cup(x: float, y: float = 0.5, *, slot: int = 0, score: float = 0.9) -> Thing:
    return Thing(slot, x, y, 0.1, 0.1, score)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0, 0.3))
def test_steady_movement_is_followed_exactly(speed_x, speed_y, ahead):
    """A thing that moves steadily is where it is at any time until the next look."""
    memory = ObjectMemory()
    for at in (5.0, 5.3):
        memory.look([cup(0.5 + speed_x * (at - 5), 0.5 + speed_y * (at - 5))], at)
    (thing,) = memory.things(5.3 + ahead)
    assert thing.x == pytest.approx(0.5 + speed_x * (0.3 + ahead), abs=1e-6)
    assert thing.y == pytest.approx(0.5 + speed_y * (0.3 + ahead), abs=1e-6)


def test_who_is_missed_stays_within_reach():
    """A thing that is not seen again stops after one more interval, instead of flying away."""
    memory = ObjectMemory()
    memory.look([cup(0.5)], 0.0)
    memory.look([cup(0.6)], 0.2)
    memory.look([], 0.4)
    places = [memory.things(0.4 + ahead)[0].x for ahead in (0.0, 0.1, 0.2, 3.0)]
    assert places == pytest.approx([0.7] * 4)


def test_two_of_a_kind_keep_their_ways():
    """Things of one class are matched to the nearest of their class; other classes do not mix."""
    memory = ObjectMemory()
    memory.look([cup(0.2), cup(0.4), cup(0.2, slot=1)], 0.0)
    memory.look([cup(0.45), cup(0.25), cup(0.2, slot=1)], 0.1)
    places = sorted((thing.slot, round(thing.x, 3)) for thing in memory.things(0.2))
    assert places == [(0, 0.3), (0, 0.5), (1, 0.2)]


@pytest.mark.parametrize("later", [-1.0, 5.5, 100.0])
def test_after_a_long_gap_nothing_is_known(later):
    """Times that go back, and gaps of more than five seconds, end what was known."""
    memory = ObjectMemory()
    memory.look([cup(0.5)], 10.0)
    assert memory.things(10.0 + later) == ()
    memory.look([cup(0.55)], 10.0 + later)
    (thing,) = memory.things(10.0 + later + 1)
    assert thing.x == 0.55  # as new: without speed


@given(st.lists(st.lists(st.floats(0, 1), max_size=6), max_size=8))
def test_memory_is_bounded(looks):
    """No more is remembered than the last three looks saw, whatever they saw."""
    memory = ObjectMemory()
    for number, xs in enumerate(looks):
        memory.look([cup(x) for x in xs], number / 10)
        assert len(memory.things(number / 10)) <= sum(len(some) for some in looks[max(0, number - 2) : number + 1])
        assert len(memory.things(number / 10)) >= len(xs)


def person(x: float) -> Pose:
    joints = np.zeros((COCO17.size, 3), np.float32)
    joints[:, 0], joints[:, 1] = np.linspace(x - 0.1, x + 0.1, COCO17.size), np.linspace(0.2, 0.9, COCO17.size)
    score = np.full(COCO17.size, 0.9, np.float32)
    joints[3], score[3] = (5, 5, 0), 0.1  # a joint that is not seen says nothing
    return Pose(joints, score, COCO17.name)


def test_each_person_has_their_own_things():
    """A slot holds the best thing of its class within a person's reach; what is further away is somebody else's."""
    things = [cup(0.3, score=0.5), cup(0.4, score=0.6), cup(1.5, score=0.9), cup(1.6, slot=1)]
    assert to_slots(things, 2, person(0.3))[:, 0] == pytest.approx([0.4, 0])
    assert to_slots(things, 2, person(1.5))[:, 0] == pytest.approx([1.5, 1.6])
    assert to_slots(things, 2)[:, 0] == pytest.approx([1.5, 1.6])
    nobody = Pose(np.zeros((17, 3), np.float32), np.zeros(17, np.float32), COCO17.name)
    assert to_slots(things, 2, nobody)[:, 0] == pytest.approx([1.5, 1.6])
    assert not to_slots([], 3, person(0.3)).any()


def test_labels_come_from_a_file(tmp_path):
    """A text file gives the classes in its order, one a line."""
    path = tmp_path / "labels.txt"
    path.write_text("person\ncup\n\nphone\n")
    assert read_labels(settings(None, labels=path)) == LABELS


def test_a_class_that_nobody_knows_is_named(tmp_path):
    """A class that is none of the labels is a configuration error that says which are known."""
    with pytest.raises(ConfigError, match=r"no 'mug', but person, cup, phone"):
        ObjectDetector(settings(lamp_detector(tmp_path), classes=("mug",)))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"a\n" * 40_000], ids=["missing", "binary", "huge"])
def test_labels_that_are_none_are_refused(tmp_path, content):
    """A label file that is missing, no text or huge is an InputError that names it."""
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"labels\.txt"):
        read_labels(settings(None, labels=path))


def test_settings_without_a_detector_or_classes_say_so(tmp_path):
    """Looking for things takes a model and classes."""
    for incomplete in (settings(None), settings(lamp_detector(tmp_path), classes=())):
        with pytest.raises(ConfigError, match=r"\[objects\] model and classes"):
            ObjectDetector(incomplete)


def test_the_section_is_read_from_a_file(tmp_path):
    """[objects] takes labels as a list or as the name of a file, and each class once."""
    base = '[device]\nsite="a"\nname="b"\n[model]\ndirectory="/m"\npublic_key="' + "A" * 43 + '="\n[objects]\n'
    path = tmp_path / "device.toml"
    path.write_text(base + 'model = "x.tflite"\nlabels = ["cup", "phone"]\nclasses = ["cup"]\n')
    assert load_settings(DeviceSettings, path).objects.labels == ("cup", "phone")
    path.write_text(base + 'labels = "names.txt"\n')
    assert str(load_settings(DeviceSettings, path).objects.labels) == "names.txt"
    path.write_text(base + 'classes = ["cup", "cup"]\n')
    with pytest.raises(ConfigError, match=r"\[objects\] classes: each class can be named only once"):
        load_settings(DeviceSettings, path)
