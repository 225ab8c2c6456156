"""The declaration of options, and their reading from a mapping."""

import dataclasses
import inspect
import json
import typing
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from keras_multimodal.errors import ArgumentError

VERSION = 1  # of the form of the JSON
_T = TypeVar("_T", bound=type)


@dataclasses.dataclass(frozen=True)
class Option:
    """An option: its name, type, default, range and text.

    Args:
        name: Its name in Python.
        type: `str`, `int`, `float`, `bool`, or `tuple` for columns.
        default: Its default.
        text: What it is, without its default.
        otherwise: What holds where it is not given, if the default does not say so.
        metavar: What the command line's help calls its value.
        called: Its name on the command line and in a file of options, if that is another.
        least: The least number that it may be.
        most: The greatest number that it may be.
        positive: Whether it must be above 0.
        choices: What it may be.
    """

    name: str
    type: type
    default: Any
    text: str
    otherwise: str = ""
    metavar: str = ""
    called: str = ""
    least: int | None = None
    most: int | None = None
    positive: bool = False
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in a file of options."""
        return self.called or self.name

    @property
    def negated(self) -> bool:
        """True where the flag turns it off."""
        return self.type is bool and bool(self.default)

    @property
    def flag(self) -> str:
        """The command line's flag, which gives it a value other than the default."""
        return f"--{'no-' if self.negated else ''}{self.key.replace('_', '-')}"

    @property
    def meaning(self) -> str:
        """The text as the flag has it."""
        if self.negated:
            return f"do not {self.text}"
        return f"{self.text}; may be given again" if self.type is tuple else self.text

    @property
    def help(self) -> str:
        """The flag's meaning, with the default where there is one."""
        return f"{self.meaning} (default: {self.usual})" if self.usual else self.meaning

    @property
    def usual(self) -> str:
        """The text of what holds where it is not given; empty where that is nothing."""
        if self.default is None or self.type in (tuple, bool):
            return self.otherwise
        return self.otherwise or str(self.default)

    def read(self, value: Any) -> Any:
        """Return the value as it is kept: columns as a tuple, a whole number as it is.

        Args:
            value: The value; one column may stand by itself instead of in a list.

        Raises:
            ArgumentError: If it is of another type, or out of range.
        """
        if self.type is tuple:
            columns = [value] if isinstance(value, str) else value or ()
            if isinstance(columns, (list, tuple)) and all(isinstance(c, str) for c in columns):
                return tuple(columns)
            raise ArgumentError(
                self.name, f"must be a column or a list of them. Received: {value!r}"
            )
        if value is None and self.default is None:
            return value
        whole = self.type is float and type(value) is int
        if not (whole or type(value) is self.type):
            raise ArgumentError(self.name, f"must be of {self.type.__name__}. Received: {value!r}")
        self._check(value)
        return value

    def _check(self, value: Any) -> None:
        if self.choices and value not in self.choices:
            raise ArgumentError(
                self.name, f"must be one of {list(self.choices)}. Received: {value!r}"
            )
        if self.least is not None and value < self.least:
            raise ArgumentError(self.name, f"must be at least {self.least}. Received: {value}")
        if self.most is not None and value > self.most:
            raise ArgumentError(self.name, f"must be at most {self.most}. Received: {value}")
        if self.positive and not value > 0:
            raise ArgumentError(self.name, f"must be positive. Received: {value}")


def option(default: Any, text: str, **others: Any) -> Any:
    """Return the field of a dataclass that is an option.

    Args:
        default: Its default.
        text: What it is, as the help and the docs have it.
        **others: The other arguments of `Option`.
    """
    return dataclasses.field(default=default, metadata={"text": text, **others})


def declared(cls: type) -> dict[str, Option]:
    """Return the options of a class, by name.

    Args:
        cls: The class.
    """
    types = typing.get_type_hints(cls)
    return {
        field.name: Option(field.name, _plain(types[field.name]), field.default, **field.metadata)
        for field in dataclasses.fields(cls)
    }


def described(cls: _T) -> _T:
    """Write a class's options into its docstring, in place of the word `OPTIONS`.

    Args:
        cls: The class.
    """
    lines = []
    for each in declared(cls).values():
        text = each.text[0].upper() + each.text[1:]
        otherwise = f": {each.otherwise}" if each.otherwise else ""
        lines.append(f"    {each.name}: {text}. Default `{each.default!r}`{otherwise}.")
    cls.__doc__ = inspect.cleandoc(cls.__doc__ or "").replace("    OPTIONS", "\n".join(lines))
    return cls


class Declared:
    """The base of classes of options: checks, and JSON in and out."""

    def __post_init__(self) -> None:
        for name, each in declared(type(self)).items():
            object.__setattr__(self, name, each.read(getattr(self, name)))

    def to_json(self) -> str:
        """Return the options as JSON text, with the version of its form."""
        values = {each.key: getattr(self, name) for name, each in declared(type(self)).items()}
        return json.dumps({"version": VERSION, **values}, indent=1, ensure_ascii=False)

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any], where: str) -> Self:
        """Return the options of a mapping, as JSON and YAML have them.

        Args:
            config: The options by name; one column may stand by itself instead of in a list.
            where: Where they come from, for messages.

        Raises:
            ArgumentError: If an option is of another type, or out of range.
            ValueError: If an option is unknown, or a newer version wrote them.
        """
        values = dict(config)
        version = values.pop("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise ValueError(
                f"{where} has version {version}; this keras_multimodal reads up to version "
                f"{VERSION}. Install a newer keras_multimodal."
            )
        names = {each.key: name for name, each in declared(cls).items()}
        unknown = sorted(set(values) - set(names))
        if unknown:
            raise ValueError(
                f"{where} must have options that there are. Received: {unknown}; known are "
                f"{sorted(names)}"
            )
        try:
            return cls(**{names[key]: value for key, value in values.items()})
        except ArgumentError as error:
            raise ArgumentError(error.argument, f"{error.problem}, in {where}") from error


def _plain(annotation: Any) -> type:
    """Return the type of `X`, `X | None` or `tuple[X, ...]`."""
    parts = [part for part in typing.get_args(annotation) if part is not type(None)]
    if typing.get_origin(annotation) is tuple:
        return tuple
    return parts[0] if parts else annotation
