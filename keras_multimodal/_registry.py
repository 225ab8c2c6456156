"""A registry of what belongs to each kind of modality, from the package and from outside."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")


class Registry(Generic[_T]):
    """Classes or functions by kind, each kind once.

    A notebook's cell may be run again: what has the same name and module takes the place of the
    earlier one.

    Args:
        what: What a kind has, for messages, such as `"description"`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._known: dict[str, _T] = {}

    @property
    def known(self) -> Mapping[str, _T]:
        """The classes or functions, by kind."""
        return self._known

    def add(self, kind: str, value: _T) -> None:
        """Take up the class or function of a kind.

        Raises:
            ValueError: If the kind has another.
        """
        known = self._known.get(kind)
        if known is not None and _name(known) != _name(value):
            raise ValueError(
                f"`kind` must be one that has no {self._what} yet. Received: kind={kind!r} for "
                f"{_name(value)}, and it has {_name(known)}"
            )
        self._known[kind] = value


def _name(value: Any) -> str:
    return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
