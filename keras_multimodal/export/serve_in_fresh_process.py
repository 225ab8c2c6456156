"""What a SavedModel answers where this package does not exist."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

import numpy as np

from keras_multimodal.schema import Schema, Text

_SCRIPT = pathlib.Path(__file__).with_name("_fresh_process.py")


def serve_in_fresh_process(
    directory: str | os.PathLike[str], raw: Mapping[str, Sequence[bytes | str] | np.ndarray]
) -> dict[str, np.ndarray]:
    """Send raw cells to a SavedModel in a new Python process that cannot import this package.

    What comes back is what a server would say that has TensorFlow and the folder, and nothing
    else but tensorflow_text where a text needs it: compare it with `model.predict` before you
    deploy.

    Args:
        directory: The folder that `saved_model` wrote.
        raw: By the signature's input, one cell for each row: encoded bytes or text, empty where a
            row lacks the modality; or an array of numbers whose first axis is that of the rows.

    Returns:
        The outputs of the signature `serving_default`, by name.

    Raises:
        FileNotFoundError: If the folder holds no SavedModel.
        ValueError: If the inputs differ in their number of rows.
        RuntimeError: If the process fails; the message has its error.

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
    numbers = {name: column for name, column in raw.items() if isinstance(column, np.ndarray)}
    cells = {
        name: [_encode(cell) for cell in column]
        for name, column in raw.items()
        if name not in numbers
    }
    with tempfile.TemporaryDirectory() as temporary:
        here = pathlib.Path(temporary)
        strings, arrays, answer = (here / name for name in ("raw.json", "raw.npz", "out.npz"))
        strings.write_text(json.dumps(cells), encoding="ascii")
        np.savez(arrays, allow_pickle=False, **numbers)
        # Safe path (-P): the script's own folder would be searched first for what it imports.
        process = subprocess.run(
            [sys.executable, "-P", _SCRIPT, folder, strings, arrays, answer, *_modules(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            raise RuntimeError(
                f"The SavedModel in {os.fspath(directory)!r} did not answer:\n"
                + process.stderr[-2000:]
            )
        with np.load(answer) as outputs:
            return dict(outputs)


def _encode(cell: bytes | str) -> str:
    return base64.b64encode(cell.encode() if isinstance(cell, str) else cell).decode("ascii")


def _modules(folder: pathlib.Path) -> list[str]:
    """The modules that a server imports besides TensorFlow, as the folder's schema says."""
    described = folder / "assets.extra" / "schema.json"
    if not described.is_file():
        return []
    schema = Schema.from_json(described.read_text(encoding="utf-8"))
    needed = any(isinstance(spec, Text) and spec.needs_tensorflow_text for spec in schema.inputs)
    return ["tensorflow_text"] if needed else []
