"""Packages that are imported by others and not needed here."""

import contextlib
import json
import os
import pathlib
import sys
from collections.abc import Iterator

# TensorFlow's converter for phones looks for the first, Keras' drawing and wrappers for the others.
_SPARE = ("jax", "matplotlib", "sklearn")


@contextlib.contextmanager
def without_spare_imports() -> Iterator[None]:
    """Spare what TensorFlow and Keras import where it is installed, as they are imported in here.

    A quarter of their time goes into that. Behind it, the packages can be imported as ever.
    """
    if _backend() != "tensorflow":  # Keras computes with one of them
        yield
        return
    spared = [name for name in _SPARE if name not in sys.modules]
    for name in spared:
        sys.modules[name] = None  # type: ignore[assignment]  # counts as not installed
    try:
        yield
    finally:
        for name in spared:
            del sys.modules[name]


def _backend() -> str:
    """Return what Keras will compute with, as it finds out itself."""
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    try:
        noted = json.loads(pathlib.Path(home, "keras.json").read_text("utf-8"))
    except (OSError, ValueError):
        noted = {}
    return os.environ.get("KERAS_BACKEND") or noted.get("backend", "tensorflow")
