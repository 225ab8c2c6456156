"""Any fusion, made to end in one vector."""

from typing import Any, Literal

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import masks_in_order
from keras_multimodal.layers.fusion._fusion_wrapper import FusionWrapper, is_several
from keras_multimodal.layers.fusion._vector_fusion import (
    check_pooling,
    known_rows,
    pool_modality,
    presence,
)
from keras_multimodal.layers.fusion.concat_fusion import ConcatFusion
from keras_multimodal.layers.fusion.mean_fusion import MeanFusion
from keras_multimodal.types import Mask, Masks, Shapes, Tensors

_JOINS = {"concat": ConcatFusion, "mean": MeanFusion}


@register
class PooledFusion(FusionWrapper):
    """Brings modalities to one width, fuses them, and pools what comes out to one vector.

    `output = join_m(pool(f(W_1 x_1 + b_1, ..., W_M x_M + b_M)_m))`

    where `f` is the fusion. A fusion that returns one vector needs neither `pool` nor `join`, one
    that returns one sequence of tokens no `join`. A head can stand on any fusion then.

    Args:
        fusion: A name of `fusion.names()`, or a layer with a `call(inputs, mask)` that takes a list
            or dict of modalities' tokens and returns one too, or tokens, or vectors. For a name's
            options give a layer: `PooledFusion(fusion.get("gated", units=32))`.
        dim: Width to which each modality is projected first. Default `None`: each comes as it is.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        join: What makes one vector of several modalities: `"concat"` (default), with a learned
            vector where one is absent, or `"mean"`, over those that are there.
        **kwargs: `name`, `dtype` (that of `fusion` by default, where it is a layer), `trainable`
            and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities: tokens `(batch, length, dim)` or vectors
            `(batch, dim)`, which reach the fusion as one token, in any mixture; with `dim` of any
            widths, else of those that the fusion takes.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, width)`.

    Masking:
        What stands at masked places is never read, NaN included. A row without any modality gives
        zeros, or with `join="concat"` the learned vectors. The output's mask, `(batch,)`, is True
        where some modality is there; there is none if some modality has no mask.

    Raises:
        TypeError: If `fusion` is neither a name nor a layer.
        ValueError: If there is no fusion of that name; if it is `"logits"`, which takes each
            modality's logits and has no use for one vector before a head; if another argument is
            out of its range; if the inputs aren't a list or dict of float tensors, or have other
            names than those the layer was built for; or if a mask isn't a boolean that fits its
            modality.

    Example:

    >>> words, places = keras.ops.ones((2, 5, 16)), keras.ops.ones((2, 9, 24))
    >>> fused = PooledFusion("cross_attention", dim=32)({"text": words, "image": places})
    >>> tuple(fused.shape)
    (2, 64)
    """

    def __init__(
        self,
        fusion: str | keras.layers.Layer,
        dim: int | None = None,
        pooling: Literal["mean", "max"] = "mean",
        join: Literal["concat", "mean"] = "concat",
        **kwargs: Any,
    ) -> None:
        super().__init__(fusion, dim, **kwargs)
        if fusion is None:
            raise TypeError("`fusion` must be a name or a layer. Received: fusion=None")
        check_pooling(pooling)
        if join not in _JOINS:
            raise ValueError(f"`join` must be one of {sorted(_JOINS)}. Received: join={join!r}")
        self.pooling = pooling
        self.join = join

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and build the projections, the fusion and the join."""
        super().build(input_shape)
        fused_shape = self.fused_shape(input_shape)
        self._join: Any = None
        if is_several(fused_shape):
            self._join = self._join_layer(dtype=self.dtype_policy, name="join")
            self._join.build(fused_shape)

    def _join_layer(self, **kwargs: Any) -> keras.layers.Layer:
        return _JOINS[self.join](pooling=self.pooling, **kwargs)

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Project, fuse and pool; see the class."""
        fused, fused_mask = self.fuse(inputs, mask)
        if self._join is not None:
            return self._join(fused, mask=fused_mask)
        if len(fused.shape) == 2:
            return fused
        vectors, _ = pool_modality(fused, fused_mask, self.pooling)
        return vectors

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True in rows of which something is known; None if that is all of them."""
        masks = masks_in_order(previous_mask, self.modality_names)
        return known_rows([None if mask is None else presence(mask) for mask in masks])

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, width)`."""
        shape = self.fused_shape(input_shape)
        if is_several(shape):
            return self._join_layer().compute_output_shape(shape)
        return (shape[0], shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "pooling": self.pooling, "join": self.join}
