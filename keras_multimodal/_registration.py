"""Registration of the package's classes with Keras' serialization."""

import functools
from typing import Any, TypeVar

import keras

_PACKAGE = "keras_multimodal"
_T = TypeVar("_T", bound=type)


def register(cls: _T) -> _T:
    """Register `cls` for saving under `"keras_multimodal>ClassName"`.

    `keras.saving.register_keras_serializable` lets a second class of the same name replace the
    first without a word; a saved model would then load the wrong one. This wrapper refuses.

    A layer that is made, or loaded, with `trainable=False` is frozen in all its parts once it is
    built. Keras tells the parts that there are when `trainable` is set, and those come later: the
    weights of such a layer, and its statistics, would move in training.

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
    if issubclass(cls, keras.layers.Layer):
        layer_class: Any = cls
        layer_class.build = _freezing(layer_class.build)
    return keras.saving.register_keras_serializable(package=_PACKAGE)(cls)


def _freezing(build: Any) -> Any:
    """`build`, after which the parts of a frozen layer are frozen too."""

    @functools.wraps(build)
    def build_and_freeze(self: keras.layers.Layer, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        if not self.trainable:
            # TensorFlow's trackables skip a value that is there already.
            self.trainable = True
            self.trainable = False

    return build_and_freeze
