"""Everybody who was seen in the last picture is looked for where they must be, those in front first.

Who is behind somebody is looked for with the others erased, as they just were, and who is lost there where they would
have walked to, for a second.

    following = Following(LandmarkModel(models.landmarks, threads=1), is_person=lambda sight: True)
    lost = following.follow(picture, captured_at)
    following.wait_for_hidden(picture, captured_at, most=3)
    following.people
"""

from collections.abc import Callable

from device.pose.blazepose.followed import Followed, is_anyone, is_bare, is_remainder
from device.pose.blazepose.landmarks import CLEAR_SCORE, LandmarkModel, Sight
from device.pose.blazepose.likeness import freer_by, limb_distance, trunk_distance
from device.pose.blazepose.regions import Array, Image, Region

_HIDDEN_S = 1.0  # so long somebody is followed of whom hardly anything is seen
_JUMP = 0.1  # region sizes from picture to picture: nobody moves as fast as that
# Limbs farther than this, in region sizes, from where they must be may be mixed up with those of others beside ...
_SURPRISE = 0.05
_BESIDE = 0.35  # ... who are as near as that
# Found on 2400 looks at rendered people 20 to 60 cm apart: of the better of two, 97 % are told.
_TRUNK_WEIGHT, _TRUNKS_APART = 0.3, 0.07


class Following:
    """See the module.

    Args:
        is_person: whether a sight looks like somebody.

    Attributes:
        people: who was seen in the last picture.
        hidden: who was seen a moment ago.
    """

    def __init__(self, landmarks: LandmarkModel, is_person: Callable[[Sight], bool]) -> None:
        self._landmarks, self._is_person = landmarks, is_person
        self.people: list[Followed] = []
        self.hidden: list[Followed] = []

    @property
    def regions(self) -> list[Region]:
        """Where everybody is."""
        return [person.region for person in self.people]

    @property
    def bodies(self) -> list[Array]:
        """The joints of everybody, as they were seen last, pixels: what to erase to see others."""
        return [person.sight.joints for person in self.people]

    def others(self, person: Followed) -> list[Followed]:
        """Everybody else."""
        return [other for other in self.people if other is not person]

    def forget(self) -> None:
        """Follow nobody."""
        self.people, self.hidden = [], []

    def follow(self, image: Image, at: float) -> list[Followed]:
        """Look where everybody was; those who are not there. They stay in `people` until `let_go`."""
        still: list[Followed] = []
        # Who is in front first: the others are then looked for behind them.
        for person in sorted(self.people, key=lambda one: one.behind):
            sight = self._look_for(person, still, image, at)
            person.behind = bool(still) and (sight is None or is_anyone(sight, still))
            if person.behind:
                sight = self._look_behind(still, person, image, at)
            elif sight is not None:
                person.clear_at = at
            if sight is not None:
                person.see(sight, at)
                still.append(person)
        return [person for person in self.people if person not in still]

    def let_go(self, lost: list[Followed]) -> None:
        """Who was lost is waited for."""
        self.people = [person for person in self.people if person not in lost]
        self.hidden += lost

    def wait_for_hidden(self, image: Image, at: float, *, most: int) -> None:
        """Look where those must be by now who are hidden behind others, while there are fewer than `most` people."""
        for person in list(self.hidden):
            if not self.people or not 0 <= at - person.seen_at < _HIDDEN_S:
                self.hidden.remove(person)
            elif at > person.seen_at and len(self.people) < most:
                sight = self._look_for_new(image, person.expected(at))
                if sight is not None and self._is_person(sight):
                    person.see(sight, at)
                    person.clear_at = at
                    self.hidden.remove(person)
                    self.people.append(person)

    def _look_for(self, person: Followed, still: list[Followed], image: Image, at: float) -> Sight | None:
        """Somebody in their region; with others beside erased if the model seems to have mixed them up with those."""
        sight = self._landmarks.look(image, person.region)
        beside = [
            other.sight.joints if other in still else other.expected_joints(at)
            for other in self.others(person)
            if trunk_distance(other.sight.joints, person.sight.joints) < _BESIDE * person.region.size
        ]
        alone = self._landmarks.look(image, person.region, without=beside) if beside else None
        if alone is None or alone.score < CLEAR_SCORE:
            return sight
        if sight is None:
            return alone if person.surprise(alone, at) <= _SURPRISE else None
        return alone if _is_better(alone, sight, beside, person, at) else sight

    def _look_behind(self, others: list[Followed], person: Followed, image: Image, at: float) -> Sight | None:
        """Somebody for whom others are mistaken, with those erased: as they just were, and not for long."""
        if not 0 <= at - person.clear_at < _HIDDEN_S:
            return None
        sight = self._landmarks.look(image, person.region, without=[other.sight.joints for other in others])
        if sight is None or limb_distance(sight.joints, person.sight.joints) > _JUMP * person.region.size:
            return None
        if is_remainder(sight, others) or sight.score < CLEAR_SCORE:
            # What is vague or like somebody else counts only where this one must be.
            return sight if person.surprise(sight, at) <= _SURPRISE else None
        if is_bare(sight, others):
            person.clear_at = at
        return sight

    def _look_for_new(self, image: Image, region: Region) -> Sight | None:
        """Somebody of whom enough is seen beside those who are followed, and who is not what is left of them."""
        sight = self._landmarks.look(image, region, without=self.bodies)
        unclear = sight is None or (self.people and sight.score < CLEAR_SCORE)
        if sight is None or unclear or is_remainder(sight, self.people) or not is_bare(sight, self.people):
            return None
        return sight


def _is_better(alone: Sight, together: Sight, others: list[Array], person: Followed, at: float) -> bool:
    """Whether a sight with others erased is the body itself, rather than the one with them in sight, a mixture.

    It keeps clear of their limbs, or is where the body must be; the more so, the farther it is from them.
    """
    freer = freer_by(alone.joints, together.joints, others) / person.region.size
    steadier = person.surprise(together, at) - person.surprise(alone, at)
    apart = min(trunk_distance(alone.joints, other) for other in others) / person.region.size
    return freer + steadier > _TRUNK_WEIGHT * (_TRUNKS_APART - apart)
