"""Encoders in front of a model of features: what goes together, and what does not."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import RecurrentTextEncoder
from keras_multimodal.layers import MaskedMeanPooling
from keras_multimodal.schema import Features, Schema, Tabular, Text
from keras_multimodal.tasks import attach_encoders, inputs

TEXT = Text(length=3, vocabulary=("a", "b"))
TABLE = Tabular(numeric=("n",))
SCHEMA = Schema([TEXT, TABLE])
CACHED = Schema([Features(name="text", length=3, dim=4), TABLE])


def head():
    """A model of features and of a number."""
    tensors = inputs(CACHED)
    text = MaskedMeanPooling()(tensors["text"], mask=tensors["text_mask"])
    vector = keras.ops.concatenate([text, tensors["table"]], axis=-1)
    return keras.Model(tensors, keras.layers.Dense(2)(vector), name="head")


def test_what_has_no_encoder_goes_to_the_model_as_it_is(rng):
    model, encoder = head(), RecurrentTextEncoder(4, 4)
    whole = attach_encoders(model, {"text": encoder}, SCHEMA)
    ids = np.array([[2, 3, 0], [3, 0, 0]], "int32")
    table = {
        name: np.ones((2, *tensor.shape[1:]), str(tensor.dtype))
        for name, tensor in inputs(Schema([TABLE])).items()
    }
    table["table"] = rng.normal(size=table["table"].shape).astype("float32")
    assert set(whole.input) == {"text", *table}
    tokens = keras.ops.convert_to_numpy(encoder(ids))
    expected = model({"text": tokens, "text_mask": ids > 0, **table})
    np.testing.assert_allclose(whole({"text": ids, **table}), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("encoders", "message"),
    [
        (
            {"sound": RecurrentTextEncoder(4, 4)},
            r"`encoders` must be for modalities.*\['text', 'table'\].*\['sound'\]",
        ),
        ({"text": RecurrentTextEncoder(3, 4)}, "at most 3 ids"),
        ({}, r"`model` must have the inputs .*model='head' with the inputs .*'text_mask'"),
    ],
)
def test_what_does_not_go_together_is_refused(encoders, message):
    with pytest.raises(ValueError, match=message):
        attach_encoders(head(), encoders, SCHEMA)
