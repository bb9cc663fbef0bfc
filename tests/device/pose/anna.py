"""Somebody for a pose estimator to look at: Anna, who waves in her room."""

from training.synthesis import Footage, Script, Segment


def waving(duration_s: float) -> Footage:
    """A film of Anna, 480 x 360 at 10 pictures a second."""
    script = Script((Segment("wave", 0, duration_s),))
    return Footage(
        name="anna", subject="anna", person_seed=5, room_seed=6, script=script, fps=10, width=480, height=360
    )
