"""The audio networks of keras_hub, from samples to tokens."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.encoders.loading.whisper_features import SAMPLE_RATE, WhisperFeatures

_FEATURES, _VALUES, _PADDING = "encoder_features", "encoder_input_values", "encoder_padding_mask"
_OUTPUT = "encoder_sequence_output"
# Two frames of 10 ms; and the strides of Moonshine's three convolutions, 64, 3 and 2.
_WHISPER_STRIDE, _MOONSHINE_STRIDE = 320, 384


def audio_network(network: keras.Model) -> tuple[keras.Model, dict[str, Any]] | None:
    """Return the encoder of a Whisper or Moonshine backbone.

    Returns:
        The model that `PretrainedAudioEncoder` takes and its arguments; `None` if the backbone is
        of another kind.
    """
    inputs = network.input if isinstance(network.input, dict) else {}
    if _FEATURES in inputs:
        encoder = keras.Model(inputs[_FEATURES], network.output[_OUTPUT])
        samples = keras.Input((None,), name="samples")
        frames = network.max_encoder_sequence_length
        features = WhisperFeatures(inputs[_FEATURES].shape[-1], frames)(samples)
        model = keras.Model(samples, encoder(features), name=network.name)
        return model, {"stride": _WHISPER_STRIDE, "sample_rate": SAMPLE_RATE}
    if _VALUES in inputs:
        encoder_inputs = {name: inputs[name] for name in (_VALUES, _PADDING)}
        encoder = keras.Model(encoder_inputs, network.output[_OUTPUT])
        samples = keras.Input((None,), name="samples")
        there = keras.Input((None,), dtype="bool", name="there")
        tokens = encoder({_VALUES: samples[..., None], _PADDING: ops.cast(there, "int32")})
        model = keras.Model({"samples": samples, "there": there}, tokens, name=network.name)
        return model, {"stride": _MOONSHINE_STRIDE, "sample_rate": SAMPLE_RATE}
    return None
