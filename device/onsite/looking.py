"""`posefleet device preview`: the viewer's side; `device.onsite.desk` is the other.

look(settings, host=None, port=None, say=print)         # until Ctrl-C
"""

import secrets
from collections.abc import Callable

from core.errors import UnavailableError
from device.onsite.control import Address, Look, Reply, replies
from device.onsite.workbench import reach
from device.preview_settings import is_loopback
from device.settings import DeviceSettings

_ANSWER_S = 20.0  # a board loads its models meanwhile


def look(settings: DeviceSettings, *, host: str | None, port: int | None, say: Callable[[str], None]) -> None:
    """Have the preview served, say where, and wait for Ctrl-C.

    Others than this machine need a token: the configured one, or one of this run's that is said here.

    Raises:
        PosefleetError: it cannot be served; the text says why.
    """
    token = None
    if host is not None and settings.preview.token_file is None and not is_loopback(host):
        token = secrets.token_urlsafe(12)
    with reach(settings) as talk:
        talk.say(Look(host=host, port=port, token=token))
        address = next(replies(talk, _ANSWER_S))
        if not isinstance(address, Address):
            raise UnavailableError("the daemon did not say where the preview is; see its log")
        say(f"The preview is at {address.url}")
        if token is not None:
            say(f"Its token is {token}")
        say("Ctrl-C ends it.")
        if talk.hear(Reply) is None:
            raise UnavailableError("the daemon ended, and the preview with it")
