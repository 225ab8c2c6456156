"""Answers for `serve_in_fresh_process`. Run by its path; it imports nothing of the package."""

import base64
import importlib
import json
import sys

sys.modules["keras_multimodal"] = None  # type: ignore[assignment]  # importing it fails from here on

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

directory, strings, numbers, answer, *modules = sys.argv[1:]
for module in modules:
    importlib.import_module(module)
with open(strings, encoding="ascii") as file:
    cells = {
        name: [base64.b64decode(c) for c in column] for name, column in json.load(file).items()
    }
raw = {name: tf.constant(column, tf.string) for name, column in cells.items()}
serve = tf.saved_model.load(directory).signatures["serving_default"]
signature = serve.structured_input_signature[1]
with np.load(numbers) as file:
    for name in file.files:
        column = file[name]
        if name in signature and signature[name].dtype != tf.string:
            column = column.astype(signature[name].dtype.as_numpy_dtype, casting="same_kind")
        raw[name] = tf.constant(column)
outputs = serve(**raw)
arrays = {name: tensor.numpy() for name, tensor in outputs.items()}
for name, array in arrays.items():
    if array.dtype == object:  # bytes, which NumPy would only write as pickles
        arrays[name] = np.array([cell.decode() for cell in array])
with open(answer, "wb") as file:
    np.savez(file, allow_pickle=False, **arrays)
