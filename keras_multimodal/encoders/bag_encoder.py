"""Several pictures of a row, or several of anything else, read by one encoder."""

import math
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders.encoder import Encoder, Shape, split_inputs, split_shape
from keras_multimodal.layers.fusion._same_policy import (
    config_of_held,
    in_dtype,
    with_held,
    with_policy,
)
from keras_multimodal.schema import Modality
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors


@register
class BagEncoder(Encoder):
    """Reads several pictures of a row, or several of anything else, with one encoder.

    Each item becomes what `encoder` makes of it alone, and the tokens of a row's items stand one
    after another. Which comes first says nothing: there are no positions.

    Args:
        encoder: An encoder of one item, such as `ConvImageEncoder` or `PretrainedImageEncoder`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Items `(batch, items, ...)`, or the list `[items, there]` with `there` a boolean
            `(batch, items)`, True for the items that a row has, or `(batch,)`. Items that are
            inputs of their own are put together with `keras.ops.stack(items, axis=1)`, and so are
            their presence flags.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, items * length, dim)`, with `length` and `dim` those of `encoder`.

    Masking:
        What `encoder` masks of an item is masked, and all of an item that is not there. Without
        either the output has no mask.

    Raises:
        TypeError: If `encoder` is no encoder.
        ValueError: If the inputs have the wrong rank.

    Example:

    >>> from keras_multimodal.encoders import ConvImageEncoder
    >>> pictures = keras.random.uniform((2, 3, 16, 16, 3))  # three of each row
    >>> there = keras.ops.convert_to_tensor([[True, True, False], [False] * 3])
    >>> bag = BagEncoder(ConvImageEncoder(dim=8, filters=(4, 4)))
    >>> tuple(bag([pictures, there]).shape)
    (2, 48, 8)

    Reference:
        Zaheer et al., "Deep Sets", 2017 (sets of items that are read alike).
    """

    def __init__(self, encoder: Encoder, **kwargs: Any) -> None:
        if not isinstance(encoder, Encoder):
            raise TypeError(
                "`encoder` must be a keras_multimodal.encoders.Encoder. "
                f"Received: {type(encoder).__name__}"
            )
        # What the items are cast to is the encoder's business.
        super().__init__(encoder.dim, autocast=False, **kwargs)
        self.encoder = with_policy(encoder, self.dtype_policy)
        # The name by its class would begin with underscores: no name of a graph's first scope.
        self._rows = _AsRows(dtype=self.dtype_policy, name="as_rows")

    def check_modality(self, modality: Modality) -> None:
        """Check what the items' encoder asks."""
        self.encoder.check_modality(modality)

    def build(self, input_shape: Shapes) -> None:
        """Build the encoder for one item."""
        items_shape, there_shape = split_shape(input_shape)
        if len(items_shape) < 3:
            raise ValueError(
                "`inputs` must be items of shape (batch, items, ...). "
                f"Received: shape {tuple(items_shape)}"
            )
        if None in items_shape[2:]:
            raise ValueError(
                "`inputs` must be items of one size, which is known. "
                f"Received: shape {tuple(items_shape)}"
            )
        if there_shape is not None and len(there_shape) not in (1, 2):
            raise ValueError(
                "`inputs` must be items or `[items, there]` with `there` of shape (batch, items) "
                f"or (batch,). Received: shapes {tuple(items_shape)} and {tuple(there_shape)}"
            )
        if not self.encoder.built:
            item_shape = (None, *items_shape[2:])
            self.encoder.build(item_shape if there_shape is None else [item_shape, (None,)])

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Make the tokens of all items; see the class."""
        values, _ = split_inputs(inputs)
        tokens = in_dtype(self.encoder(self._items(inputs), training=training), self.compute_dtype)
        return self._unfold(tokens, values)  # (batch, items * length, dim)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the tokens' mask, `(batch, items * length)`, or None where every token is real."""
        values, _ = split_inputs(inputs)
        mask = self.encoder.compute_mask(self._items(inputs))
        return None if mask is None else self._unfold(mask, values)

    def _unfold(self, flat: Tensor, values: Tensor) -> Tensor:
        """Turn `(batch * items, length, ...)` into `(batch, items * length, ...)`."""
        tokens = self._tokens(tuple(values.shape))
        if tokens is None:
            return self._rows([flat, values])
        return ops.reshape(flat, (-1, tokens, *flat.shape[2:]))

    def _items(self, inputs: Tensors) -> Tensor:
        """Return what the encoder is called with: each item a row."""
        values, there = split_inputs(inputs)
        items = ops.reshape(values, (-1, *values.shape[2:]))
        if there is None:
            return items
        there = ops.cast(there, "bool")
        if len(there.shape) == 1:
            first = values[(slice(None), slice(None), *(0,) * (len(values.shape) - 2))]
            there = ops.logical_and(ops.ones_like(first, dtype="bool"), there[:, None])
        return [items, ops.reshape(there, (-1,))]

    def _tokens(self, values_shape: Shape) -> int | None:
        counts = (values_shape[1], self.encoder.length((None, *values_shape[2:])))
        known = [count for count in counts if count is not None]
        return math.prod(known) if len(known) == 2 else None

    def compute_output_shape(self, input_shape: Shapes) -> Shape:
        """Return `(batch, items * length, dim)`."""
        values_shape, _ = split_shape(input_shape)
        return (values_shape[0], self._tokens(tuple(values_shape)), self.dim)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        config = super().get_config()
        config.pop("dim")  # the encoder's
        return {**config, **config_of_held("encoder", self.encoder, self.dtype_policy)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BagEncoder":
        """Return the layer that `get_config` describes."""
        return cls(**with_held("encoder", config))


@register
class _AsRows(keras.layers.Layer):
    """Puts items together again where neither their number nor the batch's is known beforehand.

    An operation could not: in a Functional model it would have to be told either.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make nothing."""

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return `flat` of `[flat, values]`, with the first axis of `values`."""
        flat, values = inputs
        return ops.reshape(flat, (ops.shape(values)[0], -1, *flat.shape[2:]))

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> None:
        """Return None: the bag has a mask of its own."""

    def get_config(self) -> dict[str, Any]:
        """Return what every layer has."""
        return super().get_config()
