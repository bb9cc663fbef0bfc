"""Numbers for Prometheus, when switched on: one page on the loopback, made of the status that is published anyway.

Names are a closed list, labels are names of stages and cameras: nothing here could hold a picture, an address or a
secret. The page is made when the status is; whoever asks costs the daemon nothing but sending it.

    with MetricsPage(settings.metrics) as page:
        page.show(status, lost=outbox.lost, connected=link.connected)      # http://127.0.0.1:9479/metrics
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Literal, Self

from core.errors import ConfigError
from core.messages import Status
from device.settings import MetricsSettings

log = logging.getLogger(__name__)

Kind = Literal["gauge", "counter"]
Sample = tuple[Mapping[str, str], float]

METRICS: dict[str, tuple[Kind, str]] = {
    "posefleet_info": ("gauge", "software and model, as labels; always 1"),
    "posefleet_online": ("gauge", "1 while frames are judged, 0 while the daemon starts or stops"),
    "posefleet_frames_total": ("counter", "frames judged since the start, about, as in the status"),
    "posefleet_frames_per_second": ("gauge", "frames judged per second, as in the status"),
    "posefleet_people": ("gauge", "people in the picture"),
    "posefleet_camera_ok": ("gauge", "1 while a camera gives pictures"),
    "posefleet_latency_seconds": ("gauge", "quantiles of what each stage of a frame takes, as in the status"),
    "posefleet_queue_events": ("gauge", "events that wait for the broker"),
    "posefleet_queue_deltas": ("gauge", "deltas that wait for the fleet's receipt"),
    "posefleet_events_lost_total": ("counter", "events given up since the outbox was made"),
    "posefleet_broker_connected": ("gauge", "1 while the broker is there"),
    "posefleet_problems": ("gauge", "entries in the status's list of problems"),
    "posefleet_degraded": ("gauge", "steps of the latency ladder that are in force"),
}
_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PATIENCE_S = 2.0  # with somebody who connects and does not ask


class MetricsPage:
    """See the module.

    Raises:
        ConfigError: the port is taken, or the host is not this machine's.
    """

    def __init__(self, settings: MetricsSettings) -> None:
        self._page = b""
        try:
            self._server = HTTPServer((settings.host, settings.port), self._handler())
        except OSError as exc:
            raise ConfigError(
                f"[metrics] {settings.host}:{settings.port} cannot be listened on ({exc.strerror}); choose another port"
            ) from exc
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        log.info("metrics are on http://%s:%d/metrics", *self._server.server_address[:2])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def show(self, status: Status, *, lost: int, connected: bool) -> None:
        """From now on the page says this."""
        self._page = render(status, lost=lost, connected=connected).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        return type("Handler", (_Handler,), {"page": staticmethod(lambda: self._page)})


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S

    page: Callable[[], bytes]  # the newest one

    def do_GET(self) -> None:
        if self.path != "/metrics":
            self.send_error(404, "the only page is /metrics")
            return
        page = self.page()
        self.send_response(200)
        self.send_header("Content-Type", _TYPE)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_arguments: object) -> None:
        """Nobody wants a line for every look."""


def render(status: Status, *, lost: int, connected: bool) -> str:
    """The page, in Prometheus's text format 0.0.4."""
    samples = _samples(status, lost=lost, connected=connected)
    lines: list[str] = []
    for name, (kind, says) in METRICS.items():
        lines += [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(labels)} {value:.10g}" for labels, value in samples.get(name, ())]
    return "\n".join(lines) + "\n"


def _samples(status: Status, *, lost: int, connected: bool) -> dict[str, list[Sample]]:
    queue = status.queue
    plain = {
        "online": status.state == "online",
        "frames_total": status.frames or 0,
        "frames_per_second": status.fps or 0,
        "people": status.people or 0,
        "queue_events": queue.events if queue else 0,
        "queue_deltas": queue.deltas if queue else 0,
        "events_lost_total": lost,
        "broker_connected": connected,
        "problems": len(status.problems),
        "degraded": len(status.degraded),
    }
    cameras: dict[str, str | None] = {"": status.camera, **(status.cameras or {})}
    found: dict[str, list[Sample]] = {f"posefleet_{name}": [({}, float(value))] for name, value in plain.items()}
    return found | {
        "posefleet_info": [({"software": status.software or "", "model": status.model or ""}, 1.0)],
        "posefleet_camera_ok": [
            ({"camera": name} if name else {}, float(state == "ok"))
            for name, state in cameras.items()
            if bool(name) == bool(status.cameras)
        ],
        "posefleet_latency_seconds": list(_latencies(status)),
    }


def _latencies(status: Status) -> Iterator[Sample]:
    for stage, one in (status.latency or {}).items():
        for quantile, value_ms in (("0.5", one.p50_ms), ("0.95", one.p95_ms), ("0.99", one.p99_ms)):
            yield {"stage": stage, "quantile": quantile}, value_ms / 1000


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
