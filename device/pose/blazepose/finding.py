"""Who is not followed yet: looked for now and then, in parts of the picture, and close behind those who are.

A look for others costs as much as following somebody, so `Schedule` says when, and `Views` where; who stands close
behind somebody is found by the landmark model alone, of two who touch the detector sees one.

    finding = Finding(Detector(...), landmarks, following, picture.shape, is_person=lambda sight: True)
    finding.look(picture, captured_at, Effort(max_people=3, detect_every=30))       # adds to following.people
    finding.hurry()                         # somebody was lost
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, product

import numpy as np

from device.pose import Effort
from device.pose.blazepose.detector import Detector
from device.pose.blazepose.followed import Followed, bare_share_of, is_bare, is_remainder
from device.pose.blazepose.following import Following
from device.pose.blazepose.landmarks import LandmarkModel, Sight
from device.pose.blazepose.masking import hide
from device.pose.blazepose.newcomers import Newcomers
from device.pose.blazepose.regions import Image, Region, region_around
from device.pose.blazepose.schedule import Schedule
from device.pose.blazepose.stillness import Stillness
from device.pose.blazepose.views import View, Views

Side = tuple[float, float]  # where to look beside somebody: region sizes across, and scale

_SEARCHES = 4  # for somebody who was lost, probably behind somebody else
_VIEWS_AT_ONCE = 12  # around somebody far off there are many more; and it must end whoever replaces whom
_LOOKS = 4  # at a newcomer, in regions each of which leads to the next
# To look for somebody close behind: region sizes to the side, where the model finds who is up to 30 cm off, and scale.
_SIDES = tuple(product((0.0, 0.1, -0.1), (1.0, 0.85)))
_SAME_CENTRE = 0.06  # in region sizes: a detection this near to somebody followed is that person


class Finding:
    """See the module; for pictures of one shape.

    Args:
        following: who is known, and gets who is found.
        is_person: whether a sight looks like somebody.
    """

    def __init__(
        self,
        detector: Detector,
        landmarks: LandmarkModel,
        following: Following,
        shape: tuple[int, ...],
        is_person: Callable[[Sight], bool],
    ) -> None:
        self._detector, self._landmarks, self._following = detector, landmarks, following
        self._is_person = is_person
        self._schedule, self._views, self._stillness = Schedule(), Views(shape), Stillness()
        self._sides, self._has_met = cycle(_SIDES), False

    def hurry(self) -> None:
        """Somebody was lost: look around everybody, the lost ones, too, at once and for a while."""
        self._views.seek(self._following.regions, rounds=_SEARCHES)
        self._schedule.hurry()

    def start_again(self) -> None:
        """Somebody turned out to be no person: look at the whole picture next, in no hurry."""
        self._views.seek([])

    def look(self, image: Image, at: float, effort: Effort) -> None:
        """Look for others, if there is room for them and it is time to."""
        if len(self._people) < effort.max_people and self._is_time(image, at, effort.detect_every):
            self._find(image, at, effort)

    @property
    def _people(self) -> list[Followed]:
        return self._following.people

    def _is_time(self, image: Image, at: float, detect_every: int) -> bool:
        return self._schedule.is_due(
            at,
            empty=not self._people,
            seeking=self._views.seeking,
            detect_every=detect_every,
            is_still=lambda: self._stillness.holds(image, self._following.regions),
        )

    def _find(self, image: Image, at: float, effort: Effort) -> None:
        """Look for people who are not followed yet; for others in all views at once, for later searches may be rare."""
        sides: Iterable[Side] = () if self._schedule.for_change else (next(self._sides),)  # what changes is not close
        if self._has_met and effort.at_once:
            sides = _SIDES  # all of them once more of who was met in the last search
        self._has_met = self._finds(self._views.next(), image, at, effort, sides)
        if self._has_met:
            if effort.at_once:
                self._find_others(image, at, effort)
            self._views.seek(self._following.regions)
        self._stillness.remember(image, self._following.regions, has_met=self._has_met)

    def _find_others(self, image: Image, at: float, effort: Effort) -> None:
        """Look around those who have just been met, until there is nobody else; the rest comes in later pictures."""
        sides: Iterable[Side] = _SIDES
        self._views.seek(self._following.regions)
        for _ in range(_VIEWS_AT_ONCE):
            if not self._views.seeking or len(self._people) == effort.max_people:
                return
            has_met = self._finds(self._views.next(), image, at, effort, sides)
            sides = _SIDES if has_met else ()
            if has_met:
                self._views.seek(self._following.regions)

    def _finds(self, view: View, image: Image, at: float, effort: Effort, sides: Iterable[Side]) -> bool:
        """Whether a view shows somebody new, or somebody is close behind a person."""
        before, newcomers = len(self._people), Newcomers(list(self._people))
        for region in self._candidates(view, image, sides):
            room = effort.max_people - len(self._people)
            if not room or (len(self._people) > before and not effort.at_once):
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
        for person in sorted(
            self._people[:before], key=lambda one: bare_share_of(one.sight, self._following.others(one))
        ):
            others = self._following.others(person)
            in_between = len(others) > 1 and not is_bare(person.sight, others)
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
            sight = self._landmarks.look(image, region, without=self._following.bodies)
            if sight is None:
                break
            region = region_around(*sight.around)
            if newcomers.is_anyone(sight):
                if newcomers.is_hopeless(sight):
                    break
                if newcomers.is_met(sight, region.size):
                    return sight if self._is_person(sight) else None
        return None

    def _without_all(self, image: Image) -> Image:
        return hide(image, self._following.bodies) if self._people else image


def _is_known(region: Region, person: Followed) -> bool:
    away = np.hypot(*np.subtract(region.centre, person.region.centre))
    return bool(away < _SAME_CENTRE * person.region.size)
