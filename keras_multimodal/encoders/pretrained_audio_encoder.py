"""An audio network that has learned before, such as Whisper's encoder, as an encoder."""

from typing import Any, cast

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._backbone import BackboneEncoder, check_backbone, sequence_output
from keras_multimodal.encoders._checks import check_floats, check_recordings, check_sample_rate
from keras_multimodal.encoders._steps import pool_mask, pooled_length
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.schema import Audio, Modality
from keras_multimodal.types import Mask, Tensor

_SAMPLES, _THERE = "samples", "there"


@register
class PretrainedAudioEncoder(BackboneEncoder, SequenceEncoder):
    """Reads a recording into tokens with an audio network, such as the encoder of Whisper.

    `keras_multimodal.encoders.pretrained` makes one of a Whisper or Moonshine preset of keras_hub.

    Frozen, with `trainable=False`, the network runs as in inference, without dropout.

    Args:
        backbone: A Functional model from recordings `(batch, samples)` to tokens
            `(batch, length, dim)`; or from a dict of `"samples"` and a boolean `"there"` of that
            shape, True for the samples that are there.
        stride: From one token to the next, in samples: a token is real where any of these is.
        sample_rate: What the network was trained on, in Hz: recordings must have it.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer. The network keeps the
            dtype policy that it was made with.

    Call arguments:
        inputs: Samples `(batch, samples)` in [-1, 1], their number known, or the list
            `[samples, there]` with `there` a boolean `(batch, samples)`, True for the samples that
            are there, or `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`: `ceil(samples / stride)`, or as many as the network makes if
        these are fewer.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where any of its samples is. Samples that aren't there are silence.

    Raises:
        TypeError: If `backbone` is no Functional model.
        ValueError: If its inputs or outputs are others, or `stride` or `sample_rate` is less than
            1; or if the samples have the wrong rank, an unknown number or an integer dtype, or
            `there` has another shape.

    Example:

    >>> samples = keras.Input((None,), name="samples")
    >>> frames = keras.layers.Conv1D(8, 400, strides=160, padding="same")(samples[..., None])
    >>> network = keras.Model(samples, frames)
    >>> encoder = PretrainedAudioEncoder(network, stride=160, sample_rate=16_000, trainable=False)
    >>> tuple(encoder(keras.random.uniform((2, 8000), -1.0, 1.0)).shape)
    (2, 50, 8)

    Reference:
        Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022; Jeffries
        et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands", 2024.
    """

    kind = "audio"

    def __init__(
        self, backbone: keras.Model, stride: int, sample_rate: int = 16_000, **kwargs: Any
    ) -> None:
        check_backbone(backbone)
        names = [tensor.name for tensor in backbone.inputs]
        if len(names) > 1 and set(names) != {_SAMPLES, _THERE}:
            raise ValueError(
                f"`backbone` must take recordings (batch, samples), or {_SAMPLES!r} and {_THERE!r} "
                f"by name. Received: inputs {names}"
            )
        self._output_name, output = sequence_output(backbone)
        if len(output.shape) != 3 or output.shape[-1] is None:
            raise ValueError(
                "`backbone` must return (batch, length, dim). "
                f"Received: an output of shape {tuple(output.shape)}"
            )
        for argument, value in (("stride", stride), ("sample_rate", sample_rate)):
            if value < 1:
                raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={value}")
        # Samples stay as they are: rounded to half precision, what is quiet is noise.
        super().__init__(backbone, output.shape[-1], autocast=False, **kwargs)
        self.stride = stride
        self.sample_rate = sample_rate

    def check_modality(self, modality: Modality) -> None:
        """Check that recordings have the encoder's sample rate."""
        super().check_modality(modality)
        check_sample_rate(cast("Audio", modality), self.sample_rate)

    def build_encoder(self, values_shape: Shape) -> None:
        """Check the shape of the samples `(batch, samples)`."""
        self._samples = check_recordings(values_shape)

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "recordings with samples in [-1, 1],")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return True where any sample of a token is there."""
        return pool_mask(steps, self.stride)[:, : self.length((None, self._samples))]

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return what the network says of each stretch, `(batch, length, dim)`."""
        samples = inputs = ops.cast(values, "float32")
        if len(self.backbone.inputs) > 1:
            there = ops.ones_like(samples, dtype="bool") if steps is None else steps
            inputs = {_SAMPLES: samples, _THERE: there}
        outputs = self.backbone(inputs, training=bool(training) and self.trainable)
        tokens = outputs if self._output_name is None else outputs[self._output_name]
        return ops.cast(tokens[:, : self.length((None, self._samples))], self.compute_dtype)

    def length(self, values_shape: Shape) -> int | None:
        """Count one token for each stride begun, if the network makes as many."""
        shape: Any = (None, values_shape[1])
        shape = shape if len(self.backbone.inputs) == 1 else {_SAMPLES: shape, _THERE: shape}
        made = self.backbone.compute_output_shape(shape)
        made = made if self._output_name is None else made[self._output_name]
        lengths = (made[1], pooled_length(values_shape[1], self.stride))
        known = [length for length in lengths if length is not None]
        return min(known, default=None)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "stride": self.stride, "sample_rate": self.sample_rate}
