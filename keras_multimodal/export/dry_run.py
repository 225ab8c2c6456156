"""An export before there is a trained model, to find out what would fail after all training."""

import pathlib
import tempfile

import keras
from keras import ops

from keras_multimodal._inner_names import inner_name
from keras_multimodal.errors import ArgumentError
from keras_multimodal.export.saved_models import saved_model
from keras_multimodal.schema import ClassTarget, NumberTarget, Schema, Targets
from keras_multimodal.schema.schema import Target
from keras_multimodal.tasks import inputs
from keras_multimodal.types import Tensor


def check_export(schema: Schema) -> None:
    """Write a SavedModel of a schema's preprocessing, with a stand-in for the model, and remove it.

    It takes about half a second, and more where pictures or recordings are decoded: do it before
    you train what is to be exported.

    Args:
        schema: The schema of the training rows, `records.schema`, with what was learned of them.

    Raises:
        ArgumentError: If `saved_model` could not export a model of it.

    Example:

    >>> from keras_multimodal.schema import Text
    >>> check_export(Schema([Text(name="说明", length=3, vocabulary=("晴", "雨"))]))
    """
    # What writes a text, and what compares two parts of a row, takes the same inputs.
    targets = (ClassTarget, NumberTarget, Targets)
    target = schema.target if isinstance(schema.target, targets) else None
    described = Schema(schema.inputs, target)
    with tempfile.TemporaryDirectory() as folder:
        try:
            saved_model(_stand_in(described), pathlib.Path(folder, "model"), described)
        except OSError:  # such as a full disk, which is no fault of the schema
            raise
        except Exception as error:
            raise ArgumentError(
                "schema",
                "must be such that a SavedModel can hold it. Received: "
                f"{list(schema.names)}, of which {type(error).__name__}: {error}",
            ) from error


def _stand_in(schema: Schema) -> keras.Model:
    """Return a small model with the inputs and outputs of one that is trained."""
    given = inputs(schema)
    means = [
        ops.mean(ops.cast(tensor, "float32"), axis=tuple(range(1, len(tensor.shape))))
        for tensor in given.values()
    ]
    vector = ops.stack(means, -1)  # (batch, tensors)
    targets = schema.target if isinstance(schema.target, Targets) else (schema.target,)
    outputs = [_head(target, vector) for target in targets]
    if isinstance(schema.target, Targets):
        named = dict(zip(map(inner_name, schema.target.names), outputs, strict=True))
        return keras.Model(given, named, name="stand_in")
    return keras.Model(given, outputs[0], name="stand_in")


def _head(target: Target | None, vector: Tensor) -> Tensor:
    """Return probabilities or numbers, as the target has them, without any weight."""
    width = 1
    if isinstance(target, ClassTarget):
        width = len(target.classes)
    elif isinstance(target, NumberTarget):
        width = len(target.columns)
    number = ops.mean(vector, -1, keepdims=True)  # (batch, 1)
    numbers = ops.repeat(number, width, axis=-1)
    return ops.softmax(numbers) if isinstance(target, ClassTarget) else numbers
