"""What the tests of exported models share."""

import keras
import pytest

from keras_multimodal.schema import ClassTarget, Schema, Text


@pytest.fixture
def small() -> tuple[keras.Model, Schema]:
    """The shortest model of a text, and its schema."""
    schema = Schema([Text(length=3, vocabulary=("a", "b"))], ClassTarget(classes=("x", "y")))
    tokens = keras.Input((3,), dtype="int32", name="text")
    vector = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(4, 4)(tokens))
    return keras.Model(tokens, keras.layers.Dense(2, activation="softmax")(vector)), schema
