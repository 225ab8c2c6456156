"""Modalities by name or place; one whose mask isn't given is masked by its own, in every layer."""

import keras
import numpy as np
import pytest
from conformance_inputs import MASK_4, MASK_5, TOKENS_4, TOKENS_5

from keras_multimodal import layers

LAYERS = [
    lambda: layers.AnchoredFusion(layers.CrossModalAttention(num_heads=2, seed=0)),
    lambda: layers.CoAttention(num_heads=2, seed=0),
    lambda: layers.CrossModalTransformer(num_heads=2, num_layers=1, seed=0),
    lambda: layers.MeanFusion(),
    lambda: layers.PooledFusion("gated"),
]


def carrying(mask, tokens):
    """Tokens with a Keras mask, and 1e4 where it hides them."""
    tokens = np.where(mask[..., None], tokens, np.float32(1e4))
    ids = np.arange(1, mask.size + 1).reshape(mask.shape) * mask
    table = np.concatenate([np.full((1, 8), 1e4), tokens.reshape(-1, 8)])
    embedding = keras.layers.Embedding(len(table), 8, mask_zero=True)
    embedding.build(ids.shape)
    embedding.embeddings.assign(table)
    return embedding(ids)


@pytest.mark.parametrize("make", LAYERS)
def test_a_mask_that_is_not_given_is_the_tensors_own(make):
    text, image = carrying(MASK_4, TOKENS_4), keras.ops.convert_to_tensor(TOKENS_5)
    layer = make()
    expected = layer([text, image], mask=[keras.ops.convert_to_tensor(MASK_4), MASK_5])
    found = layer([text, image], mask=[None, MASK_5])
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.abs(keras.tree.flatten(found)[-1]).max() < 100


def test_a_mask_must_be_a_tensor():
    with pytest.raises(TypeError, match=r"`mask\['text'\]` must be a tensor.*Received: a list"):
        layers.MeanFusion()({"text": TOKENS_4}, mask={"text": [[True] * 4] * 3})


def test_one_tensor_for_several_modalities_is_refused():
    layer = layers.MeanFusion()
    layer([TOKENS_4, TOKENS_4])
    with pytest.raises(
        ValueError,
        match=r"`inputs` must be a list of 2, as when .*Received: (EagerTensor|ArrayImpl)",
    ):
        layer(keras.ops.convert_to_tensor(TOKENS_4))
