"""Initializers that are used more than once."""

from typing import Any

import keras


def clone_initializer(initializer: Any) -> Any:
    """A fresh copy, so that two weights of one shape don't start as the same numbers."""
    if isinstance(initializer, keras.initializers.Initializer):
        return initializer.clone()
    return initializer


def embedding_initializer(initializer: Any) -> keras.initializers.Initializer:
    """`initializer`; where it is None, the small normal numbers of BERT's embeddings."""
    if initializer is None:
        return keras.initializers.RandomNormal(stddev=0.02)
    return keras.initializers.get(initializer)
