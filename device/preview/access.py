"""Who may look at the preview.

- Whoever brings the token: with `Authorization: Bearer`, or in a form, for which the browser gets a cookie. The cookie
  holds a number that means nothing after this run. Comparing takes the same time whatever is wrong.
- Without a token, browsers on this machine that ask for it by its own name. A page of somebody else's that is open in
  such a browser may not: not by an embedded picture, and not by a name of its own that it lets point here.
- An address that others can reach is refused without a token.

    access = Access.of(settings.preview)
    if access.admits(request.headers): ...
"""

import hmac
import secrets
from email.message import Message
from http.cookies import CookieError, SimpleCookie

from pydantic import SecretStr

from core.errors import ConfigError
from core.settings import credential, read_secret
from device.preview_settings import PreviewSettings

_COOKIE = "posefleet-preview"
_LEAST_CHARACTERS = 12  # of a token: with the pause after each wrong one nobody guesses it
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_PAGES = frozenset({"same-origin", "none"})  # of Sec-Fetch-Site: our page, or somebody who typed the address


class Access:
    """See the module.

    Args:
        token: what a viewer must know; None: nothing.
    """

    def __init__(self, token: SecretStr | None) -> None:
        self._token = token
        self._session = secrets.token_urlsafe(32)

    @classmethod
    def of(cls, settings: PreviewSettings, token: SecretStr | None = None) -> "Access":
        """Who may look according to the settings, with a token of this run's or the configured one.

        Raises:
            ConfigError: others could look without a token, or the token is too short or cannot be read.
        """
        if token is None:
            token = read_secret(settings.token_file) if settings.token_file else credential("preview-token")
        if token is None and not settings.is_loopback:
            raise ConfigError(
                f"[preview] host: others can reach {settings.host}, so viewers need a token; "
                "set preview.token_file, or leave host as 127.0.0.1 and use `ssh -L`"
            )
        if token is not None and len(token.get_secret_value()) < _LEAST_CHARACTERS:
            raise ConfigError(
                f"[preview] token_file: the token has fewer than {_LEAST_CHARACTERS} characters; "
                "`openssl rand -hex 16` makes a good one"
            )
        return cls(token)

    @property
    def needs_token(self) -> bool:
        """Whether a viewer must know something."""
        return self._token is not None

    def admits(self, headers: Message) -> bool:
        """Whether a request with these headers may see anything."""
        if headers.get("Sec-Fetch-Site", "none") not in _OWN_PAGES:
            return False
        if self._token is None:
            return headers.get("Host", "").rsplit(":", 1)[0] in _OWN_NAMES or headers.get("Host", "") in _OWN_NAMES
        kind, _, brought = headers.get("Authorization", "").partition(" ")
        if kind == "Bearer" and self.knows(brought.strip()):
            return True
        return _same(_cookie(headers.get("Cookie", "")), self._session)

    def knows(self, text: str) -> bool:
        """Whether this is the token."""
        return self._token is not None and _same(text, self._token.get_secret_value())

    @property
    def cookie(self) -> str:
        """The Set-Cookie header of somebody who knew the token."""
        return f"{_COOKIE}={self._session}; HttpOnly; SameSite=Strict; Path=/"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(_COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value
