"""A weighted sum of modalities."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, in_order, masks_in_order, values_and_masks
from keras_multimodal.layers.fusion._vector_fusion import (
    VectorFusion,
    known_rows,
    presence,
    shares,
    stacked_presence,
)
from keras_multimodal.ops import masked_softmax
from keras_multimodal.types import Initializer, Mask, Regularizer, Tensor, Tensors


@register
class ModalityWeighting(VectorFusion):
    """Sums modalities with weights that sum to one over those that are there.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `p_m` 1 where it is present:

    `output = sum_m w_m h_m`, `w_m = p_m exp(s_m / temperature) / sum_k p_k exp(s_k / temperature)`

    The mode says where the scores `s_m` come from.

    Args:
        mode: `"input"` (default): `s_m = h_m k_m + b_m`, so that each row has weights of its own;
            `"learned"`: one learned number for each modality; `"fixed"`: the weights are given.
            In the first two every modality starts with the same weight.
        fixed_weights: With `"fixed"`, a number for each modality, in a list or a dict as the
            inputs are; they needn't sum to one, and 0 leaves a modality out as if it were absent.
            `None` (default) weights all alike.
        temperature: Divides the scores, above 0: below 1 sharpens the weights, above 1 evens them
            out. Not for `"fixed"`. Default 1.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        kernel_initializer: Initializer of the `k_m`. Default `"zeros"`.
        kernel_regularizer: Regularizer of the `k_m`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of one width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        return_weights: Whether to return the weights too. Default False.

    Returns:
        Vectors `(batch, dim)`; with `return_weights`, also the weights `(batch, modalities)`, in
        the order of `modality_names`: that of a list, or a dict's names sorted.

    Masking:
        A modality without a real token in a row is absent from it: its weight is exactly 0 and it
        has no gradient. What stands at masked places is never read, NaN included. A row without
        any modality gives zeros. The output's mask, `(batch,)`, is True where some modality is
        there; there is none if some modality has no mask. Keras leaves masked rows out of losses
        and metrics: here the rows of which nothing at all is known.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of
            float tensors of one width, or have other names than those the layer was built for; or
            if a mask isn't a boolean that fits its modality.

    Example:

    >>> picture = keras.ops.convert_to_tensor([[2.0, 0.0], [2.0, 0.0]])
    >>> title = keras.ops.convert_to_tensor([[0.0, 4.0], [0.0, 4.0]])
    >>> has_title = keras.ops.convert_to_tensor([True, False])
    >>> fused = ModalityWeighting(mode="fixed")([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(fused)
    array([[1., 2.],
           [2., 0.]], dtype=float32)

    Reference:
        Hori et al., "Attention-Based Multimodal Fusion for Video Description", 2017. Here the
        scores are linear in the input, and what is absent takes no part.
    """

    def __init__(
        self,
        mode: Literal["input", "learned", "fixed"] = "input",
        fixed_weights: Sequence[float] | Mapping[str, float] | None = None,
        temperature: float = 1.0,
        pooling: Literal["mean", "max"] = "mean",
        kernel_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if mode not in ("input", "learned", "fixed"):
            raise ValueError(
                f"`mode` must be 'input', 'learned' or 'fixed'. Received: mode={mode!r}"
            )
        if fixed_weights is not None:
            if mode != "fixed":
                raise ValueError(
                    "`fixed_weights` must come with `mode='fixed'`. "
                    f"Received: mode={mode!r}, fixed_weights={fixed_weights}"
                )
            if isinstance(fixed_weights, Mapping):
                fixed_weights, numbers = dict(fixed_weights), tuple(fixed_weights.values())
            else:
                fixed_weights = numbers = tuple(fixed_weights)
            finite = all(number >= 0 and math.isfinite(number) for number in numbers)
            if not finite or not any(numbers):
                raise ValueError(
                    "`fixed_weights` must be at least 0 and finite, and one of them above 0. "
                    f"Received: fixed_weights={fixed_weights}"
                )
        if not temperature > 0:
            raise ValueError(f"`temperature` must be above 0. Received: temperature={temperature}")
        if mode == "fixed" and temperature != 1:
            raise ValueError(
                "`temperature` must be 1 when the weights are given. "
                f"Received: mode='fixed', temperature={temperature}"
            )
        self.mode = mode
        self.fixed_weights = fixed_weights
        self.temperature = temperature
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the weights that the scores are made with."""
        shape = (len(widths), next(iter(widths.values())))
        if self.fixed_weights is not None:
            in_order(self.fixed_weights, self.modality_names, "fixed_weights")
        if self.mode == "input":
            self._kernel = self.add_weight(
                name="kernel",
                shape=shape,
                initializer=clone_initializer(self.kernel_initializer),
                regularizer=self.kernel_regularizer,
            )
        if self.mode != "fixed":
            self._bias = self.add_weight(name="bias", shape=shape[:1], initializer="zeros")

    def call(self, inputs: Tensors, mask: Mask = None, return_weights: bool = False) -> Tensors:
        """Weigh and sum; see the class."""
        parts, flags = self.pool(inputs, mask)
        vectors = ops.stack(parts, axis=1)  # (batch, modalities, dim)
        flags = [
            flag if counts else ops.zeros_like(part[..., 0], dtype="bool")
            for part, flag, counts in zip(parts, flags, self._counted(), strict=True)
        ]
        present = stacked_presence(parts, flags)  # (batch, modalities)
        # In float32: half precision overflows where a low temperature multiplies the scores.
        scores = ops.cast(self._score(vectors), keras.backend.result_type(vectors.dtype, "float32"))
        weights = ops.cast(masked_softmax(scores / self.temperature, present), vectors.dtype)
        output = ops.einsum("bm,bmd->bd", weights, vectors)
        return (output, weights) if return_weights else output

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Mask:
        """Return True in rows with a modality that counts; None if that is all of them."""
        masks = masks_in_order(previous_mask, self.modality_names)
        counted = zip(masks, self._counted(), strict=True)
        return known_rows([m if m is None else presence(m) for m, counts in counted if counts])

    def _counted(self) -> list[bool]:
        """Return which modalities have a weight above 0, in the order of their names."""
        if self.fixed_weights is None:
            return [True] * len(self.modality_names)
        weights = in_order(self.fixed_weights, self.modality_names, "fixed_weights")
        return [weight > 0 for weight in weights]

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality, `(batch, modalities)`, 0 where a row lacks it.

        They are the `w_m`.

        Args:
            inputs: As for a call.
            mask: As for a call.
        """
        _, weights = self.call(inputs, mask, return_weights=True)
        return shares(weights)

    def _score(self, vectors: Tensor) -> Tensor:
        """Return the scores `(batch, modalities)`."""
        if self.mode == "input":
            return ops.einsum("bmd,md->bm", vectors, self._kernel) + self._bias
        scores = self._bias if self.mode == "learned" else self._log_weights(vectors.dtype)
        return ops.zeros_like(vectors[..., 0]) + scores

    def _log_weights(self, dtype: Any) -> Tensor:
        """Return the given weights as scores: softmax makes them the weights again."""
        if self.fixed_weights is None:
            return ops.zeros((len(self.modality_names),), dtype=dtype)
        weights = in_order(self.fixed_weights, self.modality_names, "fixed_weights")
        # What has no weight is masked.
        return ops.convert_to_tensor([math.log(w) if w else 0.0 for w in weights], dtype=dtype)

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, return_weights: bool = False
    ) -> Tensors:
        """Return the vectors, and the weights where they are asked for."""
        value, _ = values_and_masks(inputs, mask, self.modality_names)[0]
        output = keras.KerasTensor((value.shape[0], value.shape[-1]), dtype=self.compute_dtype)
        if not return_weights:
            return output
        shape = (value.shape[0], len(self.modality_names))
        weights = keras.KerasTensor(shape, dtype=self.compute_dtype)
        return output, weights

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "mode": self.mode,
            "fixed_weights": self.fixed_weights,
            "temperature": self.temperature,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
