"""Errors for people: one sentence that names the thing, the place and the remedy.

    PosefleetError          everything below; the command prints it as one line, without a traceback
    ├── ConfigError         a configuration file, an option or a key: whoever set it up can mend it    (exit 2)
    ├── InputError          a file, camera or recording that cannot be used: replace it                (exit 2)
    ├── UnavailableError    a broker, camera or file that may come back: try again later               (exit 1)
    ├── BundleError         a model release that must not run: ask whoever made it                     (exit 1)
    └── DeltaError          a weight delta that must not count: the device is told the reason          (exit 1)

Misuse by a programmer is a ValueError or RuntimeError instead.
"""


class PosefleetError(Exception):
    """What went wrong, where, and what to do about it."""

    exit_code: int = 1


class ConfigError(PosefleetError):
    """A setting is missing, unknown or out of its bounds."""

    exit_code = 2


class InputError(PosefleetError):
    """A file, a camera or a recording cannot be used as it is."""

    exit_code = 2


class UnavailableError(PosefleetError):
    """Something outside is not there now and may come back by itself."""


class BundleError(PosefleetError):
    """A model release is damaged, forged, unsuitable or too old."""


class DeltaError(PosefleetError):
    """A weight delta is refused; `reason` is the word that the receipt carries."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
