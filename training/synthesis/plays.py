"""Ready-made stages: people who cross, who stand close, rooms with nobody, and things that are nobody.

    for stage in crossings(20): ...                 # two people pass each other
    for gap_m in GAPS_M: side_by_side(gap_m)        # from well apart to overlapping
    performance("kick", person=3, take=0)           # one person does one thing, seen from somewhere
    empty_room(3), alone("dog", seed=3)             # nobody at all

Everything is decided by seeds; `crossings(20)[:5] == crossings(5)`.
"""

from collections.abc import Iterable
from math import radians

import numpy as np

from training.synthesis.body import random_build
from training.synthesis.motions import ACTIONS, BACKGROUND, BACKGROUNDS, REPERTOIRE
from training.synthesis.props import Kind, Prop
from training.synthesis.route import Mark, Route
from training.synthesis.scene import Camera
from training.synthesis.script import Script, Segment
from training.synthesis.stage import Actor, Stage

# Between the middles of two bodies; shoulders are about 0.45 m wide, so below that the bodies overlap.
GAPS_M = (1.2, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2)

_ASIDE_M = 1.75  # where people who cross come from and go to
_FPS = (10.0, 12.0, 15.0)
_OFF_AXIS = radians(60)  # people who perform are turned from the camera by so much at most
_PERFORMER = (0.45, 0.7)  # of the picture's height that such a person fills


def crossings(count: int = 20, *, seed: int = 0) -> list[Stage]:
    """Two people pass each other: from both sides or one overtaking or standing, at several speeds and depths."""
    return [_crossing(number, np.random.default_rng([seed, number])) for number in range(count)]


def _crossing(number: int, rng: np.random.Generator) -> Stage:
    kind = ("opposite", "standing", "opposite", "overtaking")[number % 4]
    side = 1.0 if rng.random() < 0.5 else -1.0  # noqa: PLR2004 - from the left or from the right
    near, far = float(rng.uniform(0.25, 0.7)), float(rng.uniform(-0.7, -0.2))
    depths = (near, far) if rng.random() < 0.5 else (far, near)  # noqa: PLR2004 - who hides whom
    pace = float(rng.uniform(0.7, 1.3))
    first = _walk(-side * _ASIDE_M, side * _ASIDE_M, pace, z=depths[0])
    if kind == "standing":
        second = Route((Mark(0.0, x=float(rng.uniform(-0.5, 0.5)), z=depths[1]),))
    elif kind == "overtaking":
        slow = pace * float(rng.uniform(0.3, 0.5))
        way = slow * first.marks[-1].t
        second = _walk(-side * way / 2, side * way / 2, slow, z=depths[1])
    else:
        other = pace * float(rng.uniform(0.75, 1.3))
        second = _walk(side * _ASIDE_M, -side * _ASIDE_M, other, z=depths[1])
    seeds = rng.integers(2**31, size=3)
    return Stage(
        name=f"crossing-{number}",
        room_seed=int(seeds[2]),
        seconds=round(first.marks[-1].t + 0.5, 2),
        actors=(
            Actor(person_seed=int(seeds[0]), route=first),
            Actor(person_seed=int(seeds[1]), route=second, yaw=float(rng.uniform(-0.5, 0.5))),
        ),
        fps=float(rng.choice(_FPS)),
        distance_m=round(float(rng.uniform(3.6, 5.0)), 2),
        camera_height_m=round(float(rng.uniform(1.0, 1.7)), 2),
    )


def _walk(start: float, end: float, pace: float, *, z: float) -> Route:
    """Half a second of standing, then straight to the other side."""
    seconds = 0.5 + abs(end - start) / pace
    stops = ((0.0, start), (0.5, start), (seconds, end))
    return Route(tuple(Mark(round(t, 3), x=round(x, 3), z=round(z, 3)) for t, x in stops))


def side_by_side(gap_m: float, *, seed: int = 0, seconds: float = 2.0) -> Stage:
    """Two people, who do something each, `gap_m` from middle to middle; the one is a little nearer to the camera."""
    rng = np.random.default_rng([seed, round(gap_m * 1000)])
    depth = float(rng.uniform(0.1, 0.3)) * float(rng.choice([-1, 1]))
    places = [(-gap_m / 2, depth), (gap_m / 2, -depth)]
    return Stage(
        name=f"gap-{round(gap_m * 100)}cm-{seed}",
        room_seed=int(rng.integers(2**31)),
        seconds=seconds,
        actors=tuple(_stand(rng, x, z, seconds) for x, z in places),
        distance_m=round(float(rng.uniform(3.2, 4.5)), 2),
    )


def group(people: int, *, seed: int = 0, seconds: float = 4.0) -> Stage:
    """People beside each other, none hiding another, each doing something else."""
    rng = np.random.default_rng([seed, people])
    places = (np.arange(people) - (people - 1) / 2) * 1.0
    return Stage(
        name=f"group-{people}-{seed}",
        room_seed=int(rng.integers(2**31)),
        seconds=seconds,
        actors=tuple(_stand(rng, float(x), float(rng.uniform(-0.3, 0.3)), seconds) for x in places),
        distance_m=round(max(3.2, 1.1 * people), 2),
    )


def _stand(rng: np.random.Generator, x: float, z: float, seconds: float) -> Actor:
    action = str(rng.choice(ACTIONS))
    return Actor(
        person_seed=int(rng.integers(2**31)),
        route=Route((Mark(0.0, x=round(x, 3), z=round(z, 3)),)),
        script=Script((Segment(action, 0.0, seconds),)),
        yaw=round(float(rng.uniform(-0.4, 0.4)), 3),
    )


def performance(action: str, *, person: int, take: int, hidden: bool = False, seconds: float = 3.2) -> Stage:
    """One person does one thing throughout, turned up to 60 degrees from the camera; another take, another camera.

    Args:
        action: of REPERTOIRE, or `background`.
        person: who; decides build, clothes and manner.
        take: which of this person's takes.
        hidden: a cabinet or a post before the person hides legs or an arm.
        seconds: how long.

    Raises:
        ValueError: an action that does not exist.
    """
    rng = np.random.default_rng([person, take, *action.encode()])
    motion = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))] if action == BACKGROUND else action
    actor = Actor(
        person_seed=person,
        route=Route((Mark(0.0, x=round(float(rng.uniform(-0.3, 0.3)), 3)),)),
        script=Script((Segment(action, 0.0, seconds, motion),)),
        yaw=round(float(rng.uniform(-_OFF_AXIS, _OFF_AXIS)), 3),
    )
    camera = Camera(480, 360, 1.0, float(rng.uniform(0.9, 1.6)), float(rng.uniform(0.75, 1.0)))
    height_m = random_build(np.random.default_rng(person)).height_m
    distance_m = camera.focal * height_m / (float(rng.uniform(*_PERFORMER)) * camera.height)
    return Stage(
        name=f"{action}-{person}-{take}" + "-hidden" * hidden,
        room_seed=int(rng.integers(2**31)),
        seconds=seconds,
        actors=(actor,),
        props=(_screen(rng, actor.route.marks[0].x, distance_m),) if hidden else (),
        fps=float(rng.integers(8, 13)),
        width=camera.width,
        height=camera.height,
        distance_m=round(distance_m, 3),
        camera_height_m=round(camera.height_m, 3),
        field_of_view=round(camera.field_of_view, 3),
    )


def performances(people: Iterable[int], *, takes: int = 2) -> list[Stage]:
    """Everything that can be recognised, and background, by each person; in every second take behind something."""
    return [
        performance(action, person=person, take=take, hidden=bool(take % 2))
        for person in people
        for action in (BACKGROUND, *REPERTOIRE)
        for take in range(takes)
    ]


def _screen(rng: np.random.Generator, x: float, distance_m: float) -> Prop:
    """A thing on the way from the camera to somebody's legs, or beside the trunk: to an arm; out of a kick's reach."""
    kind: Kind = "cabinet" if rng.random() < 0.5 else "post"  # noqa: PLR2004 - legs or an arm
    aside = rng.uniform(-0.25, 0.25) if kind == "cabinet" else rng.uniform(0.2, 0.4) * rng.choice([-1, 1])
    z = float(rng.uniform(0.85, 1.0))
    place = Mark(0.0, x=round((x + float(aside)) * (1 - z / distance_m), 3), z=round(z, 3))
    return Prop(kind, Route((place,)), yaw=round(float(rng.uniform(-0.2, 0.2)), 3), seed=int(rng.integers(2**31)))


def empty_room(seed: int, *, seconds: float = 2.0) -> Stage:
    """Nobody and nothing but furniture."""
    return Stage(name=f"empty-{seed}", room_seed=seed, seconds=seconds)


def alone(kind: Kind, *, seed: int = 0, seconds: float = 2.0) -> Stage:
    """A thing or an animal in an otherwise empty room; a dog walks about, a foot is close to the camera."""
    rng = np.random.default_rng([seed, 7])
    wide = 0.3 if kind == "foot" else 1.2
    start, end = sorted(float(x) for x in rng.uniform(-wide, wide, 2))
    route = Route((Mark(0.0, x=round(start, 3)),))
    if kind == "dog":
        route = Route((Mark(0.0, x=round(start, 3)), Mark(seconds, x=round(max(end, start + 0.5), 3), z=0.3)))
    prop = Prop(kind, route, yaw=round(float(rng.uniform(-1.2, 1.2)), 3), seed=seed)
    return Stage(
        name=f"{kind}-{seed}",
        room_seed=int(rng.integers(2**31)),
        seconds=seconds,
        props=(prop,),
        distance_m=round(float(rng.uniform(0.9, 1.8) if kind == "foot" else rng.uniform(2.0, 4.5)), 2),
    )
