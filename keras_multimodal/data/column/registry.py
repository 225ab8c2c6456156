"""Which preprocessing belongs to which kind of modality."""

from collections.abc import Callable
from typing import Any, TypeVar

from keras_multimodal._registry import Registry
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.schema import Modality

_TRANSFORMS = Registry[type[Transform[Any]]]("preprocessing")
_Class = TypeVar("_Class", bound=type[Transform[Any]])


def register_transform(kind: str) -> Callable[[_Class], _Class]:
    """Return a decorator that makes a class the preprocessing of a kind of modality.

    A notebook's cell may be run again: a class of the same name and module takes the place of the
    earlier one.

    Args:
        kind: The `kind` of the modality's description.

    Raises:
        TypeError: If the class is no `Transform`.
        ValueError: If the kind has another class already.

    Example:

    >>> from keras_multimodal.data import Transform, register_transform
    >>> @register_transform("spectrum")
    ... class SpectrumTransform(Transform):
    ...     "From a line of numbers to their mean."
    """

    def register(cls: _Class) -> _Class:
        if not (isinstance(cls, type) and issubclass(cls, Transform)):
            raise TypeError(f"`cls` must be a subclass of data.Transform. Received: {cls!r}")
        _TRANSFORMS.add(kind, cls)
        return cls

    return register


def make_transform(spec: Modality) -> Transform[Any]:
    """Return the preprocessing that `spec` describes.

    Args:
        spec: The modality's description, with its state.

    Raises:
        ValueError: If there is no preprocessing of its kind, or the description lacks state that
            it needs, such as a vocabulary.
    """
    if spec.kind not in _TRANSFORMS.known:
        raise ValueError(
            "`spec` must be of a kind that has its preprocessing, such as "
            f"{sorted(_TRANSFORMS.known)}. Received: {type(spec).__name__} {spec.name!r} of kind "
            f"{spec.kind!r}. Write a data.Transform for it, and decorate that with "
            f"data.register_transform({spec.kind!r})."
        )
    return _TRANSFORMS.known[spec.kind](spec)
