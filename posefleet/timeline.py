"""Who does what when in a video: as JSON, and as bars in a terminal.

timeline.people[0].actions[0]       # Action(action='wave', started_at=4.1, ended_at=7.9, confidence=0.97)
print(to_json(timeline))
Console().print(to_table(timeline))
"""

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rich.console import Group

_BAR = 50  # characters: with its neighbours it fits a terminal of eighty
_COLOURS = ("green", "cyan", "magenta", "yellow", "blue", "red", "bright_green", "bright_cyan", "bright_magenta")


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as the daemon would have reported it; seconds since the video's first frame."""

    action: str
    started_at: float
    ended_at: float
    confidence: float


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One appearance of somebody; who leaves and comes back is somebody new."""

    person: int
    first_seen: float
    last_seen: float
    actions: tuple[Action, ...]

    def action_at(self, moment: float) -> Action | None:
        """What they do at a moment; None for nothing of interest."""
        return next((one for one in self.actions if one.started_at <= moment <= one.ended_at), None)


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A whole video, judged by one release."""

    video: str
    model: str
    duration_s: float
    frames: int
    labels: tuple[str, ...]
    people: tuple[Person, ...]


def to_json(timeline: Timeline) -> str:
    """Indented JSON; read it with `msgspec.json.decode(..., type=Timeline)` or anything else."""
    return msgspec.json.format(msgspec.json.encode(timeline), indent=2).decode()


def to_table(timeline: Timeline) -> "Group":
    """A bar for every person, and a line for every action."""
    from rich.console import Group
    from rich.table import Table

    bars = Table(title=f"{timeline.video}: {timeline.duration_s:.1f} s, judged by {timeline.model}", box=None)
    bars.add_column("person", justify="right")
    bars.add_column(f"0 {'─' * (_BAR - 2)}")
    bars.add_column("")
    for person in timeline.people:
        bars.add_row(str(person.person), _bar(timeline, person), f"{person.first_seen:.1f}-{person.last_seen:.1f} s")
    actions = Table()
    for column in ("person", "action", "from", "to", "confidence"):
        actions.add_column(column, justify="left" if column == "action" else "right")
    for person in timeline.people:
        for one in person.actions:
            name = f"[{_colour(timeline, one.action)}]■[/] {one.action}"
            times = (f"{one.started_at:.1f} s", f"{one.ended_at:.1f} s")
            actions.add_row(str(person.person), name, *times, f"{one.confidence:.0%}")
    if not actions.row_count:
        return Group(bars, "No action of this model's was seen." if timeline.people else "Nobody was seen.")
    return Group(bars, actions)


def _bar(timeline: Timeline, person: Person) -> str:
    """Blocks for actions, a thin line for somebody who is there, nothing for nobody."""
    cells = []
    for cell in range(_BAR):
        moment = (cell + 0.5) / _BAR * timeline.duration_s
        action = person.action_at(moment)
        if action is not None:
            cells.append(f"[{_colour(timeline, action.action)}]█[/]")
        else:
            cells.append("·" if person.first_seen <= moment <= person.last_seen else " ")
    return "".join(cells)


def _colour(timeline: Timeline, action: str) -> str:
    return _COLOURS[timeline.labels.index(action) % len(_COLOURS)]
