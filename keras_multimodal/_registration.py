"""Registration of the package's classes with Keras' serialization."""

from typing import TypeVar

import keras

_PACKAGE = "keras_multimodal"
_T = TypeVar("_T", bound=type)


def register(cls: _T) -> _T:
    """Register `cls` for saving under `"keras_multimodal>ClassName"`.

    `keras.saving.register_keras_serializable` lets a second class of the same name replace the
    first without a word; a saved model would then load the wrong one. This wrapper refuses.

    Args:
        cls: The class to register.

    Returns:
        `cls` itself, so that this works as a decorator.

    Raises:
        ValueError: If another class is already registered under the name.
    """
    name = f"{_PACKAGE}>{cls.__name__}"
    known = keras.saving.get_registered_object(name)
    if known is not None and known.__module__ != cls.__module__:
        raise ValueError(
            f"`cls` must have a name of its own; {name!r} is registered by "
            f"{known.__module__}. Received: cls={cls.__module__}.{cls.__qualname__}"
        )
    return keras.saving.register_keras_serializable(package=_PACKAGE)(cls)
