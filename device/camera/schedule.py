"""When a camera rests: periods of the day, in local time.

periods = [Period.parse("22:00-06:00")]
any(period.covers(datetime.now().time()) for period in periods)
"""

import re
from dataclasses import dataclass
from datetime import time

_PERIOD = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Period:
    """From one time of the day to another, which is later or on the next day; the end is not part of it."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `22:00-06:00`; 24:00 is the end of the day.

        Raises:
            ValueError: it is no such text, or a period without length.
        """
        match = _PERIOD.fullmatch(text.strip())
        hours = [int(part) for part in match.groups()] if match else []
        try:
            begin_hour, begin_minute, end_hour, end_minute = hours
            begin = time(begin_hour, begin_minute)
            end = time(0) if (end_hour, end_minute) == (24, 0) else time(end_hour, end_minute)
        except ValueError as exc:
            raise ValueError(f"{text!r} is no period of the day; write it as 22:00-06:00") from exc
        if begin == end and (end_hour, begin) != (24, time(0)):
            raise ValueError(f"{text!r} begins and ends at once; write 00:00-24:00 for the whole day")
        return cls(begin, end)

    def covers(self, moment: time) -> bool:
        """Whether a time of the day lies in it."""
        if self.begin < self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end
