"""What the fusions share that make one vector of several modalities' vectors."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._modalities import (
    Name,
    in_order,
    like_inputs,
    masks_in_order,
    modality_names,
    modality_widths,
    single_width,
    values_and_masks,
)
from keras_multimodal.ops import masked_max, masked_mean, zero_masked
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors

_POOLINGS = {"max": masked_max, "mean": masked_mean}


class VectorFusion(keras.layers.Layer):
    """Pools each modality's tokens to a vector, and knows which modalities a row has.

    A subclass says in `build_fusion` what weights it has, in `fuse` what it does with the vectors,
    and in `output_width` how wide the result is.

    Args:
        pooling: How tokens become one vector: `"mean"` or `"max"`, over real tokens.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`.
    """

    # Whether the modalities must have one width.
    one_width = True

    def __init__(self, pooling: str = "mean", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_pooling(pooling)
        self.pooling = pooling
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the weights."""
        self.modality_names = modality_names(input_shape)
        widths = modality_widths(input_shape, self.modality_names)
        if self.one_width:
            single_width(widths)
        self.build_fusion(widths)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the weights.

        Args:
            widths: Each modality's width, in the order of `modality_names`.
        """

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return one vector `(batch, output_width)` of the modalities'.

        Args:
            vectors: Each modality's `(batch, dim)`, zeros where it is absent.
            present: Each modality's boolean `(batch,)`; None where it is always there.
        """
        raise NotImplementedError

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return the width of the result."""
        return next(iter(widths.values()))

    def pool(self, inputs: Tensors, mask: Mask) -> tuple[list[Any], list[Any]]:
        """Return what `fuse` takes, from the call's arguments."""
        vectors, present = [], []
        for value, value_mask in values_and_masks(inputs, mask, self.modality_names):
            vector, flag = pool_modality(value, value_mask, self.pooling)
            vectors.append(vector)
            present.append(flag)
        return vectors, present

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Pool and fuse; see the class."""
        vectors, present = self.pool(inputs, mask)
        return self.fuse(vectors, present)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True in rows of which something is known; None if that is all of them."""
        masks = masks_in_order(previous_mask, self.modality_names)
        return known_rows([None if mask is None else presence(mask) for mask in masks])

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, width)`."""
        names = modality_names(input_shape)
        batch = in_order(input_shape, names)[0][0]
        return (batch, self.output_width(modality_widths(input_shape, names)))

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return the output's shape, and refuse inputs that a call would; Keras alone doesn't."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        shapes = like_inputs([tuple(value.shape) for value, _ in pairs], self.modality_names)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "pooling": self.pooling}


def check_pooling(pooling: str) -> None:
    """Raise a ValueError unless `pooling` is the name of a pooling."""
    if pooling not in _POOLINGS:
        raise ValueError(
            f"`pooling` must be one of {sorted(_POOLINGS)}. Received: pooling={pooling!r}"
        )


def pool_modality(value: Tensor, mask: Mask, pooling: str) -> tuple[Any, Any]:
    """Return one modality's vector, and which rows have the modality.

    Args:
        value: Tokens `(batch, length, dim)` or vectors `(batch, dim)`.
        mask: Their mask, or None.
        pooling: `"mean"` or `"max"`.

    Returns:
        Vectors `(batch, dim)`, zeros where the modality is absent, and boolean flags `(batch,)`;
        None for the flags if there is no mask.
    """
    if len(value.shape) == 2:
        return zero_masked(value, mask), mask
    return _POOLINGS[pooling](value, mask), None if mask is None else presence(mask)


def presence(mask: Mask) -> Mask:
    """Return which rows have a modality, `(batch,)`, from the mask of its tokens or vectors."""
    return mask if len(mask.shape) == 1 else ops.any(mask, axis=1)


def stacked_presence(vectors: list[Any], present: list[Any]) -> Mask:
    """Return which modalities each row has, `(batch, modalities)`; None where all always are."""
    if all(flag is None for flag in present):
        return None
    flags = [
        ops.ones_like(vector[..., 0], dtype="bool") if flag is None else flag
        for vector, flag in zip(vectors, present, strict=True)
    ]
    return ops.stack(flags, axis=1)


def known_rows(present: list[Any]) -> Mask:
    """Return the rows that have some modality, boolean `(batch,)`; None where all have.

    Args:
        present: What `fuse` was given.
    """
    if any(flag is None for flag in present):
        return None
    return ops.any(ops.stack(present, axis=1), axis=1)


def shares(weights: Tensor, flags: Mask = None) -> Tensor:
    """Return weights `(batch, modalities)` as shares that sum to one in each row, in float32.

    Args:
        weights: At least 0.
        flags: Which modalities each row has, boolean `(batch, modalities)`. Of a row without any
            all shares are 0. Default `None`: they are there, or their weight is 0.
    """
    if flags is not None:
        weights = ops.where(flags, weights, ops.zeros_like(weights))
    weights = ops.cast(weights, keras.backend.result_type(weights.dtype, "float32"))
    total = ops.sum(weights, axis=-1, keepdims=True)
    return weights / ops.where(total > 0, total, ops.ones_like(total))


def zero_unknown(output: Tensor, present: list[Any]) -> Tensor:
    """Return `output`, zero in rows without a modality: biases make something of nothing.

    Args:
        output: Vectors `(batch, dim)`.
        present: What `fuse` was given.
    """
    return zero_masked(output, known_rows(present))
