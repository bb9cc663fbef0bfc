import http.client
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.bundle import Bundle
from core.errors import ConfigError, InputError, UnavailableError
from device.learning.samples import SampleStore
from device.onlookers import Onlookers
from device.onsite import desk
from device.onsite.control import Address, Keep, Kept, Look, Progress, Recorded, Talk, Teach, call, replies
from device.onsite.desk import OnSite
from device.settings import DeviceSettings
from tests.beside import beside
from tests.device.looping import loop_settings
from tests.device.sights import sight

QUICK = Teach(action="wave", countdown_s=0.0, seconds=0.5)


class Site:
    """A board without a camera: frames come from `film`."""

    def __init__(self, settings: DeviceSettings, bundle: Bundle) -> None:
        self.settings, self._bundle = settings, bundle
        self.state = settings.device.state_directory
        self.onlookers = Onlookers()
        self.samples = SampleStore(self.state / "samples.sqlite", 1000)

    @contextmanager
    def film(self, *, tracks: tuple[int, ...] = (1,)) -> Iterator[None]:
        """Somebody waves; every frame completes a window of a tenth of a second."""

        def judge(stop: threading.Event) -> None:
            while not stop.wait(0.02):
                now = time.monotonic()
                self.onlookers.see(sight(self._bundle, at=now, tracks=tracks, windows=((now - 0.1, now),)))

        with beside(judge):
            yield

    @contextmanager
    def talk(self) -> Iterator[Talk]:
        with OnSite(self.settings, self.onlookers, self.samples), call(self.state) as talk:
            yield talk


@pytest.fixture
def settings(tmp_path: Path, bundle: Bundle) -> DeviceSettings:
    return loop_settings(tmp_path, bundle)


@pytest.fixture
def site(settings: DeviceSettings, bundle: Bundle) -> Iterator[Site]:
    made = Site(settings, bundle)
    yield made
    made.samples.close()


def with_preview(settings: DeviceSettings, **preview: object) -> DeviceSettings:
    sections = settings.model_dump(exclude={"cameras", "preview"})
    return DeviceSettings(**sections, preview={"enabled": True, **preview})


def attend(talk: Talk, lesson: Teach) -> tuple[list[Progress], Recorded]:
    talk.say(lesson)
    seen: list[Progress] = []
    for reply in replies(talk, 20):
        if isinstance(reply, Recorded):
            return seen, reply
        assert isinstance(reply, Progress)
        seen.append(reply)
    raise AssertionError


def test_a_lesson_counts_down_records_and_is_kept(site: Site):
    """Progress tells countdown and recording; what was recorded becomes labelled samples of now once it is kept."""
    with site.film(), site.talk() as talk:
        seen, recorded = attend(talk, Teach(action="wave", countdown_s=0.5, seconds=0.7))
        phases = [one.phase for one in seen]
        assert phases == sorted(phases)
        assert set(phases) == {"countdown", "recording"}
        assert all(one.people == 1 for one in seen)
        assert seen[-1].windows > 0
        assert 5 < recorded.windows <= 35
        assert site.samples.count_by_action() == {}
        talk.say(Keep())
        assert next(replies(talk, 20)) == Kept(windows=recorded.windows, total=recorded.windows)
    (group,) = site.samples.overview()
    assert (group.action, group.source, group.windows) == ("wave", "lesson", recorded.windows)
    assert abs(group.newest - time.time()) < 20
    assert 0.3 < group.newest - group.oldest < 0.7
    assert not site.onlookers.present


def test_a_lesson_that_nobody_keeps_leaves_nothing(site: Site):
    """When the teacher goes away without keeping it, nothing is stored and nobody looks on any more."""
    with site.film(), site.talk() as talk:
        attend(talk, QUICK)
    assert site.samples.count_by_action() == {}
    assert not site.onlookers.present


def test_several_people_are_no_lesson(site: Site):
    """Windows with a second person in the picture are counted and left out."""
    with site.film(tracks=(1, 2)), site.talk() as talk:
        _, recorded = attend(talk, QUICK)
    assert recorded.windows == 0
    assert recorded.crowded > 5


def test_an_action_that_the_release_does_not_know_is_refused(site: Site):
    """A typing error is no new action, and the right word is offered; --new keeps one for a later release."""
    with site.film():
        with site.talk() as talk, pytest.raises(InputError, match="did you mean 'wave'"):
            attend(talk, Teach(action="wvae"))
        with site.talk() as talk:
            attend(talk, Teach(action="dance", countdown_s=0.0, seconds=0.5, new=True))
            talk.say(Keep())
            assert isinstance(next(replies(talk, 20)), Kept)
    assert set(site.samples.count_by_action()) == {"dance"}


def test_without_pictures_there_is_no_lesson(site: Site, monkeypatch: pytest.MonkeyPatch):
    """A camera that gives nothing is said at once, as something that may come back."""
    monkeypatch.setattr(desk, "_FIRST_FRAME_S", 0.05)
    with site.talk() as talk, pytest.raises(UnavailableError, match="the camera gives no pictures"):
        attend(talk, QUICK)


def test_with_several_cameras_one_is_to_be_named(settings: DeviceSettings, bundle: Bundle):
    """What another camera sees meanwhile is no lesson, so the one that looks must be named."""
    cameras = {"hall": {"url": "0"}, "yard": {"url": "1"}}
    sections = settings.model_dump(exclude={"camera", "cameras"})
    site = Site(DeviceSettings(**sections, cameras=cameras), bundle)
    for wrong in (QUICK, Teach(action="wave", camera="roof")):
        with site.talk() as talk, pytest.raises(InputError, match="one of hall, yard"):
            attend(talk, wrong)
    site.samples.close()


def test_the_preview_lasts_as_long_as_it_is_asked_for(site: Site):
    """Whoever asks gets a page on a port of this machine, which is gone when they are."""
    with site.film(), site.talk() as talk:
        talk.say(Look(port=0))
        address = next(replies(talk, 20))
        assert isinstance(address, Address)
        where = address.url.removeprefix("http://").rstrip("/")
        page = http.client.HTTPConnection(where, timeout=20)
        page.request("GET", "/state")
        assert page.getresponse().status == 200
    gone = http.client.HTTPConnection(where, timeout=20)
    with pytest.raises(ConnectionRefusedError):
        gone.request("GET", "/")


@pytest.mark.parametrize(
    ("look", "why"), [(Look(host="0.0.0.0", port=0), "viewers need a token"), (Look(host="kitchen"), "not an address")]
)
def test_a_preview_that_others_could_open_is_refused(site: Site, look: Look, why: str):
    """Nobody can ask for a page that is open to others without a token, nor at what is no address."""
    with site.talk() as talk:
        talk.say(look)
        with pytest.raises(InputError, match=why):
            next(replies(talk, 20))


def test_a_configured_preview_is_served_and_said(settings: DeviceSettings, bundle: Bundle):
    """With [preview] enabled the page is there while the daemon runs, and whoever asks is told where."""
    site = Site(with_preview(settings, port=0), bundle)
    with site.talk() as talk:
        talk.say(Look())
        address = next(replies(talk, 20))
        assert isinstance(address, Address)
        page = http.client.HTTPConnection(address.url.removeprefix("http://").rstrip("/"), timeout=20)
        page.request("GET", "/")
        assert page.getresponse().status == 200
    site.samples.close()


def test_a_port_that_is_taken_costs_only_the_preview(
    settings: DeviceSettings, bundle: Bundle, caplog: pytest.LogCaptureFixture
):
    """Where something else listens the daemon says so in one line and goes on without its page."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        site = Site(with_preview(settings, port=port), bundle)
        with caplog.at_level(logging.INFO), site.film(), site.talk() as talk:
            attend(talk, QUICK)
        site.samples.close()
    assert "the daemon goes on without its preview" in caplog.text


def test_a_preview_open_to_others_needs_a_token_before_anything_starts(settings: DeviceSettings, bundle: Bundle):
    """A daemon that would show its pictures to anybody does not start."""
    site = Site(with_preview(settings, host="0.0.0.0"), bundle)
    with pytest.raises(ConfigError, match="viewers need a token"):
        OnSite(site.settings, site.onlookers, site.samples)
    site.samples.close()


def test_a_socket_that_cannot_be_made_costs_only_lessons(site: Site, caplog: pytest.LogCaptureFixture):
    """Where the disk refuses the socket the daemon says so in one line and goes on."""
    (site.state / "control.sock" / "in the way").mkdir(parents=True)
    with caplog.at_level(logging.ERROR), OnSite(site.settings, site.onlookers, site.samples):
        pass
    assert "nobody can ask for a preview or a lesson now" in caplog.text
