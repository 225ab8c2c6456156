"""A model of features with the encoders in front of it that made them."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.schema import Schema
from keras_multimodal.tasks._encoding import encoded
from keras_multimodal.tasks.model_inputs import inputs
from keras_multimodal.types import Mask, Shapes, Tensors


def attach_encoders(
    model: keras.Model, encoders: Mapping[str, keras.layers.Layer], schema: Schema
) -> keras.Model:
    """Return the model that takes what encoders take, in place of the features that they make.

    Args:
        model: A Functional model, trained on what `data.cache_features` returned, whose inputs are
            those of that schema, by name. Its layers are shared and not copied.
        encoders: By modality, what the features were made with.
        schema: The description of the records before `data.cache_features`.

    Returns:
        A model with the inputs of `tasks.inputs(schema)`, to be compiled and trained on, or
        exported.

    Raises:
        ValueError: If there is an encoder for what `schema` has not, or one that cannot read what
            it describes; or if `model` lacks the inputs
            that an encoder's features go to or has others.

    Example:

    >>> from keras_multimodal.schema import Features, Text
    >>> head_inputs = inputs(Schema([Features(name="text", length=3, dim=8)]))
    >>> pooled = keras.layers.GlobalAveragePooling1D()(head_inputs["text"])
    >>> head = keras.Model(head_inputs, keras.layers.Dense(2)(pooled))
    >>> encoder = keras.layers.Embedding(10, 8, trainable=False)
    >>> model = attach_encoders(head, {"text": encoder}, Schema([Text(length=3)]))
    >>> model.input["text"].shape, model.output.shape
    ((None, 3), (None, 2))
    """
    if set(encoders) - set(schema.names):
        raise ValueError(
            f"`encoders` must be for modalities of `schema`, {list(schema.names)}. "
            f"Received: encoders for {list(encoders)}"
        )
    raw = inputs(schema)
    given: dict[str, Any] = {}
    for spec in schema.inputs:
        tensors = {name: raw[name] for name in spec.tensors}
        if spec.name in encoders:
            tokens = encoded(encoders[spec.name], spec, tensors)
            tokens, mask = _TokensAndMask(name=f"{spec.inner_name}_features")(tokens)
            given |= {spec.inner_name: tokens, spec.mask_name: mask}
            tensors = {name: raw[name] for name in spec.tensors if name == spec.present_name}
        given |= tensors
    wanted = {tensor.name for tensor in model.inputs}
    if wanted != set(given):
        raise ValueError(
            f"`model` must have the inputs {sorted(given)}: `tasks.inputs(cached.schema)` makes "
            f"them. Received: model={model.name!r} with the inputs {sorted(wanted)}"
        )
    return keras.Model(raw, model(given), name=f"{model.name}_with_encoders")


@register
class _TokensAndMask(keras.layers.Layer):
    """Tokens as features are: `(batch, length, dim)` in float32, and their mask as a tensor."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make nothing."""

    def call(self, inputs: Tensors, mask: Mask = None) -> tuple[Any, Any]:
        """Return the tokens, a vector as a single one, and their mask, True where there is none."""
        tokens = inputs[:, None] if len(inputs.shape) == 2 else inputs
        if mask is None or len(inputs.shape) == 2:
            mask = ops.ones_like(tokens[..., 0], dtype="bool")
        return ops.cast(tokens, "float32"), mask

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> tuple[None, None]:
        """Return None: the mask is the second output."""
        return None, None
