from email.message import Message
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from core.errors import ConfigError
from device.preview import Access
from device.preview_settings import PreviewSettings

TOKEN = "a token of good length"


def headers(**values: str) -> Message:
    message = Message()
    for name, value in values.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.fixture
def closed() -> Access:
    return Access(SecretStr(TOKEN))


@pytest.mark.parametrize("host", ["localhost:8099", "127.0.0.1:8099", "[::1]:8099", "localhost", "127.0.0.1", "[::1]"])
def test_without_a_token_this_machines_browsers_may_look(host: str):
    """Whoever asks for the page by this machine's own name sees it."""
    assert Access(None).admits(headers(Host=host))
    assert Access(None).admits(headers(Host=host, Sec_Fetch_Site="same-origin"))
    assert Access(None).admits(headers(Host=host, Sec_Fetch_Site="none"))


@pytest.mark.parametrize("host", ["evil.example:8099", "localhost.evil.example", "", "127.0.0.1.evil.example:80"])
def test_a_foreign_name_that_points_here_is_refused(host: str):
    """A page that lets its own name point to this machine (DNS rebinding) sees nothing."""
    assert not Access(None).admits(headers(Host=host))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_foreign_page_is_refused(site: str, closed: Access):
    """What another site's page asks for, such as an embedded picture, is refused, with the token or without."""
    assert not Access(None).admits(headers(Host="localhost:8099", Sec_Fetch_Site=site))
    assert not closed.admits(headers(Authorization=f"Bearer {TOKEN}", Sec_Fetch_Site=site))


@pytest.mark.parametrize("wrong", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "tökén", "\udcff"])
def test_only_the_whole_token_opens(wrong: str, closed: Access):
    """Nothing but the token itself is the token; a loopback name does not replace it."""
    assert closed.knows(TOKEN)
    assert not closed.knows(wrong)
    assert not closed.admits(headers(Host="localhost:8099"))
    assert closed.admits(headers(Authorization=f"Bearer {TOKEN}"))


def test_the_cookie_opens_and_is_not_the_token(closed: Access):
    """Who knew the token gets a cookie that scripts and other sites cannot use, that opens this run's page only."""
    cookie = closed.cookie
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    sent = cookie.split(";")[0]
    assert closed.admits(headers(Cookie=f"other=1; {sent}"))
    assert not closed.admits(headers(Cookie=sent[:-1]))
    assert not closed.admits(headers(Cookie="posefleet-preview="))
    assert not Access(SecretStr(TOKEN)).admits(headers(Cookie=sent))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_others_need_a_token(host: str, tmp_path: Path):
    """An address that others can reach is refused without a token, and with one that could be guessed."""
    with pytest.raises(ConfigError, match=r"viewers need a token; set preview\.token_file"):
        Access.of(PreviewSettings(host=host))
    (tmp_path / "token").write_text("short")
    with pytest.raises(ConfigError, match="fewer than 12 characters"):
        Access.of(PreviewSettings(host=host, token_file=tmp_path / "token"))
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert Access.of(PreviewSettings(host=host, token_file=tmp_path / "token")).knows(TOKEN)


def test_the_token_may_be_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Systemd's credential `preview-token` is the token; an empty one, as a package installs it, is none."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "preview-token").write_text("")
    assert not Access.of(PreviewSettings()).needs_token
    (tmp_path / "preview-token").write_text(TOKEN)
    assert Access.of(PreviewSettings(host="0.0.0.0")).knows(TOKEN)


def test_the_address_must_be_one():
    """A name or a typing error as the address to listen on is refused."""
    with pytest.raises(ValidationError, match="not an address"):
        PreviewSettings(host="kitchen.home")
