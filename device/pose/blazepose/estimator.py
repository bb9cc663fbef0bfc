"""BlazePose for several people, on its two models alone: the same joints as MediaPipe's graph in less time.

Everybody followed costs one run of the landmark model a picture; newcomers are looked for now and then (`Schedule`).

    estimator = BlazePoseEstimator(PoseSettings())
    people = estimator.estimate(picture, captured_at)
"""

from collections.abc import Iterable, Iterator
from itertools import cycle, product

import numpy as np

from core.skeleton import Pose
from device.pose import Effort
from device.pose.blazepose.detector import Detector
from device.pose.blazepose.followed import Followed, is_anyone, is_remainder
from device.pose.blazepose.landmarks import LandmarkModel, Sight
from device.pose.blazepose.likeness import freer_by, limb_distance, trunk_distance
from device.pose.blazepose.masking import bare_share, hide
from device.pose.blazepose.newcomers import Newcomers
from device.pose.blazepose.regions import Array, Image, Region, region_around
from device.pose.blazepose.schedule import Schedule
from device.pose.blazepose.stillness import Stillness
from device.pose.blazepose.views import View, Views
from device.pose.models import find_pose_models
from device.pose.quality import is_person
from device.settings import PoseSettings

Side = tuple[float, float]  # where to look beside somebody: region sizes across, and scale

_DOUBT_S = 1.0  # so long without looking like a person: not followed any more
_SEARCHES = 4  # for somebody who was lost, probably behind somebody else
_HIDDEN_S = 1.0  # so long somebody is followed of whom hardly anything is seen
_JUMP = 0.1  # region sizes from picture to picture: nobody moves as fast as that
# Limbs farther than this, in region sizes, from where they must be may be mixed up with those of others beside ...
_SURPRISE = 0.05
_BESIDE = 0.35  # ... who are as near as that
# Found on 2400 looks at rendered people 20 to 60 cm apart: of the better of two, 97 % are told.
_TRUNK_WEIGHT, _TRUNKS_APART = 0.3, 0.07
_VIEWS_AT_ONCE = 12  # around somebody far off there are many more; and it must end whoever replaces whom
_LOOKS = 4  # at a newcomer, in regions each of which leads to the next
# To look for somebody close behind: region sizes to the side, where the model finds who is up to 30 cm off, and scale.
_SIDES = tuple(product((0.0, 0.1, -0.1), (1.0, 0.85)))
_BARE = 1 / 3  # share of a body that must not lie where others were erased; of what is made up there at most a quarter
_CLEAR_SCORE = 0.9  # of a sight that needs no second look
_SAME_CENTRE = 0.06  # in region sizes: a detection this near to somebody followed is that person


class BlazePoseEstimator:
    """See the module.

    Raises:
        InputError: no models or no runtime is installed.
    """

    def __init__(self, settings: PoseSettings) -> None:
        import cv2

        cv2.setNumThreads(1)  # small pictures: more threads cost more than they bring
        models = find_pose_models(settings.models)
        self._detector = Detector(models.detector, threads=settings.threads)
        self._landmarks = LandmarkModel(models.landmarks, threads=settings.threads)
        self._min_visibility = settings.min_visibility
        self._effort = Effort(settings.max_people, settings.detect_every)
        self._people: list[Followed] = []  # who was seen in the last picture
        self._hidden: list[Followed] = []  # who was seen a moment ago
        self._sides, self._has_met = cycle(_SIDES), False
        self._begin((0, 0, 0))

    def estimate(self, image: Image, captured_at: float) -> list[Pose]:
        """See `device.pose.PoseEstimator`; who was found first comes first."""
        if image.shape != self._shape:
            self._begin(image.shape)
        self._follow(image, captured_at)
        if self._is_time_to_look(image, captured_at):
            self._find(image, captured_at)
        return list(self._poses(captured_at))

    def adapt(self, effort: Effort) -> None:
        """See `device.pose.PoseEstimator`; with fewer people, those found first are followed on."""
        self._effort = effort
        del self._people[effort.max_people :]

    def close(self) -> None:
        """Forget everybody."""
        self._people, self._hidden = [], []

    def _begin(self, shape: tuple[int, ...]) -> None:
        """Pictures of this shape come from now on."""
        self._shape, self._people, self._hidden = shape, list[Followed](), list[Followed]()
        self._schedule, self._views, self._stillness = Schedule(), Views(shape), Stillness()

    def _follow(self, image: Image, at: float) -> None:
        """Look where everybody was."""
        still: list[Followed] = []
        # Who is in front first: the others are then looked for behind them.
        for person in sorted(self._people, key=lambda one: one.behind):
            sight = self._look_for(person, still, image, at)
            person.behind = bool(still) and (sight is None or is_anyone(sight, still))
            if person.behind:
                sight = self._look_behind(still, person, image, at)
            elif sight is not None:
                person.clear_at = at
            if sight is not None:
                person.see(sight, at)
                still.append(person)
        lost = [person for person in self._people if person not in still]
        if lost:
            self._views.seek(self._regions, rounds=_SEARCHES)
            self._schedule.hurry()
        self._people = [person for person in self._people if person in still]
        self._hidden += lost
        self._await(image, at)

    def _look_for(self, person: Followed, still: list[Followed], image: Image, at: float) -> Sight | None:
        """Somebody in their region; with others beside erased if the model seems to have mixed them up with those."""
        sight = self._landmarks.look(image, person.region)
        beside = [
            other.sight.joints if other in still else other.expected_joints(at)
            for other in self._others(person)
            if trunk_distance(other.sight.joints, person.sight.joints) < _BESIDE * person.region.size
        ]
        alone = self._landmarks.look(image, person.region, without=beside) if beside else None
        if alone is None or alone.score < _CLEAR_SCORE:
            return sight
        if sight is None:
            return alone if person.surprise(alone, at) <= _SURPRISE else None
        return alone if _is_better(alone, sight, beside, person, at) else sight

    def _await(self, image: Image, at: float) -> None:
        """Look where those must be by now who are hidden behind others."""
        for person in list(self._hidden):
            if not self._people or not 0 <= at - person.seen_at < _HIDDEN_S:
                self._hidden.remove(person)
            elif at > person.seen_at and len(self._people) < self._effort.max_people:
                sight = self._look_for_new(image, person.expected(at))
                if sight is not None and self._is_someone(sight):
                    person.see(sight, at)
                    person.clear_at = at
                    self._hidden.remove(person)
                    self._people.append(person)

    def _look_behind(self, others: list[Followed], person: Followed, image: Image, at: float) -> Sight | None:
        """Somebody for whom others are mistaken, with those erased: as they just were, and not for long."""
        if not 0 <= at - person.clear_at < _HIDDEN_S:
            return None
        sight = self._landmarks.look(image, person.region, without=[other.sight.joints for other in others])
        if sight is None or limb_distance(sight.joints, person.sight.joints) > _JUMP * person.region.size:
            return None
        if is_remainder(sight, others) or sight.score < _CLEAR_SCORE:
            # What is vague or like somebody else counts only where this one must be.
            return sight if person.surprise(sight, at) <= _SURPRISE else None
        if _is_bare(sight, others):
            person.clear_at = at
        return sight

    def _is_time_to_look(self, image: Image, at: float) -> bool:
        if len(self._people) >= self._effort.max_people:
            return False
        return self._schedule.is_due(
            at,
            empty=not self._people,
            seeking=self._views.seeking,
            detect_every=self._effort.detect_every,
            is_still=lambda: self._stillness.holds(image, self._regions),
        )

    def _find(self, image: Image, at: float) -> None:
        """Look for people who are not followed yet; for others in all views at once, for later searches may be rare."""
        # All sides once more of who was met in the last search, then one at a time; what changes is not that close.
        sides = _SIDES if self._has_met else () if self._schedule.for_change else (next(self._sides),)
        self._has_met = self._finds(self._views.next(), image, at, sides)
        if self._has_met:
            self._find_others(image, at)
            self._views.seek(self._regions)
        self._stillness.remember(image, self._regions, has_met=self._has_met)

    def _find_others(self, image: Image, at: float) -> None:
        """Look around those who have just been met, until there is nobody else; the rest comes in later pictures."""
        sides: Iterable[Side] = _SIDES
        self._views.seek(self._regions)
        for _ in range(_VIEWS_AT_ONCE):
            if not self._views.seeking or len(self._people) == self._effort.max_people:
                return
            has_met = self._finds(self._views.next(), image, at, sides)
            sides = _SIDES if has_met else ()
            if has_met:
                self._views.seek(self._regions)

    def _finds(self, view: View, image: Image, at: float, sides: Iterable[Side]) -> bool:
        """Whether a view shows somebody new, or somebody is close behind a person."""
        before, newcomers = len(self._people), Newcomers(list(self._people))
        for region in self._candidates(view, image, sides):
            if len(self._people) == self._effort.max_people:
                break
            sight = self._meet(image, region, newcomers)
            if sight is not None:
                self._people.append(Followed(sight, at))
                newcomers = Newcomers(list(self._people))
        has_met = len(self._people) > before
        if has_met:
            self._part(before)
        return has_met

    def _part(self, before: int) -> None:
        """Of the first so many people drop those who turn out to be two newcomers, or one and a neighbour, in one."""
        for person in sorted(self._people[:before], key=lambda one: _bare_share(one.sight, self._others(one))):
            others = self._others(person)
            in_between = len(others) > 1 and not _is_bare(person.sight, others)
            if in_between or is_remainder(person.sight, others):
                self._people.remove(person)

    def _candidates(self, view: View, image: Image, sides: Iterable[Side]) -> Iterator[Region]:
        """Where somebody new may be: detections, then close behind people: of two who touch the detector sees one."""
        for detection in self._detector.detect(view.cut(self._without_all(image))):
            region = detection.region.moved(view.left, view.top)
            if not any(_is_known(region, person) for person in self._people):
                yield region
        for person, (side, scale) in product(list(self._people), sides):
            yield person.region.moved(side * person.region.size, 0).scaled(scale)

    def _meet(self, image: Image, region: Region, newcomers: Newcomers) -> Sight | None:
        """Somebody new in a region, or where it leads to."""
        for _ in range(_LOOKS):
            sight = self._landmarks.look(image, region, without=[person.sight.joints for person in self._people])
            if sight is None:
                break
            region = region_around(*sight.around)
            if newcomers.is_anyone(sight):
                if newcomers.is_hopeless(sight):
                    break
                if newcomers.is_met(sight, region.size):
                    return sight if self._is_someone(sight) else None
        return None

    def _look_for_new(self, image: Image, region: Region) -> Sight | None:
        """Somebody of whom enough is seen beside those who are followed."""
        sight = self._look_past(self._people, image, region)
        return sight if sight is not None and _is_bare(sight, self._people) else None

    def _look_past(self, people: list[Followed], image: Image, region: Region) -> Sight | None:
        """Who is in a region with people erased, if it is not what is left of them."""
        sight = self._landmarks.look(image, region, without=[person.sight.joints for person in people])
        unclear = sight is None or (people and sight.score < _CLEAR_SCORE)
        return None if sight is None or unclear or is_remainder(sight, people) else sight

    def _others(self, person: Followed) -> list[Followed]:
        return [other for other in self._people if other is not person]

    @property
    def _regions(self) -> list[Region]:
        return [person.region for person in self._people]

    def _without_all(self, image: Image) -> Image:
        return hide(image, [person.sight.joints for person in self._people]) if self._people else image

    def _poses(self, at: float) -> Iterator[Pose]:
        for person in list(self._people):
            if self._is_person(person.joints, person.visibility):
                person.convincing_at = at
                yield Pose(person.joints / np.float32(self._shape[0]), person.visibility.clip(0, 1))
            elif not 0 <= at - person.convincing_at < _DOUBT_S:
                self._people.remove(person)
                self._views.seek([])

    def _is_someone(self, sight: Sight) -> bool:
        return self._is_person(sight.joints, sight.visibility)

    def _is_person(self, joints: Array, visibility: Array) -> bool:
        rows, columns = self._shape[:2]
        scaled = joints / np.float32(rows)
        return is_person(scaled, visibility, aspect=columns / rows, min_visibility=self._min_visibility)


def _is_known(region: Region, person: Followed) -> bool:
    away = np.hypot(*np.subtract(region.centre, person.region.centre))
    return bool(away < _SAME_CENTRE * person.region.size)


def _is_better(alone: Sight, together: Sight, others: list[Array], person: Followed, at: float) -> bool:
    """Whether a sight with others erased is the body itself, rather than the one with them in sight, a mixture.

    It keeps clear of their limbs, or is where the body must be; the more so, the farther it is from them.
    """
    freer = freer_by(alone.joints, together.joints, others) / person.region.size
    steadier = person.surprise(together, at) - person.surprise(alone, at)
    apart = min(trunk_distance(alone.joints, other) for other in others) / person.region.size
    return freer + steadier > _TRUNK_WEIGHT * (_TRUNKS_APART - apart)


def _is_bare(sight: Sight, people: list[Followed]) -> bool:
    """Whether enough of somebody is seen beside people."""
    return _bare_share(sight, people) >= _BARE


def _bare_share(sight: Sight, people: list[Followed]) -> float:
    return bare_share(sight.joints, [person.sight.joints for person in people])
