"""Neither floods nor secrets reach a log."""

import logging

import pytest

from core.logs import _REMEMBERED, SAME_LINES, SAME_PLACE, WINDOW_S, FewRepeats, NoSecrets, without_credentials


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def few(clock: Clock) -> FewRepeats:
    return FewRepeats(clock=clock)


def line(text: str, *arguments: object, level: int = logging.WARNING, number: int = 1) -> logging.LogRecord:
    return logging.LogRecord("device.link.connection", level, "link.py", number, text, arguments, None)


def test_a_flood_of_one_line_is_a_few_lines_a_minute(few: FewRepeats, clock: Clock):
    """Of a line that comes ten times a second for an hour three a minute pass, and say how many did not."""
    passed = []
    for tenth in range(36_000):
        clock.now = tenth / 10
        record = line("the outbox cannot be written: error %d", tenth)
        passed += [record.getMessage() for _ in range(few.filter(record))]
    assert len(passed) == 60 * SAME_LINES
    assert passed[SAME_LINES] == "the outbox cannot be written: error 600 (597 more lines like this were kept back)"


def test_different_facts_from_one_place_pass_until_they_flood(few: FewRepeats):
    """Lines that differ pass, but not hundreds a minute from one statement; another statement is not affected."""
    words = [chr(97 + n // 26) + chr(97 + n % 26) for n in range(200)]
    assert sum(few.filter(line("camera %s is lost", word)) for word in words) == SAME_PLACE
    assert few.filter(line("camera %s is back", "aa", number=2))


def test_what_was_asked_for_passes(few: FewRepeats):
    """Lines for debugging are never kept back."""
    assert all(few.filter(line("frame", level=logging.DEBUG)) for _ in range(1000))


def test_memory_stays_small(few: FewRepeats, clock: Clock):
    """However many different lines there are in a year, a few hundred are remembered."""
    for number in range(5000):
        clock.now += WINDOW_S
        few.filter(line("".join(chr(97 + int(digit)) for digit in str(number)), number=number))
    assert len(few._began) == len(few._count) == _REMEMBERED
    assert len(few._kept_back) <= _REMEMBERED


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("camera rtsp://user:secret@10.0.0.7/stream: lost", "camera rtsp://10.0.0.7/stream: lost"),
        ("http://user:p@ss@host:80/a?b=c", "http://host:80/a?b=c"),
        ("mail to somebody@example.org, see https://example.org/@me", None),
    ],
)
def test_addresses_name_neither_user_nor_password(text: str, clean: str | None):
    """User and password vanish from addresses, whatever the password holds; other text stays as it is."""
    assert without_credentials(text) == (clean or text)


def test_a_traceback_keeps_the_secret_too():
    """What an exception says goes through the same sieve."""
    try:
        raise ValueError("cannot open rtsp://user:secret@host/")
    except ValueError as exc:
        record = line("a bug")
        record.exc_info = (ValueError, exc, exc.__traceback__)
    text = NoSecrets("%(message)s").format(record)
    assert "rtsp://host/" in text
    assert "secret@" not in text
