"""Decoders keep the promises that all layers make."""

import keras_hub
import numpy as np
import pytest

from keras_multimodal.decoders import PrefixDecoder, TextDecoder
from keras_multimodal.testing import run_layer_conformance

IDS = np.array([[8, 2, 3, 0], [8, 5, 0, 0], [8, 1, 4, 7]], "int32")
CONTEXT = np.random.default_rng(0).normal(size=(3, 5, 8)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 0]], bool)
LOGITS = "logits are float32 in mixed precision too, where a softmax follows"
WAIVERS = {"mixed_float16": LOGITS, "mixed_bfloat16": LOGITS}


def backbone():
    return keras_hub.models.GPT2Backbone(
        vocabulary_size=9, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16, dropout=0.0
    )


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (TextDecoder, {"dim": 8, "num_heads": 2, "dropout": 0.3}),
        (
            TextDecoder,
            {"dim": 12, "num_layers": 1, "num_heads": 3, "intermediate_dim": 5, "dropout": 0.0},
        ),
    ],
)
def test_text_decoder(cls, options, conformance_checks):
    run_layer_conformance(
        cls,
        {"vocabulary_size": 10, "length": 6, **options},
        (IDS, CONTEXT),
        (None, MASK),
        expected_output_shape=(3, 4, 10),
        expected_output_mask=IDS != 0,
        waivers=WAIVERS,
        checks=conformance_checks,
    )


def test_prefix_decoder():
    run_layer_conformance(
        PrefixDecoder,
        {"backbone": backbone(), "length": 6, "prefix_length": 2, "num_heads": 2, "num_layers": 1},
        (IDS, CONTEXT),
        (None, MASK),
        expected_output_shape=(3, 4, 10),
        expected_output_mask=IDS != 0,
        waivers={
            **WAIVERS,
            "constructor": "the language model comes with its weights",
            "sublayer_dtypes": "the language model keeps the policy that it was made with",
        },
    )
