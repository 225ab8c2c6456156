"""Whisper and Moonshine, small and random: from samples to the tokens of keras_hub's encoders."""

import keras
import keras_hub
import numpy as np
import pytest

from keras_multimodal.encoders import PretrainedAudioEncoder, pretrained
from keras_multimodal.encoders.loading.whisper_features import WhisperFeatures

SAMPLES = np.random.default_rng(9).normal(scale=0.1, size=(2, 16_000)).astype("float32")
THERE = np.arange(16_000) < np.array([[9_000], [16_000]])


def whisper():
    return keras_hub.models.WhisperBackbone(
        vocabulary_size=10,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        num_mels=80,
        max_encoder_sequence_length=3000,
        max_decoder_sequence_length=8,
    )


def moonshine():
    return keras_hub.models.MoonshineBackbone(
        vocabulary_size=10,
        filter_dim=16,
        encoder_num_layers=1,
        decoder_num_layers=1,
        hidden_dim=16,
        intermediate_dim=16,
        encoder_num_heads=2,
        decoder_num_heads=2,
    )


@pytest.mark.parametrize("mels", [80, 128])
def test_whisper_hears_what_keras_hub_lets_it_hear(mels):
    expected = keras_hub.layers.WhisperAudioConverter(num_mels=mels)(SAMPLES)
    found = WhisperFeatures(mels, 3000)(SAMPLES)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(found), keras.ops.convert_to_numpy(expected), atol=2e-4
    )


def test_whisper(tmp_path):
    backbone = whisper()
    backbone.save_to_preset(tmp_path)
    encoder = pretrained(tmp_path)
    assert isinstance(encoder, PretrainedAudioEncoder)
    assert (encoder.stride, encoder.sample_rate, encoder.dim) == (320, 16_000, 8)
    silent = np.where(THERE, SAMPLES, 0)
    features = keras.ops.convert_to_numpy(keras_hub.layers.WhisperAudioConverter()(silent))
    ids = np.zeros((2, 1), "int32")
    expected = backbone(
        {"encoder_features": features, "decoder_token_ids": ids, "decoder_padding_mask": ids + 1}
    )["encoder_sequence_output"]
    tokens = keras.ops.convert_to_numpy(encoder([SAMPLES, THERE]))
    assert tokens.shape == (2, 50, 8)
    mask = np.arange(50) < np.array([[29], [50]])  # ceil(9000 / 320)
    np.testing.assert_allclose(tokens[mask], np.asarray(expected)[:, :50][mask], atol=1e-3)
    assert not tokens[~mask].any()


def test_moonshine(tmp_path):
    backbone = moonshine()
    backbone.save_to_preset(tmp_path)
    encoder = pretrained(tmp_path)
    ids = np.zeros((2, 1), "int32")
    expected = backbone(
        {
            "encoder_input_values": np.where(THERE, SAMPLES, 0)[..., None],
            "encoder_padding_mask": THERE.astype("int32"),
            "decoder_token_ids": ids,
            "decoder_padding_mask": ids + 1,
        }
    )["encoder_sequence_output"]
    tokens = keras.ops.convert_to_numpy(encoder([SAMPLES, THERE]))
    assert tokens.shape == (2, 40, 16)
    mask = np.arange(40) < np.array([[24], [40]])  # ceil(9000 / 384)
    np.testing.assert_allclose(tokens[mask], np.asarray(expected)[mask], atol=1e-4)


@pytest.mark.parametrize("make", [whisper, moonshine])
def test_it_is_saved_with_the_network_inside(tmp_path, make):
    make().save_to_preset(tmp_path / "preset")
    encoder = pretrained(tmp_path / "preset")
    inputs = [keras.Input((16_000,)), keras.Input((16_000,), dtype="bool")]
    model = keras.Model(inputs, encoder(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded([SAMPLES, THERE]), model([SAMPLES, THERE]), atol=1e-5)


def test_wrong_inputs_are_refused(tmp_path):
    whisper().save_to_preset(tmp_path)
    encoder = pretrained(tmp_path)
    with pytest.raises(ValueError, match="their number known"):
        encoder(keras.Input((None,)))
    with pytest.raises(ValueError, match="of a float dtype"):
        encoder((SAMPLES * 32767).astype("int16"))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="A SavedModel is TensorFlow's")
def test_a_saved_model_is_a_backbone(tmp_path):
    import tensorflow as tf

    samples = keras.Input((None,), name="samples")
    tokens = keras.layers.Conv1D(8, 400, strides=160, padding="same")(samples[..., None])
    network = keras.Model(samples, tokens)
    network.export(tmp_path / "network", verbose=False)
    inputs = keras.Input((16_000,), name="samples")
    layer = keras.layers.TFSMLayer(tmp_path / "network", call_endpoint="serve")
    encoder = PretrainedAudioEncoder(
        keras.Model(inputs, layer(inputs)), stride=160, trainable=False
    )
    expected = keras.ops.convert_to_numpy(network(SAMPLES))
    np.testing.assert_allclose(encoder(SAMPLES), expected, atol=1e-5)
    keras.Model(inputs, encoder(inputs)).export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    np.testing.assert_allclose(served.serve(SAMPLES), expected, atol=1e-5)
