"""What stands in `signature.json`: what a SavedModel takes and returns, and what its codes mean."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_multimodal.data import Preprocessor
from keras_multimodal.data.column.status import Status
from keras_multimodal.export._answers import status_name


def write_signature(
    folder: pathlib.Path, endpoints: Mapping[str, Any], preprocessors: Mapping[str, Preprocessor]
) -> None:
    """Write the description of a SavedModel's signatures.

    Args:
        folder: The SavedModel's.
        endpoints: By signature, its `tf.function`, which has an input signature.
        preprocessors: By signature, what turns its raw cells into the model's inputs.
    """
    description = {
        "signatures": {
            name: {
                "inputs": _inputs(preprocessors[name]),
                "outputs": _outputs(endpoint, preprocessors[name]),
            }
            for name, endpoint in endpoints.items()
        },
        "status": {str(status.value): f"The cell {status.meaning}." for status in Status},
        "rows_without_an_answer": {
            "when": "A modality that is not optional is empty, or can't be read.",
            "float": "NaN",
            "int": -1,
            "string": "",
            "bool": False,
        },
    }
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (folder / "signature.json").write_text(text + "\n", encoding="utf-8")


def _inputs(preprocessor: Preprocessor) -> dict[str, Any]:
    return {
        name: {**_tensor(spec), "modality": modality.name, "optional": modality.optional}
        for modality in preprocessor.schema.inputs
        for name, spec in preprocessor.transforms[modality.name].raw_signature().items()
    }


def _outputs(endpoint: Any, preprocessor: Preprocessor) -> dict[str, Any]:
    statuses = {status_name(name): name for name in preprocessor.schema.names}
    outputs = endpoint.get_concrete_function().structured_outputs
    return {
        name: _tensor(spec) | ({"status_of": statuses[name]} if name in statuses else {})
        for name, spec in sorted(outputs.items())
    }


def _tensor(spec: tf.TensorSpec) -> dict[str, Any]:
    return {"dtype": spec.dtype.name, "shape": list(spec.shape)}
