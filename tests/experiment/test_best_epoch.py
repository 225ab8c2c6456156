"""What training keeps of its epochs."""

import json

import keras
import numpy as np
import pytest
from disk_limits import no_file_above

from keras_multimodal._disk_space import FullDiskError
from keras_multimodal.experiment.best_epoch import BestEpoch


def test_weights_are_kept_of_the_best_epoch_and_the_last(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", patience=9, deadline=None)
    best.set_model(model)
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7, 0.4, 0.8]):
        best.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        kept = {best.weights_of(number).name for number in (best.best, epoch)}
        assert {path.name for path in tmp_path.glob("*.npz")} == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "all.4.npz",
        "all.5.npz",
        "all.json",
    ]


def test_time_and_patience_end_a_training(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", patience=2, deadline=None)
    best.set_model(model)
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7]):
        model.stop_training = False
        best.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        assert model.stop_training == (epoch == 3)
    assert best.best == 1
    assert best.stopped == "no better for 2 epochs"
    late = BestEpoch(tmp_path, "late", patience=None, deadline=0.0)
    late.set_model(model)
    late.on_epoch_end(0, {"val_loss": 1.0, "loss": 1.0})
    assert late.stopped == "the time is up"
    again = BestEpoch(tmp_path, "all", patience=2, deadline=None)
    assert again.history == best.history
    lost = BestEpoch(tmp_path, "lost", patience=None, deadline=None)
    lost.set_model(model)
    for epoch, loss in enumerate([np.nan, 0.5, *[0.4] * 20]):
        lost.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        assert not model.stop_training
    assert lost.best == 2


def test_more_of_a_measure_may_be_better(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", 9, None, monitor="val_accuracy", mode="max")
    best.set_model(model)
    for epoch, accuracy in enumerate([0.25, np.nan, 0.75, 0.5, 0.75]):
        best.on_epoch_end(epoch, {"val_loss": 1.0 + epoch, "val_accuracy": accuracy})
    assert (best.best, best.epochs) == (2, 5)  # the first of equals


def _trained(dtype="float32"):
    model = keras.Sequential(
        [keras.Input((40,)), keras.layers.Dense(40, dtype=dtype), keras.layers.Dense(1)]
    )
    model.compile("adamw", "mse")
    model.fit(np.ones((4, 40)), np.ones((4, 1)), verbose=0)
    return model


def _values(model):
    return [np.asarray(v, "float32") for v in (*model.weights, *model.optimizer.variables)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_an_epoch_has_learned_comes_back_exactly(tmp_path, dtype):
    model = _trained(dtype)
    best = BestEpoch(tmp_path, "all", None, None)
    best.set_model(model)
    best.on_epoch_end(0, {"val_loss": 1.0})
    other = _trained(dtype)
    BestEpoch(tmp_path, "all", None, None).restore(other)
    for value, expected in zip(_values(other), _values(model), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_run_that_an_earlier_version_has_begun_goes_on(tmp_path):
    model, other = _trained(), _trained()
    model.save_weights(tmp_path / "all.0.weights.h5")
    state = {"history": {"val_loss": [1.0]}, "seeds": [], "stopped": "", "done": False}
    (tmp_path / "all.json").write_text(json.dumps(state))
    BestEpoch(tmp_path, "all", None, None).restore(other)
    for value, expected in zip(_values(other), _values(model), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_full_disk_leaves_the_epoch_before(tmp_path):
    # Keras' own file of weights ends the process here, as HDF5 cannot close it.
    model = _trained()
    best = BestEpoch(tmp_path, "all", None, None)
    best.set_model(model)
    best.on_epoch_end(0, {"val_loss": 1.0})
    with (
        pytest.raises(FullDiskError, match=r"all.1.npz' could not be written"),
        no_file_above(8192),
    ):
        best.on_epoch_end(1, {"val_loss": 0.5})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.0.npz", "all.json"]
    assert BestEpoch(tmp_path, "all", None, None).epochs == 1
