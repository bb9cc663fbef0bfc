"""Many clips at once, in processes of their own that never outlive the one that asked.

    clips = write_clips(footages, Path("films"), processes=2, on_done=lambda clip: print(clip.video))

Processes are spawned, not forked: the caller may hold threads, an interpreter of TensorFlow or a broker connection.
A script that calls this therefore needs `if __name__ == "__main__":`, as multiprocessing says.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from types import FrameType

import cv2

from training.synthesis.clips import Clip, clip_path, read_clip, write_clip
from training.synthesis.footage import Footage


def write_clips(
    footages: Sequence[Footage],
    directory: Path,
    *,
    processes: int = 1,
    on_done: Callable[[Clip], object] | None = None,
) -> list[Clip]:
    """Render what is not there yet; clips come back in the order of the footages.

    Args:
        footages: what to film; the same footage twice is rendered once.
        directory: where the clips are kept.
        processes: how many to use; with 1 everything happens in this process.
        on_done: called in this process with each clip as soon as it is there.

    Raises:
        InputError: a video cannot be written.
        OSError: the disk is full or the directory cannot be written.
        KeyboardInterrupt: after Ctrl-C, when the processes have ended and unfinished files are gone.
    """
    announce = on_done or (lambda _: None)
    wanted = {clip_path(footage, directory): footage for footage in footages}
    missing = {path: footage for path, footage in wanted.items() if not path.with_suffix(".npz").exists()}
    done: dict[Path, Clip] = {}
    if processes > 1 and len(missing) > 1:
        pool = ProcessPoolExecutor(
            min(processes, len(missing)), mp_context=multiprocessing.get_context("spawn"), initializer=_prepare
        )
        jobs = [pool.submit(_make, footage, directory) for footage in missing.values()]
        _collect(pool, jobs, done, announce)
    for path, footage in wanted.items():
        if path not in done:
            done[path] = write_clip(footage, directory)
            announce(done[path])
    return [done[clip_path(footage, directory)] for footage in footages]


def _collect(
    pool: ProcessPoolExecutor, jobs: list[Future[Path]], done: dict[Path, Clip], announce: Callable[[Clip], object]
) -> None:
    workers = list((pool._processes or {}).values())  # noqa: SLF001 - the executor has no public way to end a running job
    try:
        for job in as_completed(jobs):
            clip = read_clip(job.result())
            done[clip.video] = clip
            announce(clip)
    except BaseException:
        workers = list((pool._processes or {}).values())  # noqa: SLF001
        for worker in workers:
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for worker in workers:
            worker.join()


def _make(footage: Footage, directory: Path) -> Path:
    return write_clip(footage, directory).video


def _prepare() -> None:
    """In a new process: one thread, Ctrl-C is the parent's business, and the end comes with the parent's."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _leave(_number: int, _frame: FrameType | None) -> None:
    # As an exception, so that unfinished files are removed on the way out.
    raise SystemExit(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
