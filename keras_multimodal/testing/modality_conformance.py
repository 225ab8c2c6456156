"""The promises that every modality of the package keeps, checked in one run."""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd

from keras_multimodal.schema import Modality, Schema
from keras_multimodal.types import Tensor

_OTHER = "another_modality"


@dataclasses.dataclass(frozen=True)
class _Rows:
    """A column of some rows, and the same rows as raw cells."""

    spec: Modality
    column: Any
    cells: Mapping[str, Any]

    @property
    def schema(self) -> Schema:
        """A record of this modality alone."""
        return Schema([self.spec])

    def batch(self, training: bool = False, seed: int = 0) -> dict[str, np.ndarray]:
        """Return the rows as the pipeline makes them, in one batch."""
        from keras_multimodal import data

        # A row has to have something: numbers beside it keep those that lack this modality.
        numbers = np.arange(len(self.column), dtype="float32")
        frame = pd.DataFrame({_OTHER: numbers}, index=pd.Index(self.column.keys))
        other = data.TableProcessor().from_dataframe(frame, numeric=[_OTHER], name=_OTHER)
        records = data.pair(self.column, other, on_missing="mask").adapt()
        batches = records.batch(len(self.column), training, seed, shuffle=False)
        tensors = batches.get_single_element()
        return {name: tensors[name].numpy() for name in self.spec.tensors}

    def preprocessed(self) -> dict[str, np.ndarray]:
        """Return the rows as `Preprocessor` makes them of raw cells."""
        from keras_multimodal import data

        tensors = data.Preprocessor(self.schema)(self.cells)
        return {name: tensor.numpy() for name, tensor in tensors.items()}


def run_modality_conformance(spec: Modality, column: Any, cells: Mapping[str, Any]) -> None:
    """Check that a modality's description, column and preprocessing fit together.

    It is for a modality of your own: a `schema.Modality` with `schema.register_modality`, a
    `data.Transform` with `data.register_transform` and a `data.Column`. The checks, by the name
    that a report gives them:

    - `json_round_trip`: a schema of it is read back as it was written.
    - `tensors`: a batch has the names, shapes and dtypes that the description says.
    - `preprocessor`: `Preprocessor` makes of the raw cells what the pipeline makes of the column.
    - `absent_row`: a row without a cell is zeros, and its flag and its mask are False.
    - `blank`: what stands in for an absent cell has the shape and dtype of a loaded one.
    - `seeds`: the same seed gives the same training batch.
    - `other_order`: rows taken in another order are the same rows.
    - `saved_model`: an exported model, served by a process that does not import this package, makes
      of the raw cells what the pipeline makes, and tells by the status of each which are absent. A
      description with an `obstacle` is refused there.

    Runs on the TensorFlow backend.

    Args:
        spec: The description, `optional=True`, with the state that it learns of training rows.
        column: A column with this description, of three rows or more, of which one at least is
            there and one at least is absent.
        cells: The same rows by name as `data.Preprocessor` takes them, such as encoded bytes or
            texts; an empty string is an absent cell.

    Raises:
        AssertionError: If a promise is broken. The message names each check that failed and what
            it found; the exceptions themselves are in `__cause__`.
        ValueError: If the rows cannot show it: too few, or none of them absent or there, or if the
            description is not optional or another than the column's.

    Example:

    >>> from keras_multimodal import data, schema
    >>> text = schema.Text(length=3, optional=True, vocabulary=("a", "cat"))
    >>> column = data.TextProcessor(length=3, vocabulary=["a", "cat"]).load_data(
    ...     ["a cat", "", "A CAT!"], optional=True
    ... )
    >>> run_modality_conformance(column.spec, column, {"text": ["a cat", "", "A CAT!"]})
    """
    rows = _checked(spec, column, cells)
    failures: dict[str, Exception] = {}
    for name, check in _CHECKS.items():
        try:
            check(rows)
        except Exception as error:
            failures[name] = error
    if failures:
        whose = f"{type(spec).__name__} {spec.name!r}"
        lines = [f"{whose} breaks {len(failures)} of {len(_CHECKS)} promises:"]
        for name, failure in failures.items():
            found = str(failure) if isinstance(failure, AssertionError) else repr(failure)
            lines += [f"- {name}: {_CHECKS[name].__doc__}", f"  {found.strip()}"]
        raise AssertionError("\n".join(lines)) from ExceptionGroup(
            f"{type(spec).__name__}, one exception for each check", list(failures.values())
        )


def _checked(spec: Modality, column: Any, cells: Mapping[str, Any]) -> _Rows:
    if not spec.optional or column.spec != spec:
        raise ValueError(
            "`spec` must be the column's description, with optional=True. "
            f"Received: {spec}, and a column of {column.spec}"
        )
    present = column.present
    if len(present) < 3 or present.all() or not present.any():
        raise ValueError(
            "`column` must have three rows or more, one of them there and one absent. "
            f"Received: {int(present.sum())} of {len(present)} rows there"
        )
    lengths = {name: len(values) for name, values in cells.items()}
    if set(lengths.values()) != {len(present)}:
        raise ValueError(f"`cells` must have the column's {len(present)} rows. Received: {lengths}")
    return _Rows(spec, column, cells)


def _json_round_trip(rows: _Rows) -> None:
    """a schema of it is read back as it was written."""
    again = Schema.from_json(rows.schema.to_json())
    assert again == rows.schema, f"{again[rows.spec.name]} instead of {rows.spec}"


def _tensors(rows: _Rows) -> None:
    """a batch has the names, shapes and dtypes that the description says."""
    count = len(rows.column)
    found = {name: (array.shape, array.dtype.name) for name, array in rows.batch().items()}
    described = {
        name: ((count, *shape), dtype) for name, (shape, dtype) in rows.spec.tensors.items()
    }
    assert found == described, f"{found} instead of {described}"


def _preprocessor(rows: _Rows) -> None:
    """`Preprocessor` makes of the raw cells what the pipeline makes of the column."""
    _assert_same(rows.preprocessed(), rows.batch())


def _absent_row(rows: _Rows) -> None:
    """a row without a cell is zeros, and its flag and its mask are False."""
    batch, absent = rows.batch(), ~rows.column.present
    flag = batch[rows.spec.present_name]
    assert flag.tolist() == (~absent).tolist(), f"the flags are {flag.tolist()}"
    for name, array in batch.items():
        assert not array[absent].any(), f"{name!r} of an absent row is not all zeros"


def _blank(rows: _Rows) -> None:
    """what stands in for an absent cell has the shape and dtype of a loaded one."""
    load = rows.column.row_loader()
    row = int(np.flatnonzero(rows.column.present)[0])
    loaded = keras.tree.map_structure(_shape_and_dtype, load(np.int64(row)))
    blank = keras.tree.map_structure(_shape_and_dtype, rows.column.blank())
    assert blank == loaded, f"{blank} instead of {loaded}"


def _seeds(rows: _Rows) -> None:
    """the same seed gives the same training batch."""
    _assert_same(rows.batch(training=True, seed=3), rows.batch(training=True, seed=3), exact=True)


def _other_order(rows: _Rows) -> None:
    """rows taken in another order are the same rows."""
    order = np.arange(len(rows.column))[::-1]
    turned = rows.column.take([rows.column.keys[row] for row in order], order)
    found = _Rows(rows.spec, turned, rows.cells).batch()
    _assert_same({name: array[::-1] for name, array in found.items()}, rows.batch(), exact=True)


def _saved_model(rows: _Rows) -> None:
    """an exported model makes of the raw cells what the pipeline makes."""
    from keras_multimodal import export
    from keras_multimodal.data.column.status import Status

    tensors = {
        name: keras.Input(shape, dtype=dtype, name=name)
        for name, (shape, dtype) in rows.spec.tensors.items()
    }
    outputs = {f"{name}_out": keras.ops.cast(x, "float32") for name, x in tensors.items()}
    model = keras.Model(tensors, outputs)
    with tempfile.TemporaryDirectory() as home:
        folder = pathlib.Path(home) / "model"
        if rows.spec.obstacle:
            try:
                export.saved_model(model, folder, rows.schema)
            except ValueError:
                return
            raise AssertionError(f"it was exported in spite of {rows.spec.obstacle}")
        export.saved_model(model, folder, rows.schema)
        answer = export.serve_in_fresh_process(folder, rows.cells)
    status, there = answer.pop(f"{rows.spec.name}_status"), rows.column.present
    assert status[~there].all(), f"the status of an absent row is 0: {status.tolist()}"
    assert (status[there] < Status.UNKNOWN_FORMAT).all(), (
        f"a row that is there is not used: {status.tolist()}"
    )
    found = {name.removesuffix("_out"): array for name, array in answer.items()}
    expected = {name: array.astype("float32") for name, array in rows.batch().items()}
    _assert_same(found, expected)


def _shape_and_dtype(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} {keras.backend.standardize_dtype(tensor.dtype)}"


def _assert_same(
    found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], exact: bool = False
) -> None:
    assert found.keys() == expected.keys(), f"{sorted(found)} instead of {sorted(expected)}"
    tolerance = 0.0 if exact else 1e-5
    for name, array in expected.items():
        np.testing.assert_allclose(
            found[name], array, rtol=tolerance, atol=tolerance, err_msg=f"of {name!r}"
        )


_CHECKS: dict[str, Callable[[_Rows], None]] = {
    check.__name__.removeprefix("_"): check
    for check in (
        _json_round_trip,
        _tensors,
        _preprocessor,
        _absent_row,
        _blank,
        _seeds,
        _other_order,
        _saved_model,
    )
}
