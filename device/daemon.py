"""The daemon: builds every part, starts them in order, and stops them in the reverse order. Nothing else.

exit_code = run(load_settings(DeviceSettings, path))
"""

import logging
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.bundle import Bundle
from core.messages import Status
from core.notify import Notifier
from core.signing import SigningKey
from device.health import Health
from device.homeassistant import announce
from device.latency.governor import make_governor
from device.latency.meter import LatencyMeter
from device.learning.learner import Learner
from device.learning.samples import SampleStore
from device.link.broker_check import check_credentials
from device.link.connection import Link
from device.link.inbound import Handlers
from device.lookouts import make_lookouts
from device.loop import FrameLoop, Parts
from device.onlookers import Onlookers
from device.onsite.desk import OnSite
from device.outbox.store import Outbox
from device.pages import give_back_file_pages
from device.releases import ReleaseClient, ReleaseStore
from device.reload import Reload
from device.reporter import Reporter
from device.settings import DeviceSettings, MetricsSettings
from device.state import KEY_FILE, OUTBOX_FILE, SAMPLES_FILE, alone_in, prepare_state_directory

log = logging.getLogger(__name__)


def run(settings: DeviceSettings, load: Callable[[], DeviceSettings] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit code.

    Args:
        settings: how.
        load: reads the configuration again at SIGHUP; without it the signal changes nothing.

    Raises:
        PosefleetError: the daemon cannot start; the text says why.
    """
    with ExitStack() as stack:
        reload = Reload(settings, load or (lambda: settings))
        stop = stack.enter_context(_listen_to_signals(reload))
        state = prepare_state_directory(settings.device.state_directory)
        stack.enter_context(alone_in(state))
        parts = _build(settings, state, stack)
        give_back_file_pages()  # before other threads load anything
        _start(parts, stack)
        FrameLoop(settings, parts, reload).run(stop)
    return 0


def _build(settings: DeviceSettings, state: Path, stack: ExitStack) -> Parts:
    identity = settings.device
    check_credentials(settings.mqtt)
    key = SigningKey.load_or_create(state / KEY_FILE)
    store = ReleaseStore(state, settings.model)
    bundle = store.load()
    log.info("device %s/%s, key %s; release %s", identity.site, identity.name, key.public, bundle.manifest.model)
    outbox = stack.enter_context(Outbox(state / OUTBOX_FILE, settings.outbox.quota_mb * 2**20))
    if ended := outbox.end_running_events():
        log.warning("%d events were left open by a crash; they are ended", ended)
    samples = stack.enter_context(SampleStore(state / SAMPLES_FILE, settings.learning.maximum_samples))
    meter = LatencyMeter()
    onlookers = Onlookers()
    stack.enter_context(OnSite(settings, onlookers, samples))
    lookouts = make_lookouts(settings, bundle, meter, onlookers)
    ready = queue.SimpleQueue[Bundle]()
    releases = ReleaseClient(store, bundle, on_ready=ready.put)
    learner = Learner(
        settings.learning,
        topics=identity.topics,
        directory=state / "learning",
        samples=samples,
        samples_file=state / SAMPLES_FILE,
        outbox=outbox,
        key=key,
        bundle=bundle,
    )
    handlers = Handlers(
        on_receipt=learner.on_receipt,
        on_round=learner.on_round,
        on_manifest=releases.on_manifest,
        on_chunk=releases.on_chunk,
    )
    link = Link(
        settings.mqtt,
        outbox,
        identity=identity,
        channel=settings.model.channel,
        handlers=handlers,
        discovery=settings.homeassistant.prefix,
    )
    announce(link, settings, bundle.manifest)
    return Parts(
        lookouts=lookouts,
        meter=meter,
        governor=make_governor(settings, meter, lookouts),
        outbox=outbox,
        link=link,
        learner=learner,
        store=store,
        releases=releases,
        ready=ready,
        reporter=Reporter(identity, outbox, link),
        health=Health(Notifier()),
        on_status=_show_metrics(settings.metrics, outbox, link, stack),
    )


def _show_metrics(settings: MetricsSettings, outbox: Outbox, link: Link, stack: ExitStack) -> Callable[[Status], None]:
    if not settings.enabled:
        return lambda _status: None
    from device.metrics import MetricsPage  # an HTTP server that few want

    page = stack.enter_context(MetricsPage(settings))
    return lambda status: page.show(status, lost=outbox.lost, connected=link.connected)


def _start(parts: Parts, stack: ExitStack) -> None:
    """Each part stops before those that it uses."""
    stack.enter_context(parts.link)
    parts.learner.start()
    stack.callback(parts.learner.stop)
    parts.releases.start(parts.link)
    stack.callback(parts.releases.stop)
    stack.enter_context(parts.lookouts)


@contextmanager
def _listen_to_signals(reload: Reload) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; SIGHUP asks for the configuration to be read again."""
    stop = threading.Event()

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            reload.ask()
            return
        log.info("%s: stopping", signal.Signals(number).name)
        stop.set()

    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
