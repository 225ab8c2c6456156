"""A TFLite file that reads sound, such as YAMNet, as a frozen encoder."""

import importlib
import os
import threading
from typing import Any, Self, cast

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_floats, check_recordings, check_sample_rate
from keras_multimodal.encoders._steps import pool_mask, pooled_length
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.layers._older_arguments import renamed
from keras_multimodal.schema import Audio, Modality
from keras_multimodal.types import Mask, Tensor


@register
class LiteRTAudioEncoder(SequenceEncoder):
    """Reads a recording window by window with a network in a `.tflite` file, such as YAMNet.

    The network runs in LiteRT, outside of Keras' graph: it is frozen, knows no gradients and no
    XLA, and cannot be part of a SavedModel. It is meant for features that are made once, by
    `data.cache_features`; a model that is served takes them as they are (`schema.Features`).

    Args:
        file: Its path. It has to be there where a model with this encoder is loaded.
        hop_samples: From the start of a window to that of the next, in samples; as long as a
            window, which the file says, by default.
        sample_rate: What the network was trained on, in Hz: recordings must have it. Default
            16,000, that of YAMNet.
        **kwargs: `name` and `dtype`, as for every Keras layer.

    Call arguments:
        inputs: Samples `(batch, samples)` in [-1, 1], their number known, or the list
            `[samples, there]` with `there` a boolean `(batch, samples)`, True for the samples that
            are there, or `(batch,)`.

    Returns:
        Tokens `(batch, length, dim)`: `ceil(samples / hop_samples)` of the width of the file's
        first output. The last windows are filled up with silence.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where any of the first `hop_samples` samples of its window is; the others are not computed.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If `ai-edge-litert` is not installed.
        ValueError: If the file is no network from a window of samples to numbers, or
            `hop_samples` or `sample_rate` is less than 1; or if the samples have the wrong rank, an
            unknown number or an integer dtype.

    Example:

    >>> encoder = LiteRTAudioEncoder("yamnet.tflite")  # doctest: +SKIP
    >>> encoder(keras.ops.zeros((1, 31_200))).shape  # doctest: +SKIP
    TensorShape([1, 2, 521])

    Reference:
        Plakal and Ellis, "YAMNet", 2019 (tensorflow/models, research/audioset/yamnet).
    """

    kind = "audio"

    def __init__(
        self,
        file: str | os.PathLike[str],
        hop_samples: int | None = None,
        sample_rate: int = 16_000,
        **kwargs: Any,
    ) -> None:
        for argument, value in (("hop_samples", hop_samples), ("sample_rate", sample_rate)):
            if value is not None and value < 1:
                raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={value}")
        network = _Network(os.fspath(file))
        kwargs.pop("trainable", None)
        super().__init__(network.dim, autocast=False, trainable=False, **kwargs)
        self.file = os.fspath(file)
        self.hop_samples = hop_samples
        self.sample_rate = sample_rate
        self._network = network

    def check_modality(self, modality: Modality) -> None:
        """Check that recordings have the encoder's sample rate."""
        super().check_modality(modality)
        check_sample_rate(cast("Audio", modality), self.sample_rate)

    def build_encoder(self, values_shape: Shape) -> None:
        """Check the shape of the samples `(batch, samples)`."""
        check_recordings(values_shape)

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "recordings with samples in [-1, 1],")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return True where any of the first samples of a window is there."""
        return pool_mask(steps, self._step())

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return what the network says of each window, `(batch, length, dim)`."""
        if mask is None:
            mask = ops.ones_like(values[:, :: self._step()], dtype="bool")
        tokens = self._outside(ops.cast(values, "float32"), mask)
        return ops.cast(tokens, self.compute_dtype)

    def _outside(self, values: Tensor, mask: Mask) -> Tensor:
        if keras.config.backend() != "tensorflow":
            made = self._read(*map(ops.convert_to_numpy, (values, mask)))
            return ops.convert_to_tensor(made)
        tensorflow = importlib.import_module("tensorflow")
        made = tensorflow.numpy_function(self._read, [values, mask], "float32", stateful=False)
        return tensorflow.ensure_shape(made, (None, *mask.shape[1:], self.dim))

    def _read(self, values: np.ndarray, mask: np.ndarray) -> np.ndarray:
        window, step = self._network.window, self._step()
        values = np.pad(values, ((0, 0), (0, window)))
        tokens = np.zeros((*mask.shape, self.dim), "float32")
        for row, place in zip(*np.nonzero(mask), strict=True):
            start = place * step
            tokens[row, place] = self._network(values[row, start : start + window])
        return tokens

    def _step(self) -> int:
        return self._network.window if self.hop_samples is None else self.hop_samples

    def length(self, values_shape: Shape) -> int | None:
        """Count one token for each hop begun."""
        return pooled_length(values_shape[1], self._step())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the encoder of a configuration, also of one that calls its hop `hop`."""
        return super().from_config(renamed(config, {"hop": "hop_samples"}))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        config = super().get_config()
        config.pop("dim")  # the file's
        return {
            **config,
            "file": self.file,
            "hop_samples": self.hop_samples,
            "sample_rate": self.sample_rate,
        }


class _Network:
    """The file in an interpreter, which takes one window at a time."""

    def __init__(self, path: str) -> None:
        if not os.path.isfile(path):
            raise FileNotFoundError(
                f"`file` must be a path that leads to one. Received: file={path!r}"
            )
        try:
            litert = importlib.import_module("ai_edge_litert.interpreter")
        except ImportError as error:
            raise ImportError(
                "LiteRTAudioEncoder needs ai-edge-litert: pip install ai-edge-litert"
            ) from error
        try:
            self._interpreter = litert.Interpreter(model_path=path)
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"{path} must be a whole TFLite file: {error}") from error
        (given, *others), made = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        sizes = [size for size in given["shape"].tolist() if size != 1]
        if others or len(sizes) != 1 or given["dtype"] != np.float32:
            raise ValueError(
                f"{path} must take one window of float32 samples. Received: inputs of shapes "
                f"{[x['shape'].tolist() for x in (given, *others)]}"
            )
        self.window = sizes[0]
        self._interpreter.allocate_tensors()
        self._shape, self._input = given["shape"], given["index"]
        self._output, self.dim = made[0]["index"], int(np.prod(made[0]["shape"]))
        self._lock = threading.Lock()

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        with self._lock:
            self._interpreter.set_tensor(self._input, samples.reshape(self._shape))
            self._interpreter.invoke()
            return self._interpreter.get_tensor(self._output).reshape(-1).copy()
