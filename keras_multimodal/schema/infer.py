"""A schema read off a table."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from keras_multimodal._inner_names import free_name
from keras_multimodal.schema.class_target import ClassTarget
from keras_multimodal.schema.column_kind import class_name, column_kinds
from keras_multimodal.schema.kinds import modality_class
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.modality import Modality
from keras_multimodal.schema.number_target import NumberTarget
from keras_multimodal.schema.tabular import Tabular
from keras_multimodal.types import Frame

_FEW = 20  # how many different numbers are classes where all are whole


def infer_parts(
    frame: Frame, target: str | None, kinds: Mapping[str, str] | None
) -> tuple[list[Modality], ClassTarget | NumberTarget | None]:
    """Return the modalities and the target of a table; see `Schema.infer`."""
    if target is not None and target not in list(frame.columns):
        raise ValueError(
            f"`target` must be a column of the table, which has {list(frame.columns)}. "
            f"Received: target={target!r}"
        )
    found = column_kinds(frame, kinds, skip=() if target is None else (target,))
    unread = [each.column for each in found if each.kind == "sensor"]
    if unread:
        raise ValueError(
            "`frame` must have columns that say what they hold without being read. Received: "
            f"series in {unread}; read them with data.SensorProcessor, whose column has their "
            f"description, or leave them out: kinds={{{unread[0]!r}: 'ignore'}}"
        )
    inputs = []
    for each in found:
        cls = modality_class(each.kind)
        if cls is not None:
            inputs.append(_described(frame, each.column, cls))
    numeric = [each.column for each in found if each.kind == "number"]
    categorical = [each.column for each in found if each.kind == "category"]
    if numeric or categorical:
        inputs.append(
            Tabular(
                name=tabular_name([each.name for each in inputs]),
                numeric=tuple(map(str, numeric)),
                categorical=tuple(map(str, categorical)),
            )
        )
    if not inputs:
        raise ValueError(
            "`frame` must have a column that something can be learned of. Received: "
            + "; ".join(map(str, found))
        )
    return inputs, None if target is None else _target(frame, target)


def tabular_name(others: Sequence[str]) -> str:
    """Return what numbers and categories together are called, beside modalities of these names."""
    return free_name(Tabular.name, others)


def target_kind(cells: list[Any]) -> tuple[str, str]:
    """Return the task of predicting cells, `"classification"` or `"regression"`, and why."""
    given = [cell for cell in cells if not is_missing(cell)]
    distinct = len({str(cell) for cell in given})
    numbers = [c for c in given if isinstance(c, (int, float)) and not isinstance(c, bool)]
    if len(numbers) < len(given):
        return "classification", f"{distinct} different strings in {len(given)} cells"
    whole = all(math.isfinite(cell) and float(cell).is_integer() for cell in numbers)
    if whole and distinct <= _FEW:
        return "classification", f"{distinct} different whole numbers in {len(given)} cells"
    return "regression", f"{distinct} different numbers in {len(given)} cells"


def _target(frame: Frame, column: str) -> ClassTarget | NumberTarget:
    cells = frame[column].tolist()
    kind, _ = target_kind(cells)
    if kind == "regression":
        return NumberTarget(name=str(column), columns=(str(column),))
    classes = sorted({class_name(cell) for cell in cells if not is_missing(cell)})
    return ClassTarget(name=str(column), classes=tuple(classes))


def _described(frame: Frame, column: str, cls: type[Modality]) -> Modality:
    cells = frame[column].tolist()
    optional = any(is_missing(cell) for cell in cells)
    return cls.from_cells(cells, name=str(column), optional=optional)
