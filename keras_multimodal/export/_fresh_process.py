"""Answers for `serve_in_fresh_process`. Run by its path; it imports nothing of the package."""

import base64
import json
import sys

sys.modules["keras_multimodal"] = None  # type: ignore[assignment]  # importing it fails from here on

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

directory, request, answer = sys.argv[1:]
with open(request, encoding="ascii") as file:
    raw = {
        name: [base64.b64decode(cell) for cell in cells] for name, cells in json.load(file).items()
    }
serve = tf.saved_model.load(directory).signatures["serving_default"]
outputs = serve(**{name: tf.constant(cells, tf.string) for name, cells in raw.items()})
arrays = {name: tensor.numpy() for name, tensor in outputs.items()}
for name, array in arrays.items():
    if array.dtype == object:  # bytes, which NumPy would only write as pickles
        arrays[name] = np.array([cell.decode() for cell in array])
with open(answer, "wb") as file:
    np.savez(file, allow_pickle=False, **arrays)
