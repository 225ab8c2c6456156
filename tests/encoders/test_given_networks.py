"""Encoders of a network that is given say which networks, arguments and inputs they take."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import (
    PretrainedAudioEncoder,
    PretrainedImageEncoder,
    PretrainedTextEncoder,
)
from keras_multimodal.schema import Audio

PICTURES = keras.Input((8, 8, 3), name="pictures")
SAMPLES = keras.Input((None,), name="samples")
IDS, MASK = (keras.Input((None,), dtype="int32", name=n) for n in ("token_ids", "padding_mask"))
BY_NAME = {"token_ids": IDS, "padding_mask": MASK}
GRID = keras.layers.Conv2D(2, 3)(PICTURES)
FRAMES = keras.layers.Conv1D(2, 4, strides=4)(SAMPLES[..., None])
TOKENS = keras.layers.Embedding(8, 4)(IDS) + keras.ops.cast(MASK, "float32")[..., None]

IMAGE_NETWORK = keras.Model(PICTURES, GRID, name="seer")
AUDIO_NETWORK = keras.Model(SAMPLES, FRAMES)
TEXT_NETWORK = keras.Model(BY_NAME, TOKENS)


class Subclassed(keras.Model):
    """A network without a graph."""


@pytest.mark.parametrize(
    "encoder", [PretrainedImageEncoder, PretrainedTextEncoder, PretrainedAudioEncoder]
)
@pytest.mark.parametrize("network", [Subclassed(), keras.layers.Dense(2)])
def test_a_network_without_a_graph_is_refused(encoder, network):
    options = {"stride": 4} if encoder is PretrainedAudioEncoder else {}
    message = rf"`backbone` must be a Functional.*Received: {type(network).__name__}"
    with pytest.raises(TypeError, match=message):
        encoder(network, **options)


@pytest.mark.parametrize(
    ("encoder", "inputs", "outputs", "message"),
    [
        (PretrainedImageEncoder, [PICTURES, SAMPLES], GRID, r"take pictures.*\('samples', \(None"),
        (PretrainedImageEncoder, SAMPLES, FRAMES, r"take pictures \(batch, height, width"),
        (
            PretrainedImageEncoder,
            PICTURES,
            keras.ops.reshape(GRID, (-1, 6, 6, 1, 2)),
            r"return \(batch, rows, columns, dim\).*\(None, 6, 6, 1, 2\)",
        ),
        (
            PretrainedImageEncoder,
            PICTURES,
            {"one": GRID, "two": GRID},
            r"one tensor, or have an output 'sequence_output'.*\['one', 'two'\]",
        ),
        (PretrainedTextEncoder, [IDS, MASK], TOKENS, "take 'token_ids' and 'padding_mask' by name"),
        (
            PretrainedTextEncoder,
            BY_NAME | {"samples": SAMPLES},
            TOKENS,
            r"may take 'segment_ids'\. Received: inputs .*'samples'",
        ),
        (
            PretrainedTextEncoder,
            BY_NAME,
            TOKENS[:, 0],
            r"return \(batch, length, dim\).*\(None, 4\)",
        ),
        (
            PretrainedAudioEncoder,
            {"samples": SAMPLES, "token_ids": IDS},
            FRAMES,
            "take recordings.*or 'samples' and 'there' by name.*'token_ids'",
        ),
        (
            PretrainedAudioEncoder,
            SAMPLES,
            keras.ops.mean(FRAMES, axis=1),
            r"return \(batch, length, dim\).*\(None, 2\)",
        ),
    ],
)
def test_other_networks_are_refused(encoder, inputs, outputs, message):
    options = {"stride": 4} if encoder is PretrainedAudioEncoder else {}
    with pytest.raises(ValueError, match=f"`backbone` must .*{message}"):
        encoder(keras.Model(inputs, outputs), **options)


@pytest.mark.parametrize(
    ("encoder", "network", "options", "message"),
    [
        (PretrainedImageEncoder, IMAGE_NETWORK, {"mean": (0.5,)}, r"`mean` must.*3 channels.*0\.5"),
        (PretrainedImageEncoder, IMAGE_NETWORK, {"std": (1.0,) * 2}, r"`std` must.*\(1\.0, 1\.0\)"),
        (PretrainedImageEncoder, IMAGE_NETWORK, {"std": (1, 0, 1)}, r"be positive.*\(1, 0, 1\)"),
        (
            PretrainedImageEncoder,
            IMAGE_NETWORK,
            {"channel_order": "GBR"},
            "`channel_order` must be 'RGB' or 'BGR'.*'GBR'",
        ),
        (PretrainedTextEncoder, TEXT_NETWORK, {"offset": -1}, "`offset` must not.*offset=-1"),
        (PretrainedTextEncoder, TEXT_NETWORK, {"max_length": 0}, "`max_length` must.*max_length=0"),
        (PretrainedAudioEncoder, AUDIO_NETWORK, {"stride": 0}, "`stride` must.*stride=0"),
        (
            PretrainedAudioEncoder,
            AUDIO_NETWORK,
            {"stride": 4, "sample_rate": 0},
            "`sample_rate` must be at least 1.*sample_rate=0",
        ),
    ],
)
def test_wrong_arguments_are_refused(encoder, network, options, message):
    with pytest.raises(ValueError, match=message):
        encoder(network, **options)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 8, 8, 2), r"the network's 3 channels, or a single grey one.*\(2, 8, 8, 2\)"),
        ((2, 8, 9, 3), r"pictures of 8 by 8 pixels, the size that seer takes.*\(2, 8, 9, 3\)"),
    ],
)
def test_pictures_that_the_network_does_not_take_are_refused(shape, message):
    with pytest.raises(ValueError, match=f"`inputs` must .*{message}"):
        PretrainedImageEncoder(IMAGE_NETWORK)(np.ones(shape, "float32"))


@pytest.mark.parametrize("std", [(), (0.5, 0.25, 2.0)])
def test_a_grey_picture_is_shown_in_every_channel(std, rng):
    encoder = PretrainedImageEncoder(IMAGE_NETWORK, std=std)
    grey = rng.random((2, 8, 8, 1)).astype("float32")
    shown = np.tile(grey, 3) / np.asarray(std or (1.0,) * 3, "float32")
    expected = keras.ops.convert_to_numpy(IMAGE_NETWORK(shown)).reshape(2, 36, 2)
    np.testing.assert_allclose(encoder(grey), expected, rtol=1e-5, atol=1e-6)


def test_recordings_of_another_rate_are_refused():
    encoder = PretrainedAudioEncoder(AUDIO_NETWORK, stride=4, sample_rate=8000)
    encoder.check_modality(Audio(sample_rate=8000, num_samples=100))
    with pytest.raises(ValueError, match=r"8000 Hz.*sample_rate=16000"):
        encoder.check_modality(Audio(sample_rate=16_000, num_samples=100))
