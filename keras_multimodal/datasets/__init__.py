"""Small real data sets, prepared for examples and tests. Nothing is downloaded."""

import importlib
from typing import TYPE_CHECKING, Any

from keras_multimodal.datasets.open_moji_folder import write_open_moji

if TYPE_CHECKING:
    from keras_multimodal.datasets.open_moji import OpenMoji
    from keras_multimodal.datasets.open_moji_config import OpenMojiConfig

__all__ = ["OpenMoji", "OpenMojiConfig", "write_open_moji"]

# These load tensorflow_datasets, so they wait until they are asked for.
_LAZY = {"OpenMoji": "open_moji", "OpenMojiConfig": "open_moji_config"}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
