"""Two hosts and a bad network between them, of this kernel's namespaces and one TUN device in each.

Packets between the two go through this process, which loses, delays and withholds them: no kernel module for traffic
control is needed, only root, `ip` and /dev/net/tun. `missing()` says what of that is absent.

    with Tunnel(Impairment(loss=0.2, bits_per_second=64_000)) as tunnel:
        subprocess.Popen([*tunnel.near, "mosquitto", ...])       # runs as the host 10.66.0.1
        tunnel.partition(60)
"""

import fcntl
import heapq
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import ConfigError

NEAR, FAR = "10.66.0.1", "10.66.0.2"
_DEVICE = Path("/dev/net/tun")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_LARGEST = 2048  # more than a packet
_LONGEST_QUEUE_S = 2.0  # what a slow line holds; the rest is lost, as in a modem


def missing() -> list[str]:
    """What this machine lacks, for a person; empty if two hosts can be made."""
    lacks = [] if os.geteuid() == 0 else ["root"]
    lacks += [] if shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") else ["the program ip"]
    return lacks + ([] if _DEVICE.exists() else [str(_DEVICE)])


@dataclass(frozen=True)
class Impairment:
    """What the network does to packets, in each direction."""

    loss: float = 0.0
    bits_per_second: float = 1e9
    delay_s: float = 0.03
    seed: int = 0


class Tunnel:
    """See the module.

    Raises:
        ConfigError: on entering, this machine lets nobody make namespaces or TUN devices.
    """

    def __init__(self, impairment: Impairment) -> None:
        self.impairment = impairment
        self.lost = self.carried = 0
        self._names = (f"pf{os.getpid()}a", f"pf{os.getpid()}b")
        self._dice = random.Random(impairment.seed)
        self._parted_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        with ExitStack() as made:  # undone unless all of it succeeds
            self._ends = []
            for name, address, peer in zip(self._names, (NEAR, FAR), (FAR, NEAR), strict=True):
                _ip("netns", "add", name)
                made.callback(_ip, "netns", "del", name)
                self._ends.append(_open_tun(name))
                made.callback(os.close, self._ends[-1])
                for command in (f"addr add {address} peer {peer} dev pf0", "link set pf0 up", "link set lo up"):
                    _ip("-n", name, *command.split())
            self._made = made.pop_all()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._made.close()

    @property
    def near(self) -> tuple[str, ...]:
        """What runs a command on the near host."""
        return ("ip", "netns", "exec", self._names[0])

    @property
    def far(self) -> tuple[str, ...]:
        """What runs a command on the far host."""
        return ("ip", "netns", "exec", self._names[1])

    def partition(self, seconds: float) -> None:
        """From now on nothing gets through for a while."""
        self._parted_until = time.monotonic() + seconds

    def _carry(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        free_at, number = [0.0, 0.0], 0
        while not self._stop.is_set():
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 0.1
            readable, _, _ = select.select(self._ends, [], [], min(pause, 0.1))
            now = time.monotonic()
            for end in readable:
                packet, other = os.read(end, _LARGEST), 1 - self._ends.index(end)
                starts = max(now, free_at[other])
                if self._is_lost(now) or starts - now > _LONGEST_QUEUE_S:
                    self.lost += 1
                    continue
                free_at[other] = starts + len(packet) * 8 / self.impairment.bits_per_second
                number += 1
                heapq.heappush(waiting, (free_at[other] + self.impairment.delay_s, number, other, packet))
            while waiting and waiting[0][0] <= now:
                _, _, other, packet = heapq.heappop(waiting)
                os.write(self._ends[other], packet)
                self.carried += 1

    def _is_lost(self, now: float) -> bool:
        return now < self._parted_until or self._dice.random() < self.impairment.loss


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise ConfigError(f"ip {' '.join(arguments)}: {done.stderr.strip()}; namespaces need root and CAP_SYS_ADMIN")


def _open_tun(namespace: str) -> int:
    """A TUN device `pf0` in a namespace, made by a thread that goes there and ends."""

    def make() -> int:
        with Path(f"/var/run/netns/{namespace}").open("rb") as place:
            _setns(place.fileno())
        end = os.open(_DEVICE, os.O_RDWR)
        fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", b"pf0", _IFF_TUN | _IFF_NO_PI))
        return end

    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(make).result()
        except OSError as exc:
            raise ConfigError(f"{_DEVICE}: {exc}; a TUN device needs root and CAP_NET_ADMIN") from exc


def _setns(namespace: int) -> None:
    """Let this thread's network be another one; Python 3.11 has no function for it."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(namespace, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
