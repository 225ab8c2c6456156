"""What the fusions share that make one vector of several modalities' vectors."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._modalities import (
    Name,
    Names,
    in_order,
    masks_in_order,
    modality_names,
    modality_widths,
    single_width,
    values_and_masks,
)
from keras_multimodal.ops import masked_max, masked_mean, zero_masked

POOLINGS = {"max": masked_max, "mean": masked_mean}


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
        if pooling not in POOLINGS:
            raise ValueError(
                f"`pooling` must be one of {sorted(POOLINGS)}. Received: pooling={pooling!r}"
            )
        self.pooling = pooling
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
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

    def fuse(self, vectors: list[Any], present: list[Any]) -> Any:
        """One vector `(batch, output_width)` of the modalities'.

        Args:
            vectors: Each modality's `(batch, dim)`, zeros where it is absent.
            present: Each modality's boolean `(batch,)`; None where it is always there.
        """
        raise NotImplementedError

    def output_width(self, widths: dict[Name, int]) -> int:
        """The width of the result."""
        return next(iter(widths.values()))

    def pool(self, inputs: Any, mask: Any) -> tuple[list[Any], list[Any]]:
        """What `fuse` takes, from the call's arguments."""
        vectors, present = [], []
        for value, value_mask in values_and_masks(inputs, mask, self.modality_names):
            if len(value.shape) == 2:
                vectors.append(zero_masked(value, value_mask))
                present.append(value_mask)
            else:
                vectors.append(POOLINGS[self.pooling](value, value_mask))
                present.append(None if value_mask is None else ops.any(value_mask, axis=1))
        return vectors, present

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pool and fuse; see the class."""
        vectors, present = self.pool(inputs, mask)
        return self.fuse(vectors, present)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True in rows of which something is known; None if that is all of them."""
        return known_rows(previous_mask, self.modality_names)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """`(batch, width)`."""
        names = modality_names(input_shape)
        batch = in_order(input_shape, names)[0][0]
        return (batch, self.output_width(modality_widths(input_shape, names)))

    def get_config(self) -> dict[str, Any]:
        """Every argument, so that the layer can be saved."""
        return {**super().get_config(), "pooling": self.pooling}


def known_rows(mask: Any, names: Names) -> Any:
    """Where some modality is there, boolean `(batch,)`; None if some modality has no mask.

    Args:
        mask: A list or dict of masks, or None.
        names: What `modality_names` returned.
    """
    masks = masks_in_order(mask, names)
    if any(mask is None for mask in masks):
        return None
    rows = [mask if len(mask.shape) == 1 else ops.any(mask, axis=1) for mask in masks]
    return ops.any(ops.stack(rows, axis=1), axis=1)


def stacked_presence(vectors: list[Any], present: list[Any]) -> Any:
    """Which modalities each row has, boolean `(batch, modalities)`; None where all always are."""
    if all(flag is None for flag in present):
        return None
    flags = [
        ops.ones_like(vector[..., 0], dtype="bool") if flag is None else flag
        for vector, flag in zip(vectors, present, strict=True)
    ]
    return ops.stack(flags, axis=1)


def zero_unknown(output: Any, present: list[Any]) -> Any:
    """`output`, zeros in the rows that have no modality: biases make something of nothing.

    Args:
        output: Vectors `(batch, dim)`.
        present: What `fuse` was given.
    """
    if any(flag is None for flag in present):
        return output
    return zero_masked(output, ops.any(ops.stack(present, axis=1), axis=1))
