"""What the encoders of series and recordings have in common: a mask of their steps."""

from typing import Any

from keras import ops

from keras_multimodal.encoders.encoder import (
    Encoder,
    Shape,
    split_inputs,
    zero_absent,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Masks, Tensor, Tensors


class SequenceEncoder(Encoder):
    """Base of the encoders of what has steps: series of measurements, recordings.

    An encoder is called as `encoder(values)`, or as `encoder([values, there])`, where `there` says
    which rows have the modality, `(batch,)`, or which steps are there, `(batch, steps)`. The
    `<name>_mask` of a batch is such a mask, False at every step of a row that lacks the modality.
    A subclass writes four methods:

    - `build_encoder(values_shape)` builds its sublayers,
    - `mask_tokens(steps)` says which tokens are real, `(batch, length)`, from the mask of the
      steps, `(batch, steps)`,
    - `encode_steps(values, steps, mask, training)` makes the tokens, `(batch, length, dim)`,
    - `length(values_shape)` says how many.

    Args:
        dim: Width of each token, at least 1.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: `values`, `(batch, steps, channels)` or `(batch, steps)`, or the list
            `[values, there]` with `there` a boolean `(batch,)` or `(batch, steps)`.
        mask: Not used; the mask comes from `there`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`; those that are masked are zero.

    Masking:
        Without `there` every token is real and the output has no mask. What `values` holds at
        masked steps is never read, NaN included.

    Raises:
        ValueError: If `dim` is less than 1, or `inputs` is a list of another length than 2, or
            `there` has another shape.

    Example:

    >>> import keras
    >>> class Pairs(SequenceEncoder):
    ...     def build_encoder(self, values_shape):
    ...         self.projection = keras.layers.Dense(self.dim)
    ...         self.projection.build((values_shape[0], None, 2))
    ...
    ...     def mask_tokens(self, steps):
    ...         return ops.any(ops.reshape(steps, (-1, steps.shape[1] // 2, 2)), axis=-1)
    ...
    ...     def encode_steps(self, values, steps, mask, training):
    ...         return self.projection(ops.reshape(values, (-1, values.shape[1] // 2, 2)))
    ...
    ...     def length(self, values_shape):
    ...         return values_shape[1] // 2
    >>> there = keras.ops.convert_to_tensor([[True] * 3 + [False], [False] * 4])
    >>> Pairs(dim=5).compute_mask([keras.ops.ones((2, 4)), there]).numpy()
    array([[ True,  True],
           [False, False]])
    """

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return which tokens are real, `(batch, length)`, by the steps, `(batch, steps)`."""
        raise NotImplementedError

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Make the tokens `(batch, length, dim)`; `steps` and `mask` are None where all is real."""
        raise NotImplementedError

    def check_second_shape(self, values_shape: Shape, present_shape: Shape) -> None:
        """Raise a ValueError unless it is a flag for each row or for each step."""
        pairs = zip(present_shape, values_shape, strict=False)
        fits = all(None in pair or pair[0] == pair[1] for pair in pairs)
        if len(present_shape) not in (1, 2) or not fits:
            raise ValueError(
                "`inputs` must be `values` or `[values, there]` with `there` of shape (batch,) or "
                f"(batch, steps). Received: shapes {values_shape} and {present_shape}"
            )

    def check_values(self, values: Tensor) -> None:
        """Raise a ValueError if the encoder cannot read them."""

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Make the tokens; see the class."""
        values, steps = self._values_and_steps(inputs)
        if steps is None:
            return self.encode_steps(values, None, None, training)
        mask = self.mask_tokens(steps)
        tokens = self.encode_steps(zero_absent(values, steps), steps, mask, training)
        return zero_masked(tokens, mask)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the tokens' mask, `(batch, length)`, or None where every token is real."""
        _, steps = self._values_and_steps(inputs)
        return None if steps is None else self.mask_tokens(steps)

    def _values_and_steps(self, inputs: Tensors) -> tuple[Any, Any]:
        """Return the values, and the mask of their steps, `(batch, steps)`, or None."""
        values, there = split_inputs(inputs)
        self.check_values(values)
        if there is None:
            return values, None
        there = ops.cast(there, "bool")
        if len(there.shape) == 1:
            numbers = values if len(values.shape) == 2 else values[..., 0]
            there = ops.logical_and(ops.ones_like(numbers, dtype="bool"), there[:, None])
        return values, there
