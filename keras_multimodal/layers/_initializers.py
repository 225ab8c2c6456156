"""Initializers that are used more than once."""

from typing import Any

import keras


def clone_initializer(initializer: Any) -> Any:
    """A fresh copy, so that two weights of one shape don't start as the same numbers."""
    if isinstance(initializer, keras.initializers.Initializer):
        return initializer.clone()
    return initializer
