"""Checks that a layout is what it says: do the limbs hang where they belong, and is left where a body has it?

Left and right are judged by anatomy, in coordinates with x to the right, y down and z away from the camera: a body's
left is up x forward, and forward is where the toes and the nose point. Where there is no depth, a face that is seen
looks into the camera, and then left is on the picture's right (also of a mirrored camera, whose estimator sees a body
like any other). Where neither is known, nothing is said.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from core.skeleton import LAYOUTS
from training.datasets.checks.finding import Finding, share, some
from training.datasets.checks.frames import found_frames
from training.datasets.recording import Recording

_SEEN = 0.5  # score from which a joint's place is trusted
_CLEAR = 0.8  # score from which a face is seen rather than guessed
_FEWEST = 10  # frames, to judge a recording
_JUDGED = 500  # recordings, evenly spread; a layout is wrong in all of a data set or in none
_MOST = 0.7  # of the frames, or of the recordings, must agree
_ACROSS = 0.35  # of the trunk's length: shoulders or hips so wide are seen from the front or the back

_LIMBS = (("elbow", "shoulder"), ("wrist", "elbow"), ("knee", "hip"), ("ankle", "knee"))
_FORWARD = (  # from, to: pairs that point to the front of a body, wherever a layout has them
    (("left_heel", "right_heel"), ("left_foot_index", "right_foot_index")),
    (("left_heel", "right_heel"), ("left_big_toe", "right_big_toe")),
    (("left_ankle", "right_ankle"), ("left_foot", "right_foot")),
    (("left_ear", "right_ear"), ("nose",)),
)

Floats = npt.NDArray[np.float64]


class _Body:
    """The joints of a recording by name, in the frames in which somebody is."""

    def __init__(self, recording: Recording) -> None:
        joints = recording.joints[found_frames(recording)].astype(np.float64)
        self._index = LAYOUTS[recording.layout].index
        self._place, self._score = joints[..., :3], joints[..., 3]
        self.frames = len(joints)

    def has(self, *names: str) -> bool:
        """Whether the layout knows all of these joints."""
        return all(name in self._index for name in names)

    def place(self, *names: str) -> Floats:
        """(N, 3) mean place of some joints; NaN in the frames in which one is not seen."""
        which = [self._index[name] for name in names]
        place = self._place[:, which].mean(axis=1)
        place[self._score[:, which].min(axis=1) < _SEEN] = np.nan
        return np.asarray(place, np.float64)

    def clear(self, *names: str) -> npt.NDArray[np.bool_]:
        """(N,) True where all of these joints are seen for sure."""
        return np.asarray(self._score[:, [self._index[name] for name in names]].min(axis=1) >= _CLEAR, np.bool_)

    @property
    def up(self) -> Floats:
        """(N, 3) from the hips to the shoulders."""
        return self.place("left_shoulder", "right_shoulder") - self.place("left_hip", "right_hip")

    @property
    def left(self) -> Floats:
        """(N, 3) from the right shoulder and hip to the left ones."""
        left, right = (self.place(f"{side}_shoulder", f"{side}_hip") for side in ("left", "right"))
        return left - right


def wrong_layout(recordings: Sequence[Recording]) -> list[Finding]:
    """Limbs on the wrong side, left and right swapped throughout, and people who stand on their heads."""
    chosen = recordings[:: max(1, len(recordings) // _JUDGED)]
    bodies = {one.name: body for one in chosen if (body := _Body(one)).frames and _has_trunk(body)}
    # Of somebody who hangs in the air, left and right cannot be judged.
    return [*_crossed(bodies), *(_upside_down(bodies) or _swapped(bodies))]


def _has_trunk(body: _Body) -> bool:
    return body.has("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def _crossed(bodies: dict[str, _Body]) -> list[Finding]:
    """A joint that is mostly nearer to the other side's parent was named wrongly."""
    wrong = []
    for child, parent in _LIMBS:
        for side, other in (("left", "right"), ("right", "left")):
            names = (f"{side}_{child}", f"{side}_{parent}", f"{other}_{parent}")
            votes = [_nearer_to_other(body, *names) for body in bodies.values() if body.has(*names)]
            if _agree(votes):
                wrong.append(f"{side}_{child} hangs on {other}_{parent}")
    if not wrong:
        return []
    reason = "limbs start on the wrong side of the body: left and right are mixed up within the layout"
    return [Finding("refuse", "wrong_layout", reason, some(wrong), "import again with the true order of the joints")]


def _nearer_to_other(body: _Body, child: str, own: str, other: str) -> float | None:
    """Share of the frames in which a joint is nearer to the other side's parent; None where that cannot be seen."""
    joint, near, far = (body.place(name)[:, :2] for name in (child, own, other))
    trunk = np.linalg.norm(body.up[:, :2], axis=1)
    apart = np.linalg.norm(near - far, axis=1) > _ACROSS * trunk
    known = apart & np.isfinite(joint).all(axis=1) & np.isfinite(trunk)
    closer = np.linalg.norm(joint - far, axis=1) < np.linalg.norm(joint - near, axis=1)
    return _share(closer[known])


def _swapped(bodies: dict[str, _Body]) -> list[Finding]:
    votes = {name: _left_is_right(body) for name, body in bodies.items()}
    if not _agree(votes.values()):
        return []
    judged = [vote for vote in votes.values() if vote is not None]
    where = some(name for name, vote in votes.items() if vote is not None and vote > _MOST)
    reason = (
        f"left and right are swapped: where toes, nose or face show which way people look, their left is on the wrong "
        f"side in {share(float(np.mean(judged)))} of the frames"
    )
    remedy = "import again with the sides exchanged; ignore this where people are seen from behind only"
    return [Finding("warn", "wrong_layout", reason, where, remedy)]


def _left_is_right(body: _Body) -> float | None:
    """Share of the frames in which the left side is where a body has its right one; None where that cannot be seen."""
    z = body.up[:, 2]
    if np.isfinite(z).any() and np.nanmax(np.abs(z)) > 0:
        return _by_depth(body)
    return _by_face(body)


def _by_depth(body: _Body) -> float | None:
    votes = []
    for start, end in _FORWARD:
        if body.has(*start, *end):
            forward = body.place(*end) - body.place(*start)
            expected = np.cross(body.up, forward)
            votes.append((expected * body.left).sum(axis=1))
    if not votes:
        return None
    sides = np.sign(np.stack(votes))
    with np.errstate(invalid="ignore"):
        sums = np.nansum(sides, axis=0)
    return _share(sums[sums != 0] < 0)


def _by_face(body: _Body) -> float | None:
    """Without depth: a face that is seen looks into the camera."""
    face = ("nose", "left_eye", "right_eye")
    if not body.has(*face):
        return None
    trunk = np.linalg.norm(body.up[:, :2], axis=1)
    across = body.left[:, 0]
    known = body.clear(*face) & (np.abs(across) > _ACROSS * trunk)
    return _share(across[known] < 0)


def _upside_down(bodies: dict[str, _Body]) -> list[Finding]:
    votes = {}
    for name, body in bodies.items():
        y = body.up[:, 1]
        votes[name] = _share(y[np.isfinite(y)] > 0)
    if not _agree(votes.values()):
        return []
    where = some(name for name, vote in votes.items() if vote is not None and vote > _MOST)
    reason = "shoulders are below the hips nearly all the time: y grows upwards here, or the pictures are turned"
    return [Finding("refuse", "wrong_layout", reason, where, "import again with y pointing down")]


def _share(votes: npt.NDArray[np.bool_]) -> float | None:
    return float(votes.mean()) if len(votes) >= _FEWEST else None


def _agree(votes: Iterable[float | None]) -> bool:
    """Whether most of the recordings that can be judged say the same."""
    known = [vote for vote in votes if vote is not None]
    return bool(known) and sum(vote > _MOST for vote in known) > _MOST * len(known)
