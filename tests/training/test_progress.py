"""A person sees how a run goes, in the terminal and in TensorBoard."""

import numpy as np
import pytest

from training.choice import Kept
from training.progress import shown_progress
from training.train import Progress

pytestmark = pytest.mark.xdist_group("tensorflow")


def at(epoch):
    """After an epoch of three."""
    kept = Kept(0.5, 1, {"logits/bias": np.zeros(2, np.float32)}, 0.5, 1)
    return Progress(epoch, 3, 1 / epoch, 0.4 + epoch / 10, 0.003, kept)


def test_curves_are_written_as_training_goes(tmp_path):
    """TensorBoard finds loss, validation accuracy and learning rate of every epoch, before the run is over."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with shown_progress(3, tmp_path) as on_epoch:
        on_epoch(at(1))
        on_epoch(at(2))
        events = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
        curve = events.Tensors("validation accuracy")
        assert [point.step for point in curve] == [1, 2]
        assert np.frombuffer(curve[1].tensor_proto.tensor_content, np.float32)[0] == pytest.approx(0.6)
        assert {"loss", "learning rate"} <= set(events.Tags()["tensors"])


def test_the_bar_says_what_validation_says(capsys):
    """The terminal shows the loss, the last and the kept validation accuracy."""
    with shown_progress(3) as on_epoch:
        on_epoch(at(2))
    shown = " ".join(capsys.readouterr().out.split())
    for part in ("0.500", "60.0%", "50.0%"):
        assert part in shown
