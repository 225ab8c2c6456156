"""Every public encoder keeps the promises that all layers make, a presence flag or not."""

import keras
import numpy as np
import pytest

from keras_multimodal import encoders
from keras_multimodal.encoders import ConvImageEncoder, Encoder, RecurrentTextEncoder
from keras_multimodal.testing import run_layer_conformance

RNG = np.random.default_rng(5)
PRESENT = np.array([True, False, True])
PICTURES = RNG.random((3, 7, 6, 3)).astype("float32")
IDS = np.array([[3, 1, 4, 0], [5, 2, 0, 0], [0, 7, 6, 2]], "int32")
CONV = {"dim": 6, "filters": (4, 5)}  # 7 by 6 pixels make 2 by 2 places
TEXT = {"vocabulary_size": 9, "dim": 6}

CASES = [
    (ConvImageEncoder, CONV, PICTURES, (3, 4, 6), None),
    (ConvImageEncoder, CONV, [PICTURES, PRESENT], (3, 4, 6), np.tile(PRESENT[:, None], 4)),
    (ConvImageEncoder, {**CONV, "dropout": 0.4}, PICTURES, (3, 4, 6), None),
    (RecurrentTextEncoder, TEXT, IDS, (3, 4, 6), IDS > 0),
    (RecurrentTextEncoder, TEXT, [IDS, PRESENT], (3, 4, 6), (IDS > 0) & PRESENT[:, None]),
    (RecurrentTextEncoder, {**TEXT, "dropout": 0.4, "embedding_dim": 5}, IDS, (3, 4, 6), IDS > 0),
    (
        RecurrentTextEncoder,
        {**TEXT, "cell": "lstm", "bidirectional": False},
        IDS,
        (3, 4, 6),
        IDS > 0,
    ),
]


@pytest.mark.parametrize(("cls", "options", "inputs", "shape", "mask"), CASES)
def test_conformance(cls, options, inputs, shape, mask):
    run_layer_conformance(
        cls, options, inputs, expected_output_shape=shape, expected_output_mask=mask
    )


def test_every_public_encoder_is_tried():
    public = {
        cls
        for cls in map(vars(encoders).get, encoders.__all__)
        if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)
    }
    assert public - {Encoder} == {case[0] for case in CASES}
