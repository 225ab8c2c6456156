"""Any fusion, made to end in one vector."""

import inspect
from typing import Any, Literal

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import (
    in_order,
    like_inputs,
    masks_in_order,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    values_and_masks,
)
from keras_multimodal.layers.embedding.shared_projection import SharedProjection
from keras_multimodal.layers.fusion import registry
from keras_multimodal.layers.fusion._vector_fusion import (
    check_pooling,
    known_rows,
    pool_modality,
    presence,
)
from keras_multimodal.layers.fusion._wrapped import with_policy
from keras_multimodal.layers.fusion.concat_fusion import ConcatFusion
from keras_multimodal.layers.fusion.logit_fusion import LogitFusion
from keras_multimodal.layers.fusion.mean_fusion import MeanFusion

_JOINS = {"concat": ConcatFusion, "mean": MeanFusion}


@register
class PooledFusion(keras.layers.Layer):
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
        if isinstance(fusion, keras.layers.Layer):
            kwargs = {"dtype": fusion.dtype_policy, **kwargs}
        super().__init__(**kwargs)
        if fusion == "logits" or isinstance(fusion, LogitFusion):
            raise ValueError(
                "`fusion` must take tokens or vectors; give `LogitFusion` each modality's logits, "
                f"behind a head of each. Received: fusion={fusion!r}"
            )
        if dim is not None and dim < 1:
            raise ValueError(f"`dim` must be at least 1. Received: dim={dim}")
        check_pooling(pooling)
        if join not in _JOINS:
            raise ValueError(f"`join` must be one of {sorted(_JOINS)}. Received: join={join!r}")
        if isinstance(fusion, str):
            fusion = registry.get(fusion, dtype=self.dtype_policy)
        if "mask" not in inspect.signature(registry.get(fusion).call).parameters:
            raise ValueError(
                "`fusion` must have a `call(inputs, mask)`, inputs and masks in a list or dict; a "
                "layer that reads no masks would mix in what isn't there. "
                f"Received: fusion={fusion!r}"
            )
        self.fusion = with_policy(registry.get(fusion), self.dtype_policy)
        self.dim = dim
        self.pooling = pooling
        self.join = join
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Settle the modalities' order and build the projections, the fusion and the join."""
        self.modality_names = modality_names(input_shape)
        self._projection: Any = None
        if self.dim is not None:
            self._projection = SharedProjection(
                self.dim, dtype=self.dtype_policy, name="projection"
            )
            self._projection.build(input_shape)
        shape = self._fusion_shape(input_shape)
        if not self.fusion.built:
            self.fusion.build(shape)
        fused_shape = self.fusion.compute_output_shape(shape)
        self._join: Any = None
        if _is_several(fused_shape):
            self._join = self._join_layer(dtype=self.dtype_policy, name="join")
            self._join.build(fused_shape)

    def _join_layer(self, **kwargs: Any) -> keras.layers.Layer:
        return _JOINS[self.join](pooling=self.pooling, **kwargs)

    def _fusion_shape(self, input_shape: Any) -> Any:
        """The shapes that the fusion is called with."""
        names = modality_names(input_shape)
        widths = modality_widths(input_shape, names)
        shapes = zip(in_order(input_shape, names), widths.values(), strict=True)
        tokens = [(shape[0], merged_length([shape]), self.dim or width) for shape, width in shapes]
        return like_inputs(tokens, names)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Project, fuse and pool; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        tokens, masks = zip(*(merged_tokens([pair]) for pair in pairs), strict=True)
        inputs = like_inputs(tokens, self.modality_names)  # (batch, length, dim) each
        mask = like_inputs(masks, self.modality_names)
        if self._projection is not None:
            inputs = self._projection(inputs, mask=mask)
        fused = self.fusion(inputs, mask=mask)
        # By hand: the mask that Keras attaches to a tensor is no public attribute.
        fused_mask = self.fusion.compute_mask(inputs, mask)
        if self._join is not None:
            return self._join(fused, mask=fused_mask)
        if len(fused.shape) == 2:
            return fused
        vectors, _ = pool_modality(fused, fused_mask, self.pooling)
        return vectors

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True in rows of which something is known; None if that is all of them."""
        masks = masks_in_order(previous_mask, self.modality_names)
        return known_rows([None if mask is None else presence(mask) for mask in masks])

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """`(batch, width)`."""
        shape = self.fusion.compute_output_shape(self._fusion_shape(input_shape))
        if _is_several(shape):
            return self._join_layer().compute_output_shape(shape)
        return (shape[0], shape[-1])

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> Any:
        """One vector for each row."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        shapes = like_inputs([value.shape for value, _ in pairs], self.modality_names)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            # Not the name: what it stands for may change, and a saved model must not.
            "fusion": keras.saving.serialize_keras_object(self.fusion),
            "dim": self.dim,
            "pooling": self.pooling,
            "join": self.join,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PooledFusion":
        """The layer that `get_config` describes."""
        fusion = keras.saving.deserialize_keras_object(config["fusion"])
        return cls(**{**config, "fusion": fusion})


def _is_several(shape: Any) -> bool:
    """Whether `shape` is a list or dict of shapes, and not one shape."""
    return isinstance(shape, dict) or isinstance(shape[0], (list, tuple))
