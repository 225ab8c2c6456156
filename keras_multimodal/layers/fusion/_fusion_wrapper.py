"""The base of the layers that wrap a fusion, whatever it returns."""

import inspect
from typing import Any

import keras

from keras_multimodal.layers._modalities import (
    Name,
    in_order,
    like_inputs,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    values_and_masks,
)
from keras_multimodal.layers.embedding.shared_projection import SharedProjection
from keras_multimodal.layers.fusion import registry
from keras_multimodal.layers.fusion._same_policy import (
    config_of_held,
    in_dtype,
    with_held,
    with_policy,
)
from keras_multimodal.layers.fusion.logit_fusion import LogitFusion
from keras_multimodal.types import Mask, Shapes, Tensor, Tensors


class FusionWrapper(keras.layers.Layer):
    """Brings modalities to one width and fuses them.

    Args:
        fusion: A name of `fusion.names()`, or a layer; `None` leaves the modalities as they are.
        dim: Width to which each modality is projected first; `None`: each comes as it is.
        **kwargs: `name`, `dtype` (that of `fusion` by default, where it is a layer), `trainable`
            and `activity_regularizer`.
    """

    def __init__(
        self, fusion: str | keras.layers.Layer | None, dim: int | None = None, **kwargs: Any
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
        if isinstance(fusion, str):
            fusion = registry.get(fusion, dtype=self.dtype_policy)
        self.fusion: Any = None
        if fusion is not None:
            if "mask" not in inspect.signature(registry.get(fusion).call).parameters:
                raise ValueError(
                    "`fusion` must have a `call(inputs, mask)`, inputs and masks in a list or "
                    "dict; a layer that reads no masks would mix in what isn't there. "
                    f"Received: fusion={fusion!r}"
                )
            self.fusion = with_policy(registry.get(fusion), self.dtype_policy)
        self.dim = dim
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and build the projections and the fusion."""
        self.modality_names = modality_names(input_shape)
        self._projection: Any = None
        if self.dim is not None:
            self._projection = SharedProjection(
                self.dim, dtype=self.dtype_policy, name="projection"
            )
            self._projection.build(input_shape)
        if self.fusion is not None and not self.fusion.built:
            self.fusion.build(self._fusion_shape(input_shape))

    def fused_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shape, or list or dict of shapes, of what the fusion returns."""
        shape = self._fusion_shape(input_shape)
        return shape if self.fusion is None else self.fusion.compute_output_shape(shape)

    def fuse(self, inputs: Tensors, mask: Mask) -> tuple[Any, Any]:
        """Return what the fusion returns of the call's arguments, and its mask."""
        inputs, mask = self._prepared(inputs, mask)
        if self.fusion is None:
            return inputs, mask
        fused = in_dtype(self.fusion(inputs, mask=mask), self.compute_dtype)
        # By hand: the mask that Keras attaches to a tensor is no public attribute.
        return fused, self.fusion.compute_mask(inputs, mask)

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality in a row, `(batch, modalities)`, as the fusion says."""
        inputs, mask = self._prepared(inputs, mask)
        return self.fusion.modality_weights(inputs, mask)

    def attention_to(self, name: Name, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return how much a modality's tokens are attended to, `(batch, length)`, by the fusion."""
        inputs, mask = self._prepared(inputs, mask)
        return self.fusion.attention_to(name, inputs, mask)

    def _prepared(self, inputs: Tensors, mask: Mask) -> tuple[Any, Any]:
        """Return what the fusion is called with: tokens of one width, and their masks."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        tokens, masks = zip(*(merged_tokens([pair]) for pair in pairs), strict=True)
        inputs = like_inputs(tokens, self.modality_names)  # (batch, length, dim) each
        mask = like_inputs(masks, self.modality_names)
        if self._projection is not None:
            inputs = self._projection(inputs, mask=mask)
        return inputs, mask

    def _fusion_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes that the fusion is called with."""
        names = modality_names(input_shape)
        widths = modality_widths(input_shape, names)
        shapes = zip(in_order(input_shape, names), widths.values(), strict=True)
        tokens = [(shape[0], merged_length([shape]), self.dim or width) for shape, width in shapes]
        return like_inputs(tokens, names)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return one tensor, of `compute_output_shape`."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        shapes = like_inputs([value.shape for value, _ in pairs], self.modality_names)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        # Not the name: what it stands for may change, and a saved model must not.
        held = {"fusion": None}
        if self.fusion is not None:
            held = config_of_held("fusion", self.fusion, self.dtype_policy)
        return {**super().get_config(), **held, "dim": self.dim}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FusionWrapper":
        """Return the layer that `get_config` describes."""
        return cls(**(config if config["fusion"] is None else with_held("fusion", config)))


def is_several(shape: Shapes) -> bool:
    """Return whether `shape` is a list or dict of shapes, and not one shape."""
    return isinstance(shape, dict) or isinstance(shape[0], (list, tuple))
