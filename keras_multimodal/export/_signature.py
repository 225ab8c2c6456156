"""What a SavedModel's signature takes and returns, by which names, and what its codes mean."""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_multimodal._inner_names import free_name, served_names
from keras_multimodal.data import Preprocessor
from keras_multimodal.data.column.served import Served
from keras_multimodal.data.column.status import Status


class Signature:
    """The names of one signature, which every client can write, beside those that users gave.

    Args:
        preprocessor: What turns its raw cells into the model's inputs.
    """

    def __init__(self, preprocessor: Preprocessor) -> None:
        self._preprocessor = preprocessor
        self._raw = preprocessor.raw_signature()
        names = served_names([*self._raw, *preprocessor.schema.names])
        self._inputs = {column: names[column] for column in self._raw}
        self._modalities = {modality: names[modality] for modality in preprocessor.schema.names}
        # By served name, what the model calls an output, and which modality a status is of.
        self._outputs: dict[str, str] = {}
        self._statuses: dict[str, str] = {}

    @property
    def specs(self) -> dict[str, tf.TensorSpec]:
        """The raw cells' specs, by the names that clients write."""
        return {
            served: tf.TensorSpec(self._raw[column].shape, self._raw[column].dtype, name=served)
            for column, served in self._inputs.items()
        }

    def cells(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return a client's cells by the columns' names."""
        return {column: raw[served] for column, served in self._inputs.items()}

    def answer(self, outputs: Mapping[str, tf.Tensor], served: Served) -> dict[str, tf.Tensor]:
        """Return outputs and each cell's status by the names that clients read."""
        self._outputs = {new: name for name, new in served_names(outputs).items()}
        self._statuses = {}
        answer = {new: outputs[name] for new, name in self._outputs.items()}
        for modality, codes in served.status.items():
            # A target may be called so.
            name = free_name(f"{self._modalities[modality]}_status", answer)
            self._statuses[name] = modality
            answer[name] = codes
        return answer

    def describe(self, endpoint: Any) -> dict[str, Any]:
        """Return what `signature.json` says of it.

        Args:
            endpoint: Its `tf.function`, which has an input signature.
        """
        outputs = endpoint.get_concrete_function().structured_outputs
        return {
            "inputs": {
                self._inputs[column]: {
                    "name": column,
                    **_tensor(spec),
                    "modality": modality.name,
                    "optional": modality.optional,
                }
                for modality in self._preprocessor.schema.inputs
                for column, spec in self._preprocessor.transforms[modality.name]
                .raw_signature()
                .items()
            },
            "outputs": {name: self._output(name, outputs[name]) for name in sorted(outputs)},
        }

    def _output(self, name: str, spec: tf.TensorSpec) -> dict[str, Any]:
        if name in self._statuses:
            return {**_tensor(spec), "status_of": self._statuses[name]}
        return {"name": self._outputs[name], **_tensor(spec)}


def write_signature(
    folder: pathlib.Path, endpoints: Mapping[str, Any], signatures: Mapping[str, Signature]
) -> None:
    """Write the description of a SavedModel's signatures.

    Args:
        folder: The SavedModel's.
        endpoints: By signature, its `tf.function`, which has an input signature.
        signatures: Each signature's names.
    """
    description = {
        "signatures": {
            name: signatures[name].describe(endpoint) for name, endpoint in endpoints.items()
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


def _tensor(spec: tf.TensorSpec) -> dict[str, Any]:
    return {"dtype": spec.dtype.name, "shape": list(spec.shape)}
