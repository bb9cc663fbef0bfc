"""What people at the board may ask of it while it runs: a preview, a lesson.

with OnSite(settings, onlookers, samples): ...

Nothing of this leaves the board by itself: the preview is a page that somebody opens, samples are stored here.
"""

import difflib
import logging
import sqlite3
import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from pydantic import SecretStr, ValidationError

from core.bundle import Manifest
from core.errors import ConfigError, InputError, PosefleetError, UnavailableError
from device.learning.samples import SampleStore
from device.onlookers import Onlookers
from device.onsite.control import Address, Keep, Kept, Listener, Look, Progress, Recorded, Refused, Request, Talk, Teach
from device.onsite.lesson import Lesson
from device.preview import Access, Gallery, PreviewServer
from device.preview_settings import PreviewSettings
from device.settings import DeviceSettings

log = logging.getLogger(__name__)

_FIRST_FRAME_S = 8.0  # until one is judged: a stream that was lost a moment ago is opened again within this
_PROGRESS_S = 0.2
_DECISION_S = 600.0  # to say whether a recording is kept


class OnSite:
    """See the module. Start and stop it with `with`.

    Raises:
        ConfigError: the preview that the settings describe would be open to anybody.
    """

    def __init__(self, settings: DeviceSettings, onlookers: Onlookers, samples: SampleStore) -> None:
        self._settings, self._onlookers, self._samples = settings, onlookers, samples
        self._gallery = Gallery(onlookers, [name or "" for name in settings.all_cameras])
        self._access = Access.of(settings.preview) if settings.preview.enabled else None
        self._server: PreviewServer | None = None
        self._stopping = threading.Event()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._access is not None:
            self._serve_preview(self._access)
        try:
            self._stack.enter_context(Listener(self._settings.device.state_directory, self._serve))
        except OSError as exc:  # a full disk, for example, must not cost the recognition
            log.error("nobody can ask for a preview or a lesson now: %s", exc)  # noqa: TRY400 - no fault of ours
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._stack.close()

    def _serve_preview(self, access: Access) -> None:
        try:
            self._server = self._stack.enter_context(PreviewServer(self._settings.preview, self._gallery, access))
        except ConfigError as exc:  # a port that is taken must not cost the recognition
            log.error("%s; the daemon goes on without its preview", exc)  # noqa: TRY400 - no fault of ours
        else:
            log.info("preview at %s", self._server.url)

    def _serve(self, talk: Talk) -> None:
        request = talk.hear(Request, _DECISION_S)
        try:
            if isinstance(request, Teach):
                self._teach(talk, request)
            elif isinstance(request, Look):
                self._look(talk, request)
        except (PosefleetError, sqlite3.Error) as exc:
            talk.say(Refused(why=str(exc)[:1000], mistake=isinstance(exc, ConfigError | InputError)))

    def _look(self, talk: Talk, request: Look) -> None:
        if self._server is not None and request == Look():
            talk.say(Address(url=self._server.url))
            return
        wanted = {"host": request.host, "port": request.port}
        changes = {key: value for key, value in wanted.items() if value is not None}
        try:
            settings = PreviewSettings(**(self._settings.preview.model_dump() | changes))
        except ValidationError as exc:
            raise ConfigError(f"--host, --port: {exc.errors()[0]['msg']}") from exc
        access = Access.of(settings, None if request.token is None else SecretStr(request.token))
        with PreviewServer(settings, self._gallery, access) as server:
            talk.say(Address(url=server.url))
            talk.hear(Request)  # nothing more is said: this returns when the other end is gone

    def _teach(self, talk: Talk, request: Teach) -> None:
        self._check_camera(request.camera)
        lesson = Lesson(request.camera)
        with self._onlookers.joined_by(lesson):
            manifest = lesson.wait_for_manifest(_FIRST_FRAME_S)
            if manifest is None:
                raise UnavailableError("the camera gives no pictures now; `posefleet device check` says more")
            if not request.new:
                check_action(request.action, manifest)
            self._record(talk, request, lesson)
        windows, crowded = lesson.windows()
        talk.say(Recorded(windows=len(windows), crowded=crowded))
        if not windows or not isinstance(talk.hear(Request, _DECISION_S), Keep):
            return
        offset = time.time() - time.monotonic()
        for window in windows:
            self._samples.add(window.keypoints, request.action, captured_at=window.moment + offset, source="lesson")
        total = self._samples.count_by_action().get(request.action, 0)
        log.info("a lesson: %d windows of %s are kept, %d in all", len(windows), request.action, total)
        talk.say(Kept(windows=len(windows), total=total))

    def _record(self, talk: Talk, request: Teach, lesson: Lesson) -> None:
        begins = time.monotonic() + request.countdown_s
        ends = begins + request.seconds
        lesson.begin(begins, seconds=request.seconds)
        while not lesson.is_over(now := time.monotonic()):
            if self._stopping.wait(_PROGRESS_S):
                raise UnavailableError("the daemon stops")
            waits = now < begins
            talk.say(
                Progress(
                    phase="countdown" if waits else "recording",
                    left_s=max(0.0, (begins if waits else ends) - now),
                    people=lesson.people,
                    windows=lesson.count,
                )
            )

    def _check_camera(self, camera: str | None) -> None:
        names = [name for name in self._settings.all_cameras if name is not None]
        if (camera is None and len(names) > 1) or (camera is not None and camera not in names):
            known = f"one of {', '.join(names)}" if names else "no name: there is only one camera"
            raise ConfigError(f"--camera: say which camera looks at the lesson, {known}")


def check_action(action: str, manifest: Manifest) -> None:
    """See that a release knows an action.

    Raises:
        InputError: it does not; a release that does would be needed to learn it.
    """
    if action in manifest.labels:
        return
    close = difflib.get_close_matches(action, manifest.labels, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it knows {', '.join(manifest.labels)}."
    raise InputError(
        f"{manifest.model} does not know the action {action!r}; {hint} "
        "With --new it is kept for a later release that does."
    )
