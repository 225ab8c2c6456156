"""One modality takes up all the others, through a layer of two arguments."""

import inspect
from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._attention_received import attention_received
from keras_multimodal.layers._modalities import (
    Name,
    Names,
    in_order,
    like_inputs,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    single_width,
    span_of,
    values_and_masks,
)
from keras_multimodal.layers.fusion._same_policy import (
    config_of_held,
    in_dtype,
    with_held,
    with_policy,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Shape, Shapes, Tensor, Tensors


@register
class AnchoredFusion(keras.layers.Layer):
    """Makes a fusion of a layer of two arguments: one modality takes up all the others.

    With `x_a` the anchor's tokens, `f` the layer, and `[...]` the others' one after the other:

    `output_a = f(x_a, [x_1, ..., x_M without x_a])`, `output_m = x_m` for every other `m`

    Args:
        layer: The layer, called with the anchor's tokens, the others', and the mask of each, such
            as `CrossModalAttention(num_heads=4, residual=True)`.
        anchor: The anchor: a name where the inputs are a dict, a position where they are a list.
            Default `None`: the first, in the order of a list or of a dict's sorted names.
        **kwargs: `name`, `dtype` (that of `layer` by default), `trainable` and
            `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of two or more modalities: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, which count as one token. All but the anchor have one width.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        The modalities in the structure of `inputs`, the anchor as `layer` returns it.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included, and
        the output there is zero. A row without the anchor keeps its other modalities.

    Raises:
        TypeError: If `layer` isn't a Keras layer, or `anchor` neither a name nor a position.
        ValueError: If `layer` doesn't take two tensors and their masks; if there is no modality
            `anchor`, or no other; if the inputs aren't a list or dict of float tensors, or have
            other names than those the layer was built for; if the others' widths differ; or if a
            mask isn't a boolean that fits its modality.

    Example:

    >>> from keras_multimodal.layers import CrossModalAttention
    >>> words, places = keras.ops.ones((2, 5, 16)), keras.ops.ones((2, 9, 24))
    >>> fusion = AnchoredFusion(CrossModalAttention(num_heads=4, residual=True), anchor="text")
    >>> fused = fusion({"text": words, "image": places})
    >>> {name: tuple(tokens.shape) for name, tokens in sorted(fused.items())}
    {'image': (2, 9, 24), 'text': (2, 5, 16)}
    """

    def __init__(
        self, layer: keras.layers.Layer, anchor: Name | None = None, **kwargs: Any
    ) -> None:
        if not isinstance(layer, keras.layers.Layer):
            raise TypeError(f"`layer` must be a Keras layer. Received: layer={layer!r}")
        if anchor is not None and not isinstance(anchor, (str, int)):
            raise TypeError(
                f"`anchor` must be a modality's name or position. Received: anchor={anchor!r}"
            )
        super().__init__(**{"dtype": layer.dtype_policy, **kwargs})
        self.layer = with_policy(layer, self.dtype_policy)
        self.anchor = anchor
        self.supports_masking = True
        # Keras' own convention for a layer of several tensors.
        parameters = list(inspect.signature(layer.call).parameters)
        self._mask_arguments = [f"{name}_mask" for name in parameters[:2]]
        if not parameters or not set(self._mask_arguments) <= set(parameters):
            raise ValueError(
                "`layer` must take two tensors and their masks, such as (query, context, "
                f"query_mask, context_mask). Received: {type(layer).__name__} with {parameters}"
            )

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and build the layer."""
        self.modality_names = modality_names(input_shape)
        self._position = self._position_in(self.modality_names)
        widths = modality_widths(input_shape, self.modality_names)
        single_width({name: widths[name] for name in self._others(self.modality_names)})
        if not self.layer.built:
            self.layer.build(*self._layer_shapes(input_shape))

    def _position_in(self, names: Names) -> int:
        if len(names) < 2:
            raise ValueError(
                "`inputs` must have a second modality, for the anchor to take up. "
                f"Received: {list(names)}"
            )
        if self.anchor is None:
            return 0
        if self.anchor not in names:
            raise ValueError(
                f"`anchor` must be one of the modalities {list(names)}. "
                f"Received: anchor={self.anchor!r}"
            )
        return names.index(self.anchor)

    def _others(self, names: Names) -> list[Name]:
        position = self._position_in(names)
        return [*names[:position], *names[position + 1 :]]

    def _layer_shapes(self, input_shape: Shapes) -> tuple[Shape, Shape]:
        """Return the shapes that the layer is called with."""
        names = modality_names(input_shape)
        shapes = dict(zip(names, in_order(input_shape, names), strict=True))
        others = [shapes[name] for name in self._others(names)]
        anchor = shapes[names[self._position_in(names)]]
        return (
            (anchor[0], merged_length([anchor]), anchor[-1]),
            (anchor[0], merged_length(others), others[0][-1]),
        )

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Call the layer with the anchor and the others; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        position = self._position
        query, context, masks = self._query_and_context(pairs)
        fused = in_dtype(self.layer(query, context, **masks), self.compute_dtype)
        query_mask = masks[self._mask_arguments[0]]
        fused = zero_masked(fused, query_mask)  # (batch, length, dim)
        outputs = [zero_masked(value, value_mask) for value, value_mask in pairs]
        outputs[position] = fused[:, 0] if len(pairs[position][0].shape) == 2 else fused
        return like_inputs(outputs, self.modality_names, inputs)

    def _query_and_context(self, pairs: list[Any]) -> tuple[Any, Any, dict[str, Any]]:
        """Return what the layer is called with."""
        position = self._position
        query, query_mask = merged_tokens(pairs[position : position + 1])
        context, context_mask = merged_tokens(pairs[:position] + pairs[position + 1 :])
        masks = dict(zip(self._mask_arguments, (query_mask, context_mask), strict=True))
        # Zeros at masked places for a layer that isn't as careful as those of this package.
        return zero_masked(query, query_mask), zero_masked(context, context_mask), masks

    def attention_to(self, name: Name, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return how much each token of a modality is attended to, `(batch, length)`.

        It is the mean of the weights over the heads and over the anchor's tokens.

        Args:
            name: The modality.
            inputs: As for a call.
            mask: As for a call.
        """
        if not hasattr(self.layer, "attention_scores") or name not in self._others(
            self.modality_names
        ):
            anchor = self.modality_names[self._position]
            raise ValueError(
                "`name` must be a modality that the anchor attends to, in a layer of attention. "
                f"Received: name={name!r}, and {type(self.layer).__name__} with the anchor "
                f"{anchor!r}. `fusion.get('cross_attention', anchor=...)` has another"
            )
        pairs = values_and_masks(inputs, mask, self.modality_names)
        query, context, masks = self._query_and_context(pairs)
        scores = self.layer.attention_scores(query, context, **masks)
        tokens = {
            each: x
            for each, (x, _) in zip(self.modality_names, pairs, strict=True)
            if each in self._others(self.modality_names)
        }
        mask = masks[self._mask_arguments[0]]
        return attention_received([(scores[..., span_of(name, tokens)], mask)])

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs, the anchor's as the layer makes it."""
        names = modality_names(input_shape)
        position = self._position_in(names)
        shapes = [tuple(shape) for shape in in_order(input_shape, names)]
        fused = self.layer.compute_output_shape(*self._layer_shapes(input_shape))
        shapes[position] = (*shapes[position][:-1], fused[-1])
        return like_inputs(shapes, names, input_shape)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return the inputs, the anchor as the layer makes it."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        shapes = like_inputs([value.shape for value, _ in pairs], self.modality_names)
        outputs = [
            keras.KerasTensor(shape, dtype=self.compute_dtype)
            for shape in in_order(self.compute_output_shape(shapes), self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            **config_of_held("layer", self.layer, self.dtype_policy),
            "anchor": self.anchor,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AnchoredFusion":
        """Return the layer that `get_config` describes."""
        return cls(**with_held("layer", config))
