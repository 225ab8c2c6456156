"""Multimodal data analysis on Keras 3: images, text and more, paired record by record."""

import importlib
import pathlib
import sys
from types import ModuleType

from keras_multimodal import schema

__version__ = "0.1.0"

__all__ = [
    "analysis",
    "data",
    "datasets",
    "decoders",
    "encoders",
    "errors",
    "experiment",
    "export",
    "inference",
    "layers",
    "losses",
    "metrics",
    "ops",
    "schema",
    "tables",
    "tasks",
    "testing",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"keras_multimodal.{name}")
    raise AttributeError(f"module 'keras_multimodal' has no attribute {name!r}{_elsewhere(name)}")


def _elsewhere(name: str) -> str:
    """Return where a name is that the package itself has not, as the end of a message."""
    if name.startswith("_"):  # what Python and its tools look for
        return ""
    for module in __all__:
        if name in importlib.import_module(f"keras_multimodal.{module}").__all__:
            return f"; it is `keras_multimodal.{module}.{name}`"
    keras = importlib.import_module("keras")
    for place, holder in (("keras.saving", keras.saving), ("keras", keras)):
        if hasattr(holder, name):
            return (
                f"; it is `{place}.{name}`, which knows the layers of keras_multimodal once that "
                "is imported"
            )
    return ""


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


# Layers register with Keras as they are imported, and `keras.models.load_model` must find them
# after a bare `import keras_multimodal`. The console script alone goes without until it needs
# them, so that it answers `--help` before TensorFlow is loaded.
if pathlib.Path(sys.argv[0]).stem != "keras-multimodal":
    from keras_multimodal import decoders, encoders, layers, losses, metrics, tasks
