"""How the target that `pair` is given becomes labels."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from keras_multimodal._inner_names import free_name
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.class_labels import ClassLabels
from keras_multimodal.data.targets.no_labels import NoLabels
from keras_multimodal.data.targets.number_labels import NumberLabels
from keras_multimodal.data.targets.pair_labels import PairLabels
from keras_multimodal.data.targets.several_labels import SeveralLabels
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.data.targets.text_labels import TextLabels
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import PairTarget
from keras_multimodal.types import Cell, Frame, Tensor


def read_target(
    columns: Sequence[Column],
    *,
    labels: Frame | pd.Series | Mapping[Hashable, Cell] | Sequence[Cell] | None,
    classes: Sequence[Any] | Mapping[str, Sequence[Any]] | None,
    ordered: bool | Sequence[str],
    values: Tensor,
    captions: TextColumn | None,
    match: bool | Mapping[str, Sequence[str]],
) -> TargetLabels:
    """Return what `pair` is given as the target, by key.

    Args:
        columns: The columns that are paired.
        labels: See `pair`, as for the others.
        classes: See `pair`.
        ordered: See `pair`.
        values: See `pair`.
        captions: See `pair`.
        match: See `pair`.

    Raises:
        TypeError: If one is not of its type.
        ValueError: If two are given that do not go together, or one is none of its kind.
    """
    _check_kinds(
        labels=labels is not None,
        values=values is not None,
        captions=captions is not None,
        match=match is not False,
    )
    first = columns[0]
    taken = {name for column in columns for name in column.spec.tensors}
    parts = (
        *ClassLabels.read(labels, classes, ordered, first, alone=values is None),
        *NumberLabels.read(values, first, alone=labels is None),
    )
    if captions is not None:
        return TextLabels.read(captions)
    if match is not False:
        return PairLabels.read(match, columns, free_name(PairTarget.name, taken))
    if len(parts) > 1:
        return SeveralLabels(parts)
    if not parts:
        return NoLabels()
    # Nobody has called it "label" or "value", as a column may be called.
    return dataclasses.replace(parts[0], name=free_name(parts[0].name, taken))


def _check_kinds(**given: bool) -> None:
    """Refuse kinds of target that one model cannot have: only labels and values go together."""
    named = [argument for argument, there in given.items() if there]
    if len(named) > 1 and set(named) != {"labels", "values"}:
        raise ValueError(
            f"`{named[-1]}` must go without `{named[0]}`: a target is classes, numbers or both, or "
            f"texts, or what belongs together. Received: {' and '.join(named)}"
        )
