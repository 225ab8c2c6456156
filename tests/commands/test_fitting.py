"""What training keeps of its epochs."""

import keras

from keras_multimodal.commands import fitting


def test_weights_are_kept_of_the_best_epoch_and_the_last(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = fitting.Best(tmp_path, "own", patience=9, deadline=None)
    best.set_model(model)
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7, 0.4, 0.8]):
        best.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        kept = {best.weights_of(number).name for number in (best.best, epoch)}
        assert {path.name for path in tmp_path.glob("*.h5")} == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "own.4.weights.h5",
        "own.5.weights.h5",
        "own.json",
    ]
