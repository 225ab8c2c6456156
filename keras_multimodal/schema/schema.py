"""A record: its modalities, in order, and its target."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from keras_multimodal.schema._json import tuples
from keras_multimodal.schema.class_target import ClassTarget
from keras_multimodal.schema.kinds import kinds, modality_class
from keras_multimodal.schema.modality import Modality
from keras_multimodal.schema.number_target import NumberTarget
from keras_multimodal.schema.pair_target import PairTarget
from keras_multimodal.schema.targets import Targets
from keras_multimodal.schema.text_target import TextTarget
from keras_multimodal.types import Frame

VERSION = 2  # the newest form that is read; each schema is written in the oldest that can hold it


Target = ClassTarget | NumberTarget | TextTarget | PairTarget | Targets

_TARGETS: dict[str, Any] = {
    cls.kind: cls for cls in (ClassTarget, NumberTarget, TextTarget, PairTarget, Targets)
}


def _to_dict(part: Modality | Target) -> dict[str, Any]:
    if isinstance(part, Targets):
        return {"kind": part.kind, "targets": [_to_dict(target) for target in part]}
    return {"kind": part.kind, **dataclasses.asdict(part)}


def _modality(config: Mapping[str, Any]) -> Modality:
    cls = modality_class(config.get("kind"))
    if cls is None:
        raise ValueError(
            f"`kind` must be one of {kinds()}. Received: kind={config.get('kind')!r}. If it is a "
            "modality of your own, import the module that calls schema.register_modality first."
        )
    return cls(**{**cls.unwritten, **_fields(config)})


def _target(config: Mapping[str, Any]) -> Any:
    cls = _TARGETS.get(config.get("kind", ""))
    if cls is None:
        raise ValueError(
            f"`kind` must be one of {sorted(_TARGETS)}. Received: kind={config.get('kind')!r}"
        )
    if cls is Targets:
        return Targets(tuple(_target(target) for target in config["targets"]))
    return cls(**_fields(config))


def _fields(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuples(value) for name, value in config.items() if name != "kind"}


@dataclasses.dataclass(frozen=True)
class Schema:
    """The modalities of a record, in order, and its target.

    Args:
        inputs: The modalities' descriptions; their names must differ.
        target: What is to be predicted, or `None`; of several, `Targets`.

    Raises:
        TypeError: If an input is no modality, such as a target.
        ValueError: If two inputs share a name, or the target is of modalities that there are not.

    Example:

    >>> from keras_multimodal.schema import Image, Text
    >>> schema = Schema((Image(height=72, width=72), Text(length=12)))
    >>> schema.names
    ('image', 'text')
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    inputs: tuple[Modality, ...]
    target: Target | None = None

    def __init__(self, inputs: Sequence[Modality], target: Target | None = None) -> None:
        object.__setattr__(self, "inputs", tuple(inputs))
        object.__setattr__(self, "target", target)
        if not self.inputs:
            raise ValueError("`inputs` must name at least one modality. Received: inputs=()")
        for part in self.inputs:
            if not isinstance(part, Modality) or isinstance(part, TextTarget):
                raise TypeError(
                    "`inputs` must be modalities, such as schema.Text; what is to be predicted is "
                    f"the `target`. Received: a {type(part).__name__} among the inputs"
                )
        # The tensors of a batch, flags and masks included, and the target share one namespace.
        names = [name for modality in self.inputs for name in modality.tensors]
        if isinstance(target, Targets):
            names += target.names
        elif target is not None:
            names.append(target.name)
        if len(set(names)) < len(names):
            raise ValueError(
                "`inputs` must have names that differ from each other, from the target's, and from "
                "each other's `_present` and `_mask`. "
                f"Received: names={list(self.names)}, which make {names}"
            )
        if isinstance(target, PairTarget):
            unknown = {name for _, members in target.towers for name in members} - set(self.names)
            if unknown:
                raise ValueError(
                    f"`target` must have towers of the inputs {list(self.names)}. "
                    f"Received: {sorted(unknown)} too"
                )

    @classmethod
    def infer(
        cls,
        frame: Frame,
        target: str | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> "Schema":
        """Return the schema of a table, read off its columns.

        `schema.column_kinds` has the rules, and says what each column is, and why. Pictures are
        described as 96 by 96 pixels in [0, 1], recordings as 5 seconds at 16 kHz, texts by as many
        words as 95 of 100 have at most; a modality of your own as its `from_cells` says. Numbers
        and categories are one table. What rows lack is optional.
        Vocabularies and means are learned of training rows, later.

        Args:
            frame: A table, with `columns` and `frame[column]` as pandas has them.
            target: The column to predict: classes, or numbers if they are fractional or more than
                20 different ones. Default `None`.
            kinds: The kind of columns where it is known better, by column: `"image"`, `"text"`,
                `"audio"`, `"number"`, `"category"` or `"ignore"`; or a kind of your own, which
                `register_modality` has made known.

        Raises:
            ValueError: If there is no such column, or nothing to learn of; if a column's kind
                cannot be told, the message says which; if it has series, which must be read; or
                if a modality of your own cannot be described by its cells.

        Example:

        >>> import pandas as pd
        >>> frame = pd.DataFrame({"photo": ["a.png", "b.png"], "sort": ["cat", "dog"]})
        >>> schema = Schema.infer(frame, target="sort")
        >>> schema["photo"].shape, schema.target.classes
        ((96, 96, 3), ('cat', 'dog'))
        """
        from keras_multimodal.schema.infer import infer_parts

        return cls(*infer_parts(frame, target, kinds))

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names, in order."""
        return tuple(modality.name for modality in self.inputs)

    def __getitem__(self, name: str) -> Modality:
        for modality in self.inputs:
            if modality.name == name:
                return modality
        raise KeyError(f"No input named {name!r}. The inputs are {list(self.names)}.")

    def to_json(self) -> str:
        """Return the schema as JSON text, with the version of its form."""
        return json.dumps(
            {
                "version": 2 if isinstance(self.target, Targets) else 1,
                "inputs": [_to_dict(modality) for modality in self.inputs],
                "target": None if self.target is None else _to_dict(self.target),
            },
            indent=1,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """Return the schema that `to_json` wrote.

        Args:
            text: The JSON text.

        Raises:
            ValueError: If a newer version of the package wrote it.
        """
        config = json.loads(text)
        if config["version"] > VERSION:
            raise ValueError(
                f"This schema has version {config['version']}; this keras_multimodal reads up to "
                f"version {VERSION}. Install a newer keras_multimodal."
            )
        target = config["target"]
        return cls(
            [_modality(modality) for modality in config["inputs"]],
            None if target is None else _target(target),
        )
