"""Camera and recognition without the daemon's broker, outbox and releases: for setting a board up.

with reach(settings) as talk:       # the running daemon, or a workbench of our own
    talk.say(Look())
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from core.errors import UnavailableError
from device.latency.meter import LatencyMeter
from device.learning.samples import SampleStore
from device.lookouts import Lookouts, make_lookouts
from device.onlookers import Onlookers
from device.onsite.control import Talk, call
from device.onsite.desk import OnSite
from device.settings import DeviceSettings
from device.slots import ReleaseStore
from device.state import SAMPLES_FILE, alone_in, prepare_state_directory

log = logging.getLogger(__name__)

_NEXT_FRAME_S = 0.25


@contextmanager
def reach(settings: DeviceSettings) -> Iterator[Talk]:
    """Talk to the running daemon; where none runs, look through its cameras without it.

    Raises:
        PosefleetError: neither is possible; the text says why.
    """
    state = prepare_state_directory(settings.device.state_directory)
    with ExitStack() as stack:
        try:
            talk = stack.enter_context(call(state))
        except UnavailableError:
            stack.enter_context(_workbench(settings))
            talk = stack.enter_context(call(state))
        yield talk


@contextmanager
def _workbench(settings: DeviceSettings) -> Iterator[None]:
    state = settings.device.state_directory
    onlookers = Onlookers()
    with ExitStack() as stack:
        stack.enter_context(alone_in(state))
        bundle = ReleaseStore(state, settings.model).load()
        samples = stack.enter_context(SampleStore(state / SAMPLES_FILE, settings.learning.maximum_samples))
        lookouts = stack.enter_context(make_lookouts(settings, bundle, LatencyMeter(), onlookers))
        stop = threading.Event()
        thread = threading.Thread(target=_judge, args=(lookouts, stop), name="workbench")
        stack.callback(thread.join)
        stack.callback(stop.set)
        thread.start()
        stack.enter_context(OnSite(settings, onlookers, samples))
        yield


def _judge(lookouts: Lookouts, stop: threading.Event) -> None:
    while not stop.is_set():
        if (turn := lookouts.next(timeout_s=_NEXT_FRAME_S)) is not None:
            lookout, frame = turn
            lookout.judge(frame)
