"""XLA on batches, the last and smaller one included."""

from collections.abc import Callable

import tensorflow as tf


def static_batch(function: Callable[..., tf.Tensor], batch_size: int) -> Callable[..., tf.Tensor]:
    """Compile `function` with XLA for one batch size, and pad smaller batches up to it.

    XLA compiles anew for each shape; the smaller batch at an epoch's end would cost more than all
    the others.

    Args:
        function: Takes tensors with a batch axis and returns one; no row may depend on another.
        batch_size: The largest batch there will be.

    Returns:
        A function of the same arguments, for batches of up to `batch_size` rows.
    """
    compiled = tf.function(function, jit_compile=True, autograph=False)

    def call(*tensors: tf.Tensor) -> tf.Tensor:
        rows = tf.shape(tensors[0])[0]
        full = rows == batch_size

        def pad(tensor: tf.Tensor) -> tf.Tensor:
            lacking = tf.concat([[batch_size - rows], tf.shape(tensor)[1:]], 0)
            padded = tf.cond(
                full,
                lambda: tensor,
                lambda: tf.concat([tensor, tf.zeros(lacking, tensor.dtype)], 0),
            )
            padded.set_shape([batch_size, *tensor.shape[1:]])
            return padded

        result = compiled(*(pad(tensor) for tensor in tensors))
        return tf.cond(full, lambda: result, lambda: result[:rows])

    return call
