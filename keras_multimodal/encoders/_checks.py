"""What encoders ask of their arguments and inputs."""

from collections.abc import Sequence

import keras

from keras_multimodal.schema import Audio, Text
from keras_multimodal.types import Tensor


def check_rates(**rates: float) -> None:
    """Raise a ValueError unless each is a rate of dropout, in [0, 1)."""
    for argument, rate in rates.items():
        if not 0 <= rate < 1:
            raise ValueError(f"`{argument}` must be in [0, 1). Received: {argument}={rate}")


def check_filters(filters: Sequence[int]) -> None:
    """Raise a ValueError unless there is a stage, and a positive number for each."""
    if not filters or min(filters) < 1:
        raise ValueError(
            "`filters` must have a positive number for each stage. "
            f"Received: filters={tuple(filters)}"
        )


def check_vocabulary_size(vocabulary_size: int) -> None:
    """Raise a ValueError unless there is padding and something else."""
    if vocabulary_size < 2:
        raise ValueError(
            "`vocabulary_size` must be at least 2 (padding and one more). "
            f"Received: vocabulary_size={vocabulary_size}"
        )


def check_text(text: Text, vocabulary_size: int | None, max_length: int | None = None) -> None:
    """Raise a ValueError if its ids or its length are more than an encoder has room for."""
    if vocabulary_size is not None and text.vocabulary_size > vocabulary_size:
        raise ValueError(
            f"{text.name!r} must have at most {vocabulary_size} ids, the size of the embedding. "
            f"Received: a vocabulary of {text.vocabulary_size}, padding and unknown included. "
            + (
                f"`schema[{text.name!r}].vocabulary_size` is the size that it needs"
                if text.tokenizer is None
                else "Cut the texts by the network's own tokenizer"
            )
        )
    if max_length is not None and text.length > max_length:
        raise ValueError(
            f"{text.name!r} must have at most {max_length} tokens, for which there are positions. "
            f"Received: length={text.length}"
        )


def check_sample_rate(audio: Audio, sample_rate: int) -> None:
    """Raise a ValueError unless the recordings have the rate that an encoder reads."""
    if audio.sample_rate != sample_rate:
        raise ValueError(
            f"{audio.name!r} must have {sample_rate} Hz, which the encoder reads. "
            f"Received: sample_rate={audio.sample_rate}. `AudioStream({sample_rate}, ...)` brings "
            "recordings to it"
        )


def check_ids_shape(shape: tuple[int | None, ...]) -> None:
    """Raise a ValueError unless it is `(batch, length)`."""
    if len(shape) != 2:
        raise ValueError(
            f"`inputs` must be token ids of shape (batch, length). Received: shape {shape}"
        )


def check_ids(ids: Tensor) -> None:
    """Raise a ValueError unless they have an integer dtype."""
    if not keras.backend.is_int_dtype(ids.dtype):
        raise ValueError(
            f"`inputs` must be token ids of an integer dtype. Received: dtype {ids.dtype}"
        )


def check_recordings(shape: tuple[int | None, ...]) -> int:
    """Return how many samples recordings have; a ValueError unless they are `(batch, samples)`."""
    if len(shape) != 2 or shape[1] is None:
        raise ValueError(
            "`inputs` must be recordings of shape (batch, samples), their number known. "
            f"Received: shape {shape}"
        )
    return shape[1]


def check_floats(values: Tensor, what: str) -> None:
    """Raise a ValueError unless the values have a float dtype."""
    dtype = keras.backend.standardize_dtype(values.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError(f"`inputs` must be {what} of a float dtype. Received: dtype {dtype}")
