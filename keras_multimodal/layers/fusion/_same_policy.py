"""The dtype policy of a layer that another one holds."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Tensors

_KEEPS = "keeps_policy"


def with_policy(layer: keras.layers.Layer, policy: Any) -> keras.layers.Layer:
    """Return `layer`, or a copy of it with the dtype policy of the layer that holds it.

    A layer that has weights already keeps them, and with them its policy; what it returns goes
    through `in_dtype`.
    """
    if layer.dtype_policy.name == policy.name or layer.weights or hasattr(layer, f"_{_KEEPS}"):
        return layer
    return type(layer).from_config({**layer.get_config(), "dtype": policy})


def config_of_held(argument: str, layer: keras.layers.Layer, policy: Any) -> dict[str, Any]:
    """Return what a holder's config says of the layer that it holds.

    Args:
        argument: The holder's argument for the layer.
        layer: The layer.
        policy: The holder's dtype policy.
    """
    config = {argument: keras.saving.serialize_keras_object(layer)}
    return config if layer.dtype_policy.name == policy.name else {**config, _KEEPS: True}


def with_held(argument: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return a holder's arguments: its config, with the layer that it holds.

    Args:
        argument: The holder's argument for the layer.
        config: What its `get_config` has returned.
    """
    arguments = dict(config)
    keeps_policy = arguments.pop(_KEEPS, False)
    layer = keras.saving.deserialize_keras_object(arguments[argument])
    if keeps_policy:
        setattr(layer, f"_{_KEEPS}", True)
    return {**arguments, argument: layer}


def in_dtype(tensors: Tensors, dtype: str) -> Any:
    """Return what a held layer returned in the dtype of the layer that holds it."""
    return keras.tree.map_structure(
        lambda x: x if x.dtype == dtype else ops.cast(x, dtype), tensors
    )
