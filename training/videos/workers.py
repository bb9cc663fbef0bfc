"""Work for several processes that nothing can hang: not a crash of one of them, not the sudden death of their parent.

- Ctrl-C is their parent's; when the parent is gone, however it went, so are they.
- A job that fails comes back as its error. A job that kills its process (a decoder's crash) fails alone: the others
  are done in new processes.

    for job, error in in_processes(extract, jobs, processes=2): ...     # error is None when all went well
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from core.errors import InputError, PosefleetError

Job = TypeVar("Job")


def in_processes(
    work: Callable[[Job], None], jobs: Sequence[Job], *, processes: int
) -> Iterator[tuple[Job, PosefleetError | None]]:
    """Do every job; yields each when it is done. Both `work` and the jobs travel to processes: they can be pickled."""
    waiting = list(jobs)
    if not waiting:
        return
    broken = False
    with _pool(min(processes, len(waiting))) as pool:
        futures = {pool.submit(work, job): job for job in waiting}
        for future in as_completed(futures):
            try:
                error = _outcome(future.result)
            except BrokenProcessPool:
                broken = True
                break
            waiting.remove(futures[future])
            yield futures[future], error
    if broken:
        yield from _one_by_one(work, waiting)


def _one_by_one(work: Callable[[Job], None], jobs: Sequence[Job]) -> Iterator[tuple[Job, PosefleetError | None]]:
    """Each job in a process of its own: slower, and whose job crashes is known."""
    for job in jobs:
        with _pool(1) as pool:
            try:
                yield job, _outcome(pool.submit(work, job).result)
            except BrokenProcessPool:
                yield job, InputError("the process that worked on it crashed or ran out of memory; leave it out")


def _outcome(result: Callable[[], None]) -> PosefleetError | None:
    try:
        result()
    except PosefleetError as exc:
        return exc
    return None


@contextlib.contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that end at once when the block is left early."""
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker)
    try:
        yield pool
    finally:
        workers = list((pool._processes or {}).values())  # noqa: SLF001 - the public way waits for running jobs
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
            worker.join()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # MediaPipe's graph and FFmpeg write lines for every video straight to this handle, and nothing else uses it: errors
    # travel to the parent as exceptions.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    threading.Thread(target=_die_with_parent, name="parent-watch", daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
