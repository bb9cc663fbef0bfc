"""Where the features of each joint are: for networks that treat a body as a graph of joints."""

from dataclasses import dataclass

from core.features._profiles import FeatureSpec


@dataclass(frozen=True)
class JointChannels:
    """The joints of a feature set.

    Attributes:
        columns: for each joint its place, its bone, its velocity and whether it was seen, as columns of the features.
            A root has no bone: in its place is where the body as a whole goes; and, where everything is measured
            from the root, how fast the body goes in place of its velocity.
        parents: of each joint, as positions among the joints; a root is its own.
    """

    columns: tuple[tuple[int, ...], ...]
    parents: tuple[int, ...]


def joint_channels(spec: FeatureSpec) -> JointChannels:
    """The joints of a feature set and their columns in what `extract` gives; hands and objects are no joints."""
    names = [joint for joint, _ in spec.profile.parents]
    parents = tuple(names.index(parent) for _, parent in spec.profile.parents)
    count, dimensions = len(names), spec.profile.dimensions
    ends, _ = spec.profile.bones
    places = _blocks(0, count, dimensions)
    bones = _blocks(places[-1].stop, len(ends), dimensions)
    velocities = _blocks(bones[-1].stop, count, dimensions)
    travel, drift = _blocks(velocities[-1].stop, 2, dimensions)
    seen = range(spec.size - count, spec.size)
    of_joint = dict(zip(ends, bones, strict=True))
    columns = []
    for joint, name in enumerate(names):
        velocity = drift if spec.profile.origin == (name,) else velocities[joint]
        columns.append((*places[joint], *of_joint.get(joint, travel), *velocity, seen[joint]))
    return JointChannels(tuple(columns), parents)


def _blocks(start: int, count: int, size: int) -> list[range]:
    return [range(start + size * block, start + size * (block + 1)) for block in range(count)]
