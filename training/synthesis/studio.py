"""Many clips at once, in processes of their own that never outlive the one that asked.

    clips = write_clips(footages, Path("films"), processes=2, on_done=lambda clip: print(clip.video))

Processes are spawned, not forked: the caller may hold threads, an interpreter of TensorFlow or a broker connection.
A script that calls this therefore needs `if __name__ == "__main__":`, as multiprocessing says.
"""

import multiprocessing
import multiprocessing.process
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager
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
        arriving = _in_processes(list(missing.values()), directory, processes=min(processes, len(missing)))
        with closing(arriving):
            for clip in arriving:
                done[clip.video] = clip
                announce(clip)
    for path, footage in wanted.items():
        if path not in done:
            done[path] = write_clip(footage, directory)
            announce(done[path])
    return [done[clip_path(footage, directory)] for footage in footages]


def _in_processes(footages: Sequence[Footage], directory: Path, *, processes: int) -> Generator[Clip, None, None]:
    """Clips as they get ready; whatever goes wrong, here or at the caller's, no process is left."""
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)
    workers: list[multiprocessing.process.BaseProcess] = []
    try:
        with _ctrl_c_later():
            jobs = [pool.submit(_make, footage, directory) for footage in footages]
            # The executor has no public way to end a job that runs.
            workers = list(pool._processes.values())  # noqa: SLF001
        for job in as_completed(jobs):
            yield read_clip(job.result())
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold back Ctrl-C in this thread; processes started meanwhile never see it: ending them is this process's part."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _make(footage: Footage, directory: Path) -> Path:
    try:
        return write_clip(footage, directory).video
    except SystemExit:
        # By now unfinished files are gone. The executor would catch the exception and go on with the next footage.
        os._exit(1)


def _prepare() -> None:
    """In a new process: one thread, and the end comes with the parent's."""
    cv2.setNumThreads(1)
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
