import numpy as np

from device.camera.stillness import Life, Stillness

ROOM = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
FPS = 10.0


def show(stillness: Stillness, seconds: float, *, begin: float = 0.0, noise: int = 0) -> list[Life]:
    rng = np.random.default_rng(2)
    pictures = (
        ROOM + rng.integers(0, noise + 1, ROOM.shape, dtype=np.uint8)
        for _ in range(round(seconds * FPS))
    )  # fmt: skip
    return [stillness.look(picture, begin + number / FPS) for number, picture in enumerate(pictures)]


def started(after_s: float = 4.0) -> Stillness:
    stillness = Stillness()
    stillness.restart(after_s)
    return stillness


def test_the_same_picture_for_too_long_is_frozen():
    """Until the time allowed is over a repeated picture is alive, then it is frozen."""
    lives = show(started(), 6.0)
    assert lives == [Life.ALIVE] * 40 + [Life.FROZEN] * 20


def test_a_quiet_room_with_a_noisy_sensor_is_alive():
    """One grey level of noise is enough to tell a quiet room from a frozen source."""
    assert set(show(started(), 20.0, noise=1)) == {Life.ALIVE}


def test_a_frozen_picture_from_a_new_handle_is_no_recovery():
    """Shown again it is doubtful, and frozen after as long; the first other picture is a recovery."""
    stillness = started()
    show(stillness, 5.0)
    stillness.restart(4.0)
    assert show(stillness, 6.0, begin=100.0) == [Life.DOUBTFUL] * 40 + [Life.FROZEN] * 20
    stillness.restart(4.0)
    assert show(stillness, 1.0, begin=200.0)[-1] is Life.DOUBTFUL
    assert stillness.look(255 - ROOM, 201.0) is Life.ALIVE
    assert show(stillness, 1.0, begin=201.1) == [Life.ALIVE] * 10


def test_time_without_a_handle_does_not_count():
    """The picture from before an interruption may come again right after it."""
    stillness = started()
    show(stillness, 2.0)
    stillness.restart(4.0)
    assert show(stillness, 2.0, begin=1000.0) == [Life.ALIVE] * 20


def test_it_can_be_switched_off():
    """With 0 seconds nothing is ever frozen."""
    assert set(show(started(0.0), 60.0)) == {Life.ALIVE}
