"""Any fusion ends in one sequence of tokens."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import FusedTokens, LogitFusion, fusion

TEXT = np.random.default_rng(17).normal(size=(3, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(18).normal(size=(3, 5, 4)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE}
# Everything; no text; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5], bool),
}


def array(x):
    return keras.ops.convert_to_numpy(x)


def test_by_hand():
    layer = FusedTokens(None)
    tokens = layer([TEXT, IMAGE[..., [0, 1, 2, 3, 0, 1]]], mask=[MASKS["text"], None])
    expected = np.concatenate(
        [np.where(MASKS["text"][..., None], TEXT, 0), IMAGE[..., [0, 1, 2, 3, 0, 1]]], axis=1
    )
    np.testing.assert_array_equal(tokens, expected)
    mask = np.concatenate([MASKS["text"], np.ones((3, 5), bool)], axis=1)
    np.testing.assert_array_equal(tokens._keras_mask, mask)


@pytest.mark.parametrize("name", [name for name in fusion.names() if name != "logits"])
def test_every_fusion(name):
    layer = FusedTokens(name, dim=8)
    tokens = layer(INPUTS, mask=MASKS)
    assert tuple(tokens.shape) == layer.compute_output_shape(
        {"text": (3, 3, 6), "image": (3, 5, 4)}
    )
    mask = layer.compute_mask(INPUTS, MASKS)
    if mask is not None:
        assert tuple(mask.shape) == tuple(tokens.shape[:2])
        assert not array(mask)[2].any()
        assert not array(tokens)[~array(mask)].any()
    # What is masked is not read.
    other = {key: np.where(MASKS[key][..., None], x, np.nan) for key, x in INPUTS.items()}
    np.testing.assert_allclose(layer(other, mask=MASKS), array(tokens), rtol=1e-5, atol=1e-6)


def test_it_fuses():
    """A modality's tokens depend on the other one with a fusion, and without it they don't."""
    changed = {**INPUTS, "image": IMAGE[:, :, ::-1]}
    for name, differs in ((None, False), ("co_attention", True)):
        layer = FusedTokens(name, dim=8)
        first, second = array(layer(INPUTS)), array(layer(changed))
        words = slice(5, 8)  # behind the image, in the order of the names
        assert (np.abs(first - second)[:, words].max() > 1e-4) == differs


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fusion": "meen"}, ValueError, "Did you mean 'mean'"),
        ({"fusion": "logits"}, ValueError, "give `LogitFusion` each modality's logits"),
        ({"fusion": LogitFusion()}, ValueError, "give `LogitFusion` each modality's logits"),
        ({"fusion": keras.layers.Average()}, ValueError, r"must have a `call\(inputs, mask\)`"),
        ({"fusion": 3}, TypeError, "must be a name or a Keras layer"),
        ({"fusion": None, "dim": 0}, ValueError, "`dim` must be at least 1"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        FusedTokens(**arguments)


def test_one_sequence_has_one_width():
    with pytest.raises(ValueError, match="`SharedProjection"):
        FusedTokens(None)(INPUTS)


def test_a_single_modality_is_fused_too():
    layer = FusedTokens(None)
    assert layer.compute_output_shape({"text": (None, 3, 6)}) == (None, 3, 6)
    np.testing.assert_array_equal(array(layer({"text": TEXT})), TEXT)
