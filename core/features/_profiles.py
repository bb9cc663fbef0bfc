"""Which joints a feature set looks at, and what it measures them by."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import msgspec

from core.layouts import CORE15, HOLISTIC75, KINECT20, LAYOUTS, Layout

POINTS_PER_OBJECT = 2  # corners of its box


@dataclass(frozen=True)
class Profile:
    """A feature set's view of a body.

    Attributes:
        layout: of the windows that it takes.
        parents: the joints that count, each with the one that its bone comes from; the root has itself.
        origin: one or two joints; everything is measured from their mean.
        ruler: two joints, whose distance is the unit of length.
        dimensions: 2 for x and y, 3 with depth.
        hands: the layout has both hands, and they are described as well.
    """

    layout: str
    parents: tuple[tuple[str, str], ...]
    origin: tuple[str, ...]
    ruler: tuple[str, str]
    dimensions: int = 2
    hands: bool = False

    @property
    def joints(self) -> Layout:
        """The layout itself."""
        return LAYOUTS[self.layout]

    @cached_property
    def chosen(self) -> list[int]:
        """Where the joints that count are in the layout."""
        return [self.joints.index[joint] for joint, _ in self.parents]

    @cached_property
    def bones(self) -> tuple[list[int], list[int]]:
        """Ends and beginnings of all bones, as positions among the chosen joints."""
        places = {joint: place for place, (joint, _) in enumerate(self.parents)}
        bones = [(places[joint], places[parent]) for joint, parent in self.parents if joint != parent]
        return [end for end, _ in bones], [start for _, start in bones]

    def places(self, names: tuple[str, ...]) -> list[int]:
        """Where joints are in the layout."""
        return [self.joints.index[name] for name in names]


def _both_sides(*bones: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """Bones of both arms and legs; what has no side is written with a star."""
    return tuple(
        (f"{side}_{joint}", parent[1:] if parent.startswith("*") else f"{side}_{parent}")
        for joint, parent in bones
        for side in ("left", "right")
    )


_CORE15_BONES = (
    *(("neck", "mid_hip"), ("mid_hip", "mid_hip"), ("nose", "neck")),
    *_both_sides(("shoulder", "*neck"), ("elbow", "shoulder"), ("wrist", "elbow")),
    *_both_sides(("hip", "*mid_hip"), ("knee", "hip"), ("ankle", "knee")),
)
_KINECT20_BONES = (
    *(("hip_centre", "hip_centre"), ("spine", "hip_centre"), ("shoulder_centre", "spine"), ("head", "shoulder_centre")),
    *_both_sides(("shoulder", "*shoulder_centre"), ("elbow", "shoulder"), ("wrist", "elbow"), ("hand", "wrist")),
    *_both_sides(("hip", "*hip_centre"), ("knee", "hip"), ("ankle", "knee"), ("foot", "ankle")),
)
# Whoever signs sits close to the camera: hips and legs are guesses, and shoulders are the steadiest measure.
_UPPER_BONES = (
    *(("nose", "nose"), ("left_shoulder", "left_shoulder"), ("right_shoulder", "left_shoulder")),
    *_both_sides(("elbow", "shoulder"), ("wrist", "elbow")),
)

PROFILES = {
    "core15-2d-v2": Profile(CORE15.name, _CORE15_BONES, ("mid_hip",), ("neck", "mid_hip")),
    "core15-3d-v2": Profile(CORE15.name, _CORE15_BONES, ("mid_hip",), ("neck", "mid_hip"), dimensions=3),
    "kinect20-3d-v2": Profile(
        KINECT20.name, _KINECT20_BONES, ("hip_centre",), ("shoulder_centre", "hip_centre"), dimensions=3
    ),
    "hands-2d-v2": Profile(
        HOLISTIC75.name,
        _UPPER_BONES,
        ("left_shoulder", "right_shoulder"),
        ("left_shoulder", "right_shoulder"),
        hands=True,
    ),
}


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which features a classifier was trained on; part of a release's manifest."""

    name: str = "core15-2d-v2"
    min_score: float = 0.3  # below it a joint counts as unseen
    objects: tuple[str, ...] = ()  # what the object detector looks for, one box each (core.features.boxes_as_points)

    def __post_init__(self) -> None:
        if self.name not in PROFILES:
            raise ValueError(f"unknown feature set {self.name!r}; this version knows {', '.join(sorted(PROFILES))}")

    @property
    def profile(self) -> Profile:
        """The view of the body that the name stands for."""
        return PROFILES[self.name]

    @property
    def rows(self) -> tuple[str, ...]:
        """What is in the rows of a window: the layout's name, then the objects'."""
        return (self.profile.layout, *self.objects)

    @property
    def points(self) -> int:
        """Number of points V of one frame: joints of the layout, then two corners for every object."""
        return self.profile.joints.size + POINTS_PER_OBJECT * len(self.objects)

    @property
    def mirror(self) -> list[int]:
        """The permutation of points that swaps left and right; the corners of a box are of no side."""
        joints = self.profile.joints
        return [*joints.mirror, *range(joints.size, self.points)]

    @property
    def size(self) -> int:
        """Number of features F of one frame."""
        return _size(self)


@lru_cache(maxsize=64)
def _size(spec: FeatureSpec) -> int:
    import numpy as np

    from core.features._extract import extract

    return int(extract(np.zeros((1, spec.points, 4), np.float32), spec, rate_hz=1.0).shape[-1])
