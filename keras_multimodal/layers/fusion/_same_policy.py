"""The dtype policy of a layer that another one holds."""

from typing import Any

import keras


def with_policy(layer: keras.layers.Layer, policy: Any) -> keras.layers.Layer:
    """Return `layer`, or a copy of it with the dtype policy of the layer that holds it.

    Raises:
        ValueError: If it has weights already, which the copy wouldn't have.
    """
    if layer.dtype_policy.name == policy.name:
        return layer
    if layer.built:
        raise ValueError(
            "`dtype` must be that of the layer that is held, once that is built. Received: "
            f"dtype={policy.name}, and a layer of {layer.dtype_policy.name}"
        )
    return type(layer).from_config({**layer.get_config(), "dtype": policy})
