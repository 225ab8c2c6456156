"""What the layers share in which a few learned tokens gather what many tokens hold."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._modalities import (
    in_order,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    single_width,
    values_and_masks,
)
from keras_multimodal.layers.attention._block_stack import BlockStack, for_each_row
from keras_multimodal.layers.attention._transformer_block import Shape
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors


class LatentTokens(BlockStack):
    """Puts all tokens in one sequence and lets learned tokens attend to it, layer by layer.

    A subclass says in `build_layers` what weights the layers have, and in `attend` what they do.
    One tensor is taken as a list of it.

    Args:
        num_latents: Number of learned tokens.
        **kwargs: As for `BlockStack`.
    """

    def __init__(self, num_latents: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._num_latents = num_latents

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the learned tokens and the layers."""
        shapes = _shapes(input_shape)
        self.modality_names = modality_names(shapes)
        dim = single_width(modality_widths(shapes, self.modality_names))
        length = merged_length(in_order(shapes, self.modality_names))
        self._latents = self.add_vectors("latents", self._num_latents, dim)
        self.build_layers((None, self._num_latents, dim), (None, length, dim))

    def build_layers(self, latents_shape: Shape, tokens_shape: Shape) -> None:
        """Make the layers for learned tokens and tokens of these shapes."""
        raise NotImplementedError

    def attend(self, latents: Tensor, tokens: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return what the layers make of the learned tokens.

        Args:
            latents: The learned tokens, `(batch, num_latents, dim)`.
            tokens: All modalities' tokens, `(batch, length, dim)`, anything at masked places.
            mask: Boolean `(batch, length)`; None where every token is real.
            training: Whether the call is part of training.
        """
        raise NotImplementedError

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Gather; see the class."""
        tokens, mask = merged_tokens(self._pairs(inputs, mask))
        latents = self.attend(for_each_row(self._latents, tokens), tokens, mask, training)
        if mask is None:
            return latents
        # Where there is no token, the learned ones have attended to each other.
        return zero_masked(latents, ops.any(mask, axis=1, keepdims=True))

    def _pairs(self, inputs: Tensors, mask: Mask) -> list[tuple[Any, Any]]:
        mask = None if mask is None else _as_list(mask)
        return values_and_masks(_as_list(inputs), mask, self.modality_names)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True in rows that have a token, for each learned one; None without masks."""
        _, mask = merged_tokens(self._pairs(inputs, previous_mask))
        if mask is None:
            return None
        return ops.repeat(ops.any(mask, axis=1, keepdims=True), self._num_latents, axis=1)

    def compute_output_shape(self, input_shape: Shapes) -> Shape:
        """Return `(batch, num_latents, dim)`."""
        shapes = _shapes(input_shape)
        shape = in_order(shapes, modality_names(shapes))[0]
        return (shape[0], self._num_latents, shape[-1])

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return `(batch, num_latents, dim)`."""
        value, _ = self._pairs(inputs, mask)[0]
        shape = (value.shape[0], self._num_latents, value.shape[-1])
        return keras.KerasTensor(shape, dtype=self.compute_dtype)


def _as_list(structure: Tensors) -> Any:
    """Return one tensor or mask as a list of it; several as they are."""
    return structure if isinstance(structure, (list, tuple, dict)) else [structure]


def _shapes(input_shape: Shapes) -> Shapes:
    """Return one shape as a list of it; several as they are."""
    if isinstance(input_shape, dict):
        return input_shape
    is_one = all(size is None or isinstance(size, int) for size in input_shape)
    return [input_shape] if is_one else input_shape
