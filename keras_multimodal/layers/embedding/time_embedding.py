"""When each token was: for readings that don't come at even intervals."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.layers.embedding._sinusoids import periods_between, sinusoids
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Shape, Tensor, Tensors


@register
class TimeEmbedding(keras.layers.Layer):
    """Adds to each token sinusoids of its time in seconds.

    With `x_k` the token and `t_k` its time, periods `p_i`, and features `2 i` and `2 i + 1`:

    `output_k = x_k + e_k`, `e_k = sin(2 pi t_k / p_i)` and `cos(2 pi t_k / p_i)`

    The periods are geometric, from `min_period` to `max_period`.

    Args:
        min_period: The shortest period in seconds, above 0: about twice the shortest time that
            matters between two tokens.
        max_period: The longest in seconds, at least `min_period`: a few times the longest record,
            or times wrap around.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`, where 2 divides `dim`.
        times: Their times in seconds, `(batch, length)`, floats or integers, in any order. They
            are taken in float32 at least, in mixed precision too. Count them from the start of the
            record: float32 has steps of 1/16 s after ten days, and of 128 s for seconds since 1970.
            Subtract the start from int64 timestamps while they are integers.
        inputs_mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras
            mask by default.
        times_mask: Boolean `(batch, length)`, True where the time is known: to a token whose time
            isn't, nothing is added. The times' own Keras mask by default.

    Returns:
        Tokens `(batch, length, dim)`.

    Masking:
        What stands at masked places is never read, NaN included, in the tokens as in the times. The
        output at the inputs' masked places is exactly zero, and keeps the inputs' mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't tokens of a float dtype
            and of even width; if there isn't one time for each token; or if a mask isn't a boolean
            that fits them.

    Example:

    >>> readings = keras.ops.zeros((1, 3, 2))
    >>> times = keras.ops.convert_to_tensor([[0.0, 15.0, 30.0]])
    >>> output = TimeEmbedding(min_period=60, max_period=60)(readings, times)
    >>> keras.ops.convert_to_numpy(keras.ops.round(output, 3)) + 0.0
    array([[[ 0.,  1.],
            [ 1.,  0.],
            [ 0., -1.]]], dtype=float32)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.5, with times for positions
        and the periods chosen. In Kazemi et al., "Time2Vec", 2019, equation 1, they are learned.
    """

    def __init__(self, min_period: float, max_period: float, **kwargs: Any) -> None:
        # Keras would cast the times to float16 in mixed precision.
        super().__init__(autocast=False, **kwargs)
        if not min_period > 0:
            raise ValueError(f"`min_period` must be above 0. Received: min_period={min_period}")
        if not max_period >= min_period:
            raise ValueError(
                "`max_period` must be at least `min_period`. "
                f"Received: min_period={min_period}, max_period={max_period}"
            )
        self.min_period = min_period
        self.max_period = max_period
        self.supports_masking = True

    def build(self, inputs_shape: Shape, times_shape: Shape) -> None:
        """Check the shapes."""
        if len(inputs_shape) != 3 or inputs_shape[-1] is None or inputs_shape[-1] % 2:
            raise ValueError(
                "`inputs` must be tokens of shape (batch, length, dim), dim even. "
                f"Received: shape {tuple(inputs_shape)}"
            )

    def call(
        self, inputs: Tensors, times: Tensor, inputs_mask: Mask = None, times_mask: Mask = None
    ) -> Tensors:
        """Add the sinusoids; see the class."""
        _check(inputs, times, inputs_mask, times_mask)
        x = ops.cast(inputs, self.compute_dtype)
        times = ops.cast(times, keras.backend.result_type(self.compute_dtype, "float32"))
        for mask in (inputs_mask, times_mask):
            if mask is not None:
                times = ops.where(mask, times, ops.zeros_like(times))
        periods = periods_between(self.min_period, self.max_period, x.shape[-1] // 2)
        waves = zero_masked(sinusoids(times, periods), times_mask)  # (batch, length, dim)
        return zero_masked(x + ops.cast(waves, x.dtype), inputs_mask)

    def compute_output_shape(self, inputs_shape: Shape, times_shape: Shape) -> Shape:
        """Return the shape of the inputs."""
        return tuple(inputs_shape)

    def compute_output_spec(
        self, inputs: Tensors, times: Tensor, inputs_mask: Mask = None, times_mask: Mask = None
    ) -> Tensors:
        """Return specs like the inputs."""
        _check(inputs, times, inputs_mask, times_mask)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "min_period": self.min_period,
            "max_period": self.max_period,
        }


def _check(inputs: Tensors, times: Tensor, inputs_mask: Mask, times_mask: Mask) -> None:
    check_float(inputs, "inputs")
    expected, shape = tuple(inputs.shape)[:-1], tuple(times.shape)
    if len(shape) != 2 or any(
        None not in pair and pair[0] != pair[1] for pair in zip(shape, expected, strict=True)
    ):
        raise ValueError(
            f"`times` must have one time for each token, {expected}. Received: shape {shape}"
        )
    check_mask(inputs_mask, inputs, "inputs_mask")
    check_mask(times_mask, inputs, "times_mask")
