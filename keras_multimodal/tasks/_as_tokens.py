"""What any layer makes of a modality, as tokens and a mask."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Masks, Shape, Shapes, Tensor, Tensors


@register
class AsTokens(keras.layers.Layer):
    """Turns what a layer makes that knows nothing of what is absent into tokens and their mask.

    A grid becomes tokens, row by row, and a vector one token. Where a row lacks the modality, all
    of its tokens are masked; where single steps are missing, those tokens of whose share of the
    steps none is there: of `n` tokens of `L` steps, token `i` has those from `i L / n` to
    `(i + 1) L / n`. A mask that the layer made itself holds too.

    Args:
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: A grid `(batch, rows, columns, dim)`, tokens `(batch, length, dim)` or vectors
            `(batch, dim)`, or the list of it and `there`, boolean `(batch,)` or `(batch, steps)`.
        mask: The masks of both; of the first its own, where it is tokens.

    Returns:
        Tokens `(batch, length, dim)`, zero where they are masked.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make nothing."""

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return the tokens; see the class."""
        made, _ = _parts(inputs)
        tokens = ops.cast(_tokens(made), self.compute_dtype)
        return zero_masked(tokens, self._mask(inputs, mask))

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the tokens' mask, `(batch, length)`; None where all are there."""
        return self._mask(inputs, previous_mask)

    def _mask(self, inputs: Tensors, mask: Mask) -> Mask:
        made, there = _parts(inputs)
        tokens = _tokens(made)
        tokens_mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        if len(made.shape) != 3:
            tokens_mask = None  # of something that came before, such as the steps of a recurrence
        if there is None:
            return tokens_mask
        there = ops.cast(there, "bool")
        if len(there.shape) == 2:
            there = _shares(there, tokens)
        else:
            # By a tensor: the length may be unknown.
            there = ops.logical_and(ops.ones_like(tokens[..., 0], dtype="bool"), there[:, None])
        return there if tokens_mask is None else ops.logical_and(there, tokens_mask)

    def grid(self, values_shape: tuple[int, ...]) -> tuple[int, int] | None:
        """Return the rows and columns whose places the tokens are; None if of none.

        Args:
            values_shape: The shape of what the layer made.
        """
        _, *places, _ = values_shape
        return (places[0], places[1]) if len(places) == 2 else None

    def compute_output_shape(self, input_shape: Shapes) -> Shape:
        """Return `(batch, length, dim)`."""
        first = input_shape[0]
        shape = tuple(first) if isinstance(first, (list, tuple)) else tuple(input_shape)
        return (shape[0], shape[1] if len(shape) == 3 else math.prod(shape[1:-1]), shape[-1])


def _parts(inputs: Tensors) -> tuple[Any, Any]:
    return (inputs[0], inputs[1]) if isinstance(inputs, (list, tuple)) else (inputs, None)


def _tokens(made: Tensor) -> Any:
    """Return a grid or a vector as `(batch, length, dim)`."""
    if len(made.shape) == 3:
        return made
    return ops.reshape(made, (-1, math.prod(made.shape[1:-1]), made.shape[-1]))


def _shares(there: Mask, tokens: Tensor) -> Mask:
    """Return which tokens have some of their share of the steps, `(batch, tokens)`."""
    steps, count = there.shape[1], tokens.shape[1]
    if steps is not None and steps == count:
        return there
    counts = ops.cumsum(ops.cast(there, "int32"), axis=1)
    counts = ops.concatenate([ops.zeros_like(counts[:, :1]), counts], axis=1)
    if None not in (steps, count):
        edges = np.arange(count + 1) * steps
        begins, ends = edges[:-1] // count, -(-edges[1:] // count)
        return ops.take(counts, ends, axis=1) > ops.take(counts, begins, axis=1)
    # By tensors, whose lengths are known when the layer runs.
    number = ops.cumsum(ops.ones_like(tokens[..., 0], dtype="int32"), axis=1)
    steps = ops.cumsum(ops.ones_like(there, dtype="int32"), axis=1)[:, -1:]
    begins = (number - 1) * steps // number[:, -1:]
    ends = -(-(number * steps) // number[:, -1:])
    return ops.take_along_axis(counts, ends, axis=1) > ops.take_along_axis(counts, begins, axis=1)
