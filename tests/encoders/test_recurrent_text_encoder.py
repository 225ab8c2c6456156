"""The tokens are what the recurrent equations say, and padding is skipped wherever it stands."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import RecurrentTextEncoder

IDS = np.array([[3, 1, 4, 0], [5, 2, 0, 0], [2, 7, 6, 2]], "int32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(x, kernel, recurrent_kernel, bias, reverse):
    """Cho et al., 2014, with the reset gate applied after the product, one token at a time."""
    units = recurrent_kernel.shape[0]
    h = np.zeros(units)
    outputs = np.zeros((len(x), units))
    for step in reversed(range(len(x))) if reverse else range(len(x)):
        z_x, r_x, h_x = np.split(x[step] @ kernel + bias[0], 3)
        z_h, r_h, h_h = np.split(h @ recurrent_kernel + bias[1], 3)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        h = z * h + (1 - z) * np.tanh(h_x + r * h_h)
        outputs[step] = h
    return outputs


def test_it_is_its_equation(rng):
    encoder = RecurrentTextEncoder(vocabulary_size=9, dim=8, embedding_dim=5)
    encoder.build(IDS.shape)
    for variable in encoder.weights:
        variable.assign(rng.normal(size=variable.shape))
    embedding, *directions = (
        keras.ops.convert_to_numpy(weight).astype("float64") for weight in encoder.weights
    )
    found = keras.ops.convert_to_numpy(encoder(IDS))
    for row, ids in enumerate(IDS):
        x = embedding[ids[ids > 0]]  # padding only stands at the end here
        expected = np.zeros((4, 8))
        expected[: len(x), :4] = gru(x, *directions[:3], reverse=False)
        expected[: len(x), 4:] = gru(x, *directions[3:], reverse=True)
        np.testing.assert_allclose(found[row], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_is_skipped_wherever_it_stands(cell, bidirectional):
    encoder = RecurrentTextEncoder(9, 8, cell=cell, bidirectional=bidirectional)
    dense = keras.ops.convert_to_numpy(encoder(np.array([[3, 1, 4]])))[0]
    sparse = keras.ops.convert_to_numpy(encoder(np.array([[0, 3, 0, 1, 4, 0]])))[0]
    np.testing.assert_allclose(sparse[[1, 3, 4]], dense, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(sparse[[0, 2, 5]], 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vocabulary_size": 1, "dim": 4}, "`vocabulary_size` must be at least 2"),
        ({"vocabulary_size": 5, "dim": 3}, "`dim` must be even"),
        ({"vocabulary_size": 5, "dim": 4, "cell": "rnn"}, r"`cell` must be one of .*'rnn'"),
        ({"vocabulary_size": 5, "dim": 4, "embedding_dim": 0}, "`embedding_dim` must be at least"),
        ({"vocabulary_size": 5, "dim": 4, "dropout": -0.1}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        RecurrentTextEncoder(**options)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.zeros((2, 4), "float32"), "integer dtype.*float32"),
        (np.zeros((2, 4, 1), "int32"), r"token ids of shape \(batch, length\)"),
    ],
)
def test_wrong_ids_are_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        RecurrentTextEncoder(5, 4)(inputs)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_xla_is_not_ruled_out_where_there_is_a_gpu(monkeypatch, bidirectional):
    """As Keras' own layers do, for a kernel that this encoder does not use."""
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras asks for a GPU on the TensorFlow backend only")
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: ["a GPU"])
    plain = keras.layers.GRU(4)
    assert not getattr(plain, "supports_jit", True), "Keras no longer does so: drop the remedy"
    encoder = RecurrentTextEncoder(9, 8, bidirectional=bidirectional)
    layers = encoder._flatten_layers(include_self=False)
    assert all(layer.supports_jit for layer in layers)
