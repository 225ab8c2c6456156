"""The dtype policy of a layer that another one holds."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Tensors


def with_policy(layer: keras.layers.Layer, policy: Any) -> keras.layers.Layer:
    """Return `layer`, or a copy of it with the dtype policy of the layer that holds it.

    A layer that has weights already keeps them, and with them its policy; what it returns goes
    through `in_dtype`.
    """
    if layer.dtype_policy.name == policy.name or layer.built or hasattr(layer, _SAVED):
        return layer
    return type(layer).from_config({**layer.get_config(), "dtype": policy})


def as_saved(config: Any) -> Any:
    """Return the layer that a holder's config has, to be held with the policy that it had there."""
    layer = keras.saving.deserialize_keras_object(config)
    if isinstance(layer, keras.layers.Layer):
        setattr(layer, _SAVED, True)
    return layer


def in_dtype(tensors: Tensors, dtype: str) -> Any:
    """Return what a held layer returned in the dtype of the layer that holds it."""
    return keras.tree.map_structure(
        lambda x: x if x.dtype == dtype else ops.cast(x, dtype), tensors
    )


_SAVED = "_policy_was_saved"
