"""The layers that a layer is made of."""

from collections.abc import Iterator
from typing import Any

import keras


def sublayers(layer: Any, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Every layer below `layer`, with the attribute path it was found under."""
    seen = {id(layer)}
    pending = [(f"{path}.{name}", value) for name, value in vars(layer).items()]
    while pending:
        path, value = pending.pop(0)
        if isinstance(value, keras.layers.Layer):
            if id(value) not in seen:
                seen.add(id(value))
                yield path, value
                pending += [(f"{path}.{name}", part) for name, part in vars(value).items()]
        elif isinstance(value, dict):
            pending += [(f"{path}[{key!r}]", part) for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            pending += [(f"{path}[{i}]", part) for i, part in enumerate(value)]
