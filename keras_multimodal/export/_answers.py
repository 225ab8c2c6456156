"""The outputs of rows that can't be answered."""

import functools
from collections.abc import Iterable, Mapping

import tensorflow as tf


def without_answers(
    outputs: Mapping[str, tf.Tensor], used: Iterable[tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Return outputs in which rows that lack what the model needs have no answer.

    Numbers are NaN there, whole ones -1, texts empty and flags False. An output whose first axis is
    not that of the rows stays as it is.

    Args:
        outputs: By name, each `(batch, ...)`.
        used: `(batch,)` flags, all of which are True in a row that is answered.
    """
    flags = list(used)
    if not flags:
        return dict(outputs)
    answered = functools.reduce(tf.logical_and, flags)

    def mask(tensor: tf.Tensor) -> tf.Tensor:
        if tensor.shape.rank == 0 or tensor.shape[0] is not None:
            return tensor
        shaped = tf.reshape(answered, [-1] + [1] * (tensor.shape.rank - 1))
        return tf.where(shaped, tensor, _nothing(tensor.dtype))

    return {name: mask(tensor) for name, tensor in outputs.items()}


def _nothing(dtype: tf.DType) -> tf.Tensor:
    if dtype == tf.string:
        return tf.constant("")
    if dtype == tf.bool:
        return tf.constant(False)
    return tf.cast(float("nan") if dtype.is_floating else -1, dtype)
