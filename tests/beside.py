"""Something that goes on in a thread of its own for as long as a block lasts.

with beside(lambda stop: loop.run(stop)): ...
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(run: Callable[[threading.Event], None]) -> Iterator[None]:
    """Runs until the event that it is given is set, which the end of the block does; then waits for it."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
