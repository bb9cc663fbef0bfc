"""What a person sees of a training run: a bar in the terminal, and curves for TensorBoard when asked.

with shown_progress(epochs, Path("curves")) as on_epoch:        # then: tensorboard --logdir curves
    train(..., on_epoch)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from training.quiet import native_stderr_silenced
from training.train import Progress

_BAR_WIDTH = 10  # leaves room for the figures in eighty columns


@contextmanager
def shown_progress(epochs: int, tensorboard: Path | None = None) -> Iterator[Callable[[Progress], None]]:
    """A function to call after every epoch."""
    curves = _curves(tensorboard) if tensorboard else None
    numbers = (MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[says]}"))
    with Bar(TextColumn("epoch"), BarColumn(_BAR_WIDTH), *numbers) as bar:
        task = bar.add_task("training", total=epochs, says="")

        def show(at: Progress) -> None:
            says = f"loss {at.loss:.3f}, validation {at.validation_accuracy:.1%}, kept {at.kept.accuracy:.1%}"
            bar.update(task, completed=at.epoch, says=f"{says} ({at.kept.epoch})")
            if curves:
                curves(at)

        yield show


def _curves(directory: Path) -> Callable[[Progress], None]:
    """A writer of one point of every curve, to disk at once: a run may be killed."""
    with native_stderr_silenced():
        import tensorflow as tf

    writer = tf.summary.create_file_writer(str(directory))

    def write(at: Progress) -> None:
        with writer.as_default(step=at.epoch):
            tf.summary.scalar("loss", at.loss)
            tf.summary.scalar("validation accuracy", at.validation_accuracy)
            tf.summary.scalar("learning rate", at.learning_rate)
        writer.flush()

    return write
