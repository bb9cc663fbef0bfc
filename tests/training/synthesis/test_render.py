"""What is drawn is where the ground truth says."""

import numpy as np
import pytest

from core.skeleton import MEDIAPIPE33
from training.synthesis import MOTIONS, Build, Camera, MotionStyle, Posture, Renderer, Room

CAMERA = Camera(320, 240, 2.8, 1.2, 0.9)
# Dyed so that each part of the body is known by its colour: blue, green, red.
DYED = Build(skin=(20, 230, 20), shirt=(20, 20, 240), trousers=(240, 20, 20), hair=(20, 200, 20), sleeves="long")
PARTS = {"shoulder": 2, "elbow": 2, "hip": 0, "knee": 0, "index": 1, "nose": 1}


def shoot(posture, **options):
    return Renderer(DYED, Room(4), CAMERA, **{"noise": 0.0, **options}).shoot(posture)


@pytest.mark.parametrize("motion", ["standing", "wave", "raise_arms", "jumping_jack", "squat"])
@pytest.mark.parametrize("yaw", [-0.5, 0.0, 0.5])
def test_joints_are_on_the_part_that_they_name(motion, yaw):
    """At the pixels of the visible joints the picture has the colour of that part of the body."""
    shot = shoot(MOTIONS[motion](0.9, MotionStyle()), yaw=yaw)
    right = []
    for part, channel in PARTS.items():
        for name in ("nose",) if part == "nose" else (f"left_{part}", f"right_{part}"):
            x, y = shot.joints[MEDIAPIPE33.joints.index(name)].astype(int)
            right.append(int(shot.picture[y, x].argmax()) == channel)
    assert np.mean(right) >= 0.8  # a hand may cover a hip, a knee a hand


def test_all_joints_are_on_the_person_and_nothing_else_changes():
    """The picture differs from the empty room at every joint, and nowhere above or beside the person."""
    shot = shoot(Posture())
    empty = np.asarray(Renderer(DYED, Room(4), CAMERA, noise=0.0, aside_m=50.0).shoot(Posture()).picture)
    change = np.abs(shot.picture.astype(int) - empty).max(axis=2)
    assert all(change[int(y), int(x)] > 12 for x, y in shot.joints)
    low, high = shot.joints.min(axis=0), shot.joints.max(axis=0)
    assert change[: int(low[1]) - 25].max() == 0
    above_floor = change[: int(shot.joints[23:25, 1].mean())]
    assert above_floor[:, : int(low[0]) - 15].max() == 0
    assert above_floor[:, int(high[0]) + 15 :].max() == 0


def test_the_persons_left_is_on_the_right_of_the_picture():
    """Who faces the camera has the left hand on the picture's right side, and the head above the feet."""
    joints = dict(zip(MEDIAPIPE33.joints, shoot(Posture()).joints, strict=True))
    assert joints["left_wrist"][0] > joints["right_wrist"][0]
    assert joints["nose"][1] < joints["left_hip"][1] < joints["left_ankle"][1]


def test_turning_to_the_left_brings_the_nose_to_the_right():
    """Yaw turns the person to its own left."""
    turned, straight = shoot(Posture(), yaw=0.5), shoot(Posture())
    assert turned.joints[0, 0] > straight.joints[0, 0] + 2


def test_the_camera_keeps_the_feet_where_it_promises():
    """The person's place on the floor is at `feet` of the height, for high and low, near and far cameras."""
    for height in (0.6, 1.2, 2.0):
        for distance in (1.5, 3.0, 6.0):
            camera = Camera(480, 360, distance, height, 0.8, feet=0.9)
            assert camera.project(np.zeros(3)) == pytest.approx([240, 0.9 * 360])


def test_nearer_is_larger():
    """Perspective: half the distance is about twice the size."""
    heights = []
    for distance in (2.5, 5.0):
        points = np.array([[0, 0, 0], [0, 1.7, 0.0]])
        heights.append(np.ptp(Camera(480, 360, distance, 1.0, 0.8).project(points)[:, 1]))
    assert heights[0] / heights[1] == pytest.approx(2, rel=0.1)


def test_the_same_seed_gives_the_same_picture():
    """Pictures depend on the arguments alone; the noise on its seed."""
    one, same, other = (shoot(Posture(), noise=4.0, seed=seed).picture for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_the_noise_is_as_strong_as_asked_and_fresh_in_every_frame():
    """The difference of two frames of a still person has the noise's deviation, times the root of two."""
    renderer = Renderer(DYED, Room(4), CAMERA, noise=4.0)
    one, two = (renderer.shoot(Posture()).picture.astype(float) for _ in range(2))
    wall = np.s_[:40, :]
    assert (one - two)[wall].std() / np.sqrt(2) == pytest.approx(4.0, rel=0.2)


def test_rooms_differ_and_repeat():
    """A room is decided by its seed."""
    assert (Room(1).draw(CAMERA) == Room(1).draw(CAMERA)).all()
    assert np.abs(Room(1).draw(CAMERA).astype(int) - Room(2).draw(CAMERA)).mean() > 5
    assert Room(1).light == Room(1).light != Room(2).light
