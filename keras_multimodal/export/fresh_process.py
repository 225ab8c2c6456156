"""What a SavedModel answers where this package does not exist."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal.schema import Schema, Text

_SCRIPT = pathlib.Path(__file__).with_name("_serving_script.py")

_NUMBERS = "biuf"  # the kinds of dtypes that are numbers, booleans among them


def serve_in_fresh_process(
    directory: str | os.PathLike[str], raw: Mapping[str, Sequence[Any] | np.ndarray]
) -> dict[str, np.ndarray]:
    """Send raw cells to a SavedModel in a new Python process that cannot import this package.

    What comes back is what a server would say that has TensorFlow and the folder, and nothing
    else but tensorflow_text where a text needs it: compare it with `model.predict` before you
    deploy.

    Args:
        directory: The folder that `saved_model` wrote.
        raw: By the signature's input, one cell for each row: encoded bytes or text, empty where a
            row lacks the modality; or numbers, NaN where one is missing, as an array whose first
            axis is that of the rows or as a list. They are cast to the signature's dtype, as
            float64 to float32, but never from floats to whole numbers.

    Returns:
        The outputs of the signature `serving_default`, by name.

    Raises:
        FileNotFoundError: If the folder holds no SavedModel.
        TypeError: If a cell is neither bytes nor text nor a number, such as `None`, or a column
            mixes them. The message names column and row.
        ValueError: If the inputs differ in their number of rows, or a column of numbers has rows
            of different shapes.
        RuntimeError: If the process fails or dies; the message has its exit code and what it wrote.

    Example:

    >>> serve_in_fresh_process("exported", {"text": ["a sunny day"]})  # doctest: +SKIP
    {'label': array(['dry'], dtype='<U3'), 'probabilities': array([[0.9, 0.1]], dtype=float32)}
    """
    folder = pathlib.Path(directory).resolve()
    if not (folder / "saved_model.pb").is_file():
        raise FileNotFoundError(
            f"`directory` must hold a SavedModel. Received: {os.fspath(directory)!r}, which has no "
            "saved_model.pb"
        )
    rows = {name: len(cells) for name, cells in raw.items()}
    if len(set(rows.values())) != 1:
        raise ValueError(f"`raw` must have one cell of each modality a row. Received: {rows}")
    columns = {name: _as_column(name, column) for name, column in raw.items()}
    numbers = {name: column for name, column in columns.items() if isinstance(column, np.ndarray)}
    cells = {name: column for name, column in columns.items() if name not in numbers}
    with tempfile.TemporaryDirectory() as temporary:
        here = pathlib.Path(temporary)
        strings, arrays, answer = (here / name for name in ("raw.json", "raw.npz", "out.npz"))
        strings.write_text(json.dumps(cells), encoding="ascii")
        np.savez(arrays, allow_pickle=False, **numbers)
        # Safe path (-P): the script's own folder would be searched first for what it imports.
        process = _run_python(["-P", _SCRIPT, folder, strings, arrays, answer, *_modules(folder)])
        if process.returncode or not answer.is_file():
            raise RuntimeError(
                f"The SavedModel in {os.fspath(directory)!r} did not answer; the process ended "
                f"with code {process.returncode}:\n" + (process.stdout + process.stderr)[-2000:]
            )
        with np.load(answer) as outputs:
            return dict(outputs)


def _run_python(
    arguments: Sequence[str | os.PathLike[str]],
) -> subprocess.CompletedProcess[str]:
    """Run a new Python process to its end."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def _as_column(name: str, column: Sequence[Any] | np.ndarray) -> list[str] | np.ndarray:
    """Return strings in base64, or an array of numbers."""
    if isinstance(column, np.ndarray) and column.dtype.kind in _NUMBERS:
        return column
    cells = list(column)
    texts = [isinstance(cell, (bytes, str)) for cell in cells]
    if all(texts):
        return [_encode(cell) for cell in cells]
    if any(texts):
        row = texts.index(False)
        raise TypeError(
            "`raw` must have bytes or text in every cell of a column that has any, and empty ones "
            f"where a row lacks the modality. Received: {cells[row]!r} in row {row} of {name!r}"
        )
    try:
        kinds = [np.asarray(cell).dtype.kind for cell in cells]
        numbers = np.asarray(cells)
    except ValueError as error:
        raise ValueError(
            "`raw` must have numbers of one shape in all rows of a column. "
            f"Received: {name!r}, whose rows differ"
        ) from error
    for row, kind in enumerate(kinds):
        if kind not in _NUMBERS:
            raise TypeError(
                "`raw` must have bytes, text or numbers in its cells, and NaN for a missing "
                f"number. Received: {cells[row]!r} in row {row} of {name!r}"
            )
    return numbers


def _encode(cell: bytes | str) -> str:
    return base64.b64encode(cell.encode() if isinstance(cell, str) else cell).decode("ascii")


def _modules(directory: pathlib.Path) -> list[str]:
    """Return the modules that a server imports besides TensorFlow, as the folder's schema says."""
    described = directory / "assets.extra" / "schema.json"
    if not described.is_file():
        return []
    schema = Schema.from_json(described.read_text(encoding="utf-8"))
    texts = [spec for spec in (*schema.inputs, schema.target) if isinstance(spec, Text)]
    needed = any(spec.needs_tensorflow_text for spec in texts)
    return ["tensorflow_text"] if needed else []
