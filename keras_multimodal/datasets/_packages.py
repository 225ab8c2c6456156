"""Packages that only the data sets need."""

import importlib
from typing import Any


def require(*names: str) -> tuple[Any, ...]:
    """Import packages that are installed with the extra `demo`.

    Args:
        *names: Their import names.

    Returns:
        The modules, in the same order.

    Raises:
        ImportError: If some are not installed. It names all of them, and the remedy.
    """
    modules, missing = [], []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            missing.append(name)
    if missing:
        raise ImportError(
            f"The data set needs {', '.join(missing)}. In a clone of keras_multimodal, run "
            'pip install ".[demo]"; where the distribution is published, '
            'pip install "keras-multimodal-fusion[demo]"'
        )
    return tuple(modules)
