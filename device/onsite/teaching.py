"""`posefleet device teach ACTION`: countdown, record, keep. The teacher's side; `device.onsite.desk` is the other.

teach(settings, Teach(action="wave"), keep=lambda recorded: True)
"""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from core.errors import InputError, UnavailableError
from device.onsite.control import Keep, Kept, Recorded, Talk, Teach, replies
from device.onsite.control import Progress as Moment
from device.onsite.workbench import reach
from device.settings import DeviceSettings

_SILENCE_S = 15.0  # the daemon speaks several times a second, once it has a picture


def teach(
    settings: DeviceSettings, lesson: Teach, *, keep: Callable[[Recorded], bool], console: Console
) -> Kept | None:
    """Let somebody show an action; None when it is not kept after all.

    Args:
        keep: asked whether what was recorded is kept.

    Raises:
        UnavailableError: there are no pictures, or the daemon refuses.
        InputError: nobody was seen for long enough to learn from.
    """
    with reach(settings) as talk:
        talk.say(lesson)
        recorded = _watch(talk, lesson, console)
        if recorded.windows == 0:
            why = "more than one person was in the picture" if recorded.crowded else "nobody was seen for long enough"
            raise InputError(f"nothing to keep: {why}; `posefleet device preview` shows what the camera sees")
        if not keep(recorded):
            return None
        talk.say(Keep())
        reply = next(replies(talk, _SILENCE_S))
        if not isinstance(reply, Kept):
            raise UnavailableError("the daemon did not say that it kept anything; see its log")
        return reply


def _watch(talk: Talk, lesson: Teach, console: Console) -> Recorded:
    """Show how it goes."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TextColumn("{task.fields[seen]}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("waiting for a picture", total=lesson.seconds, seen="")
        for reply in replies(talk, _SILENCE_S):
            if isinstance(reply, Recorded):
                bar.update(task, completed=lesson.seconds, description="done")
                return reply
            if isinstance(reply, Moment):
                text, done, seen = _shown(reply, lesson)
                bar.update(task, description=text, completed=done, seen=seen)
    raise UnavailableError("the daemon ended in the middle of the lesson; see its log")


def _shown(moment: Moment, lesson: Teach) -> tuple[str, float, str]:
    """What to say, how many seconds of the lesson are over, and what is seen."""
    who = {0: "nobody is seen", 1: "one person is seen"}.get(moment.people, f"{moment.people} people: only one may be")
    if moment.phase == "countdown":
        return f"{lesson.action} in {moment.left_s:.0f} …", 0.0, who
    done = lesson.seconds - moment.left_s
    return f"{lesson.action}, go! {moment.left_s:.0f} s", done, f"{moment.windows} windows; {who}"
