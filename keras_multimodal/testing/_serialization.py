"""A model that holds the layer, written to disk and read back."""

import pathlib
import tempfile

import keras

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import expect_equal


def keras_file(case: Case) -> None:
    """A model saved as `.keras` and loaded gives the same outputs and masks."""
    expected = case.outputs()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        case.symbolic.model.save(path)
        loaded = keras.saving.load_model(path, compile=False)
    outputs = case.unpack(expected.labels, loaded(case.feed(), training=False))
    expect_equal(outputs, expected, "loaded from .keras")


def saved_model(case: Case) -> None:
    """A model exported as a SavedModel gives the same outputs and masks without Keras."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    expected = case.outputs()
    with tempfile.TemporaryDirectory() as folder:
        case.symbolic.model.export(folder, verbose=False)
        loaded = tf.saved_model.load(folder)
        served = loaded.serve(case.feed())
    expect_equal(case.unpack(expected.labels, served), expected, "served from a SavedModel")
