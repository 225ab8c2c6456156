"""Any fusion, made to end in one sequence of tokens."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import (
    in_order,
    like_inputs,
    masks_in_order,
    merged_length,
    merged_mask,
    merged_tokens,
    modality_names,
    modality_widths,
    single_width,
    values_and_masks,
)
from keras_multimodal.layers.fusion._fusion_wrapper import FusionWrapper, is_several
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors


@register
class FusedTokens(FusionWrapper):
    """Brings modalities to one width, fuses them, and puts what comes out in one sequence.

    `output = [f(W_1 x_1 + b_1, ..., W_M x_M + b_M)_1, ..., f(...)_M]`

    where `f` is the fusion and `[...]` the tokens one after the other; a vector is one token. It is
    what a decoder attends to.

    Args:
        fusion: A name of `fusion.names()`, or a layer, as `PooledFusion` takes it. `None` leaves
            the modalities as they are: the decoder alone relates them.
        dim: Width to which each modality is projected first. Default `None`: each comes as it is.
        **kwargs: `name`, `dtype` (that of `fusion` by default, where it is a layer), `trainable`
            and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities: tokens `(batch, length, dim)` or vectors
            `(batch, dim)`, which count as one token, in any mixture; with `dim` of any widths.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Tokens `(batch, sum of the lengths, width)`.

    Masking:
        What stands at masked places is never read, NaN included, and the output there is zero. The
        output's mask is True where a token is real; there is none if nothing has a mask.

    Raises:
        TypeError: If `fusion` is neither a name nor a layer nor `None`.
        ValueError: If there is no fusion of that name; if it is `"logits"`, which takes each
            modality's logits; if `dim` is less than 1; if what is to stand in one sequence has
            several widths; if the inputs aren't a list or dict of float tensors, or have other
            names than those the layer was built for; or if a mask isn't a boolean that fits its
            modality.

    Example:

    >>> words, places = keras.ops.ones((2, 5, 16)), keras.ops.ones((2, 9, 24))
    >>> context = FusedTokens("co_attention", dim=32)({"text": words, "image": places})
    >>> tuple(context.shape)
    (2, 14, 32)
    """

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and build the projections and the fusion."""
        super().build(input_shape)
        self.compute_output_shape(input_shape)  # refuses several widths

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Project, fuse and join; see the class."""
        tokens, tokens_mask = merged_tokens(self._pairs(*self.fuse(inputs, mask)))
        return zero_masked(tokens, tokens_mask)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True where a token is real, `(batch, sum of the lengths)`; None if all are."""
        pairs = [
            merged_tokens([pair])
            for pair in values_and_masks(inputs, previous_mask, self.modality_names)
        ]
        tokens, masks = (
            like_inputs(each, self.modality_names) for each in zip(*pairs, strict=True)
        )
        if self.fusion is not None:
            # A mask depends on the lengths, and not on widths that are still to become one.
            narrow = keras.tree.map_structure(lambda x: x[..., :1], tokens)
            masks = self.fusion.compute_mask(narrow, masks)
        if masks is None or isinstance(masks, (dict, list, tuple)):
            # Fusions that return each modality leave it its length.
            return merged_mask(self._pairs(tokens, masks))
        return masks[:, None] if len(masks.shape) == 1 else masks

    def _pairs(self, fused: Tensor, mask: Mask) -> list[tuple[Any, Any]]:
        """Return what a fusion returned, one modality after the other, with its mask."""
        if not isinstance(fused, (dict, list, tuple)):
            return [(fused, mask)]
        values = in_order(fused, self.modality_names)
        return list(zip(values, masks_in_order(mask, self.modality_names), strict=True))

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, sum of the lengths, width)`."""
        shape = self.fused_shape(input_shape)
        if not is_several(shape):
            return (shape[0], merged_length([shape]), shape[-1])
        names = modality_names(shape)
        shapes = in_order(shape, names)
        width = single_width(modality_widths(shape, names))
        return (shapes[0][0], merged_length(shapes), width)
