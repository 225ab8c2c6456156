"""The records of a dataset, one at a time, as flat dicts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_multimodal.types import Cell, Tensor

# What the parts of `(inputs, labels, weights)` are called; inputs have names of their own.
_PARTS = ("", "label", "sample_weight")


def dataset_rows(dataset: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of a dataset.

    Args:
        dataset: A `tf.data.Dataset` or an iterable of records, or a `keras.utils.PyDataset` of
            batches of them. A record is a dict, or `(dict, label)` or `(dict, label, weight)`.

    Yields:
        The values by name; those of a dict within the dict are called `"outer/inner"`.

    Raises:
        TypeError: If it is no dataset, or an element is no record.
        ValueError: If it has no end, two values of a record have one name, or the parts of a batch
            differ in their number of rows.
    """
    if isinstance(dataset, keras.utils.PyDataset):
        yield from _unbatched(dataset)
        return
    if isinstance(dataset, tf.data.Dataset):
        if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError(
                "`dataset` must have an end. Received: one that repeats forever; leave out "
                "`repeat()`, or choose how much of it to read with `take(...)`"
            )
    elif isinstance(dataset, (str, bytes, Mapping)) or not isinstance(dataset, Iterable):
        raise TypeError(
            "`dataset` must be a tf.data.Dataset, a keras.utils.PyDataset or an iterable of dicts. "
            f"Received: {type(dataset).__name__}"
        )
    for row, element in enumerate(dataset):
        yield _flat(element, f"element {row}")


def _unbatched(dataset: keras.utils.PyDataset) -> Iterator[dict[str, Any]]:
    if dataset.num_batches is None:
        raise ValueError(
            "`dataset` must have an end. Received: a PyDataset whose `num_batches` is None"
        )
    for number in range(dataset.num_batches):
        where = f"batch {number}"
        columns = {
            name: _rows(values, name, where)
            for name, values in _flat(dataset[number], where).items()
        }
        sizes = {name: len(values) for name, values in columns.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(
                "`dataset` must have batches whose parts have equally many rows. "
                f"Received: {sizes} in {where}"
            )
        for row in range(max(sizes.values(), default=0)):
            yield {name: values[row] for name, values in columns.items()}


def _rows(values: Tensor, name: str, where: str) -> Any:
    """Return a batch's values of one name, to be taken apart by row."""
    if isinstance(values, tf.RaggedTensor):  # it has no length
        return [values[row] for row in range(int(values.nrows()))]
    if isinstance(values, list):
        return values
    array = np.asarray(values)
    if not array.ndim:
        raise ValueError(
            "`dataset` must have batches of arrays, with a row for each record. "
            f"Received: {values!r} as {name!r} in {where}"
        )
    # As for Keras, labels of shape `(rows, 1)` are one number a row.
    return array[:, 0] if name in _PARTS[1:] and array.shape[1:] == (1,) else array


def _flat(element: Any, where: str) -> dict[str, Any]:
    parts = element if isinstance(element, tuple) else (element,)
    if not (1 <= len(parts) <= len(_PARTS) and isinstance(parts[0], Mapping)):
        raise TypeError(
            "`dataset` must hold dicts, or tuples of a dict, a label and a weight; make dicts of "
            "other elements with `map`. "
            f"Received: {_kind(element)} as {where}"
        )
    values: dict[str, Any] = {}
    for prefix, part in zip(_PARTS, parts, strict=False):
        if prefix and part is None:
            continue
        for name, value in _leaves(prefix, part):
            if name in values:
                raise ValueError(
                    "`dataset` must have one value of each name in a record. "
                    f"Received: two of {name!r} in {where}"
                )
            values[name] = value
    return values


def _leaves(name: str, value: Cell) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        if not isinstance(key, str):
            raise TypeError(
                "`dataset` must hold dicts whose keys are strings. "
                f"Received: {key!r}, a {type(key).__name__}"
            )
        yield from _leaves(f"{name}/{key}" if name else key, inner)


def _kind(element: Any) -> str:
    if isinstance(element, tuple):
        return f"a tuple of ({', '.join(type(part).__name__ for part in element)})"
    return f"a {type(element).__name__}"
