"""Which description belongs to which kind of modality."""

from typing import TypeVar

from keras_multimodal._registry import Registry
from keras_multimodal.schema.modality import Modality

_MODALITIES = Registry[type[Modality]]("description")
_Class = TypeVar("_Class", bound=type[Modality])


def register_modality(cls: _Class) -> _Class:
    """Make a description one that `Schema.from_json` reads, as a decorator.

    It goes above `dataclasses.dataclass`. What else a modality needs is a `data.Transform`,
    decorated with `data.register_transform`, and an encoder: one that is given to the task, or a
    default one, decorated with `tasks.register_encoder`. `testing.run_modality_conformance` tries
    whether they fit together. A notebook's cell may be run again: a class of the same name and
    module takes the place of the earlier one.

    Args:
        cls: A frozen dataclass, a subclass of `Modality`, with a `kind` of its own. Its fields hold
            what JSON can: numbers, strings, booleans, `None`, and tuples of them.

    Raises:
        TypeError: If it is none.
        ValueError: If it has no kind, or one that another class has.

    Example:

    >>> import dataclasses
    >>> from typing import ClassVar
    >>> @register_modality
    ... @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Spectrum(Modality):
    ...     kind: ClassVar[str] = "spectrum"
    ...     name: str = "spectrum"
    ...     bands: int = 8
    ...
    ...     @property
    ...     def shape(self):
    ...         return (self.bands,)
    >>> from keras_multimodal.schema import Schema
    >>> Schema.from_json(Schema([Spectrum(bands=4)]).to_json())["spectrum"].shape
    (4,)
    """
    if not (isinstance(cls, type) and issubclass(cls, Modality)):
        raise TypeError(f"`cls` must be a subclass of schema.Modality. Received: {cls!r}")
    parameters = getattr(cls, "__dataclass_params__", None)
    if "__dataclass_params__" not in vars(cls) or parameters is None or not parameters.frozen:
        raise TypeError(
            "`cls` must be a dataclass: below `register_modality` comes "
            f"`dataclasses.dataclass(frozen=True, kw_only=True)`. Received: {cls.__name__}"
        )
    if not cls.kind:
        raise ValueError(
            f"`cls` must say its kind, `kind: ClassVar[str] = ...`. Received: {cls.__name__}, "
            "which does not"
        )
    _MODALITIES.add(cls.kind, cls)
    return cls


def modality_class(kind: object) -> type[Modality] | None:
    """Return the description of a kind of modality; `None` where there is none."""
    return _MODALITIES.known.get(kind) if isinstance(kind, str) else None


def kinds() -> list[str]:
    """Return the kinds of modality that there are, sorted."""
    return sorted(_MODALITIES.known)
