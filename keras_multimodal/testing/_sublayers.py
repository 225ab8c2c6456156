"""The layers that a layer is made of."""

from collections.abc import Iterator
from typing import Any

import keras


def sublayers(layer: Any, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Yield every layer below `layer`, with the attribute path it was found under."""
    seen = {id(layer)}
    pending = _attributes(layer, path)
    while pending:
        path, value = pending.pop(0)
        if isinstance(value, keras.layers.Layer):
            if id(value) not in seen:
                seen.add(id(value))
                yield path, value
                pending += _attributes(value, path)
        elif isinstance(value, dict):
            pending += [(f"{path}[{key!r}]", part) for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            pending += [(f"{path}[{i}]", part) for i, part in enumerate(value)]


def _attributes(layer: Any, path: str) -> list[tuple[str, Any]]:
    """Yield what `layer` holds, by its path; last Keras' own list, where layers have no names."""
    named = [(f"{path}.{name}", value) for name, value in vars(layer).items()]
    return sorted(named, key=lambda item: item[0].endswith("._layers"))
