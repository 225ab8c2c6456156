"""Initializers that are used more than once."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Initializer, Shapes, Tensor


def clone_initializer(initializer: Initializer) -> Initializer:
    """Copy an initializer, so that two weights of one shape start differently without a seed."""
    if isinstance(initializer, keras.initializers.Initializer):
        return initializer.clone()
    return initializer


def stacked_initializer(initializer: Initializer) -> Callable[..., Any]:
    """Return an initializer of a stack of kernels `(number, ...)`, each of them by itself.

    Keras' own initializers would take the stack for a part of each kernel's fan, and start it too
    small. A seeded one would moreover draw every kernel alike, so that each gets a seed of its own.
    """

    def draw(shape: Shapes, dtype: Any = None) -> Tensor:
        kernels = [_numbered(initializer, k)(shape[1:], dtype=dtype) for k in range(shape[0])]
        return ops.stack(kernels)

    return draw


def _numbered(initializer: Initializer, number: int) -> Any:
    if isinstance(initializer, keras.initializers.Initializer):
        config = initializer.get_config()
        if isinstance(config.get("seed"), int):
            return type(initializer).from_config({**config, "seed": config["seed"] + number})
    return clone_initializer(initializer)


def embedding_initializer(initializer: Initializer) -> keras.initializers.Initializer:
    """Return `initializer`; where it is None, the small normal numbers of BERT's embeddings."""
    if initializer is None:
        return keras.initializers.RandomNormal(stddev=0.02)
    return keras.initializers.get(initializer)
