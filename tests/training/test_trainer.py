"""A trainer's state is everything that its next step depends on."""

import numpy as np
import pytest

from core.architecture import Architecture, Conv1D, Dense, MeanMaxPool
from core.network import forward

pytestmark = pytest.mark.xdist_group("tensorflow")

NETWORK = Architecture(6, 8, (Conv1D("conv", 8, 3, "relu"), MeanMaxPool(), Dense("hidden", 8, "relu"), Dense("out", 3)))


DENSE = Architecture(6, 8, (Dense("embed", 8, "relu"), MeanMaxPool(), Dense("out", 3)))


def make(seed=0, network=NETWORK, **changes):
    """A trainer of a small network."""
    from training.trainer import Recipe, Trainer

    settings = {"weight_decay": 0.01, "gradient_norm": 1, "label_smoothing": 0, "dropout": 0.3, "head_dropout": 0.5}
    return Trainer(network, Recipe(**(settings | {"average": 0.9} | changes)), seed=seed)


def batches(count, seed):
    """Batches of three classes that differ in their means."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        labels = rng.integers(0, 3, 16)
        windows = rng.normal(size=(16, 8, 6)) + np.eye(3, 6)[labels][:, None]
        yield windows.astype(np.float32), np.eye(3, dtype=np.float32)[labels]


def test_a_restored_trainer_goes_on_where_the_other_was():
    """Steps after a restore give the weights that they would have given the first trainer, dropout and all."""
    first, second = make(), make(seed=0)
    first.run(batches(5, 0), lambda _: 0.01)
    second.restore(first.state())
    assert second.steps == 5
    for trainer in (first, second):
        trainer.run(batches(5, 1), lambda _: 0.01)
    mine, others = first.weights(), second.weights()
    for name in mine:
        np.testing.assert_allclose(others[name], mine[name], rtol=1e-6, atol=1e-7)


def test_another_networks_state_is_refused():
    """A state with a variable too few is a ValueError, and nothing is restored."""
    trainer = make()
    state = trainer.state()
    state.popitem()
    with pytest.raises(ValueError, match="another network or optimizer"):
        trainer.restore(state)


def test_the_learning_rate_is_asked_for_every_step():
    """Steps are counted over all runs, and nothing is learnt at a rate of zero."""
    asked = []
    trainer = make(average=0.0, weight_decay=0.0)
    before = trainer.weights()
    for seed in (0, 1):
        trainer.run(batches(3, seed), lambda step: asked.append(step) or 0.0)
    assert asked == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(trainer.weights()["out/kernel"], before["out/kernel"])


def test_averaged_weights_follow_the_latest():
    """What is given out is an average over steps: between where training began and where it is."""
    latest, averaged = make(average=0.0), make(average=0.9)
    start = latest.weights()["out/kernel"]
    for trainer in (latest, averaged):
        trainer.run(batches(20, 0), lambda _: 0.01)
    far, near = (np.abs(one.weights()["out/kernel"] - start).mean() for one in (latest, averaged))
    assert 0 < near < far


@pytest.mark.parametrize("normed", [True, False])
def test_small_features_count_as_much_as_others_only_when_normed(normed):
    """A feature a hundredth as large as the others gets weights as much larger, unless inputs stay as they are."""
    trainer = make(network=DENSE, input_norm=normed, weight_decay=0)
    sizes = np.array([0.01, 1, 1, 1, 1, 1], np.float32)
    trainer.run(((features * sizes, targets) for features, targets in batches(200, 0)), lambda _: 0.0)
    rows = np.abs(trainer.weights()["embed/kernel"]).mean(axis=1)
    assert (rows[0] > 10 * rows[1:].mean()) == normed


def test_mixed_precision_gives_float32_weights_that_have_learnt():
    """In bfloat16 a network learns as well, and its weights are float32."""
    trainer = make(precision="mixed_bfloat16")
    trainer.run(batches(80, 0), lambda _: 0.01)
    weights = trainer.weights()
    assert {tensor.dtype for tensor in weights.values()} == {np.dtype(np.float32)}
    windows, targets = next(batches(1, 99))
    assert (forward(NETWORK, weights, windows).argmax(axis=1) == targets.argmax(axis=1)).mean() > 0.8
