"""Raw cells in, model inputs out: what an exported model runs before anything else."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_multimodal.data.transforms import make_transform
from keras_multimodal.schema import Schema


class Preprocessor(tf.Module):
    """The preprocessing of a whole record, from the same functions that made the training batches.

    It is a `tf.Module`: give it as an attribute to what is saved, and its lookup tables are saved
    too.

    Args:
        schema: The record's description, with its state; `records.schema` of the training rows.

    Call arguments:
        raw: One `(batch,)` string tensor for each modality, by name: encoded bytes of a picture,
            or text. An empty string says that the row lacks the modality.

    Returns:
        The model's inputs by name: `(batch, *shape)` for each modality, and a boolean
        `<name>_present`, `(batch,)`, for each optional one.

    Masking:
        Rows without a modality hold zeros, and False in `<name>_present`.

    Raises:
        ValueError: If `raw` lacks a modality of the schema or has another, or if a text has no
            vocabulary.
        tf.errors.InvalidArgumentError: When called on an empty string for a modality that is not
            optional, or on bytes that are no picture.

    Example:

    >>> from keras_multimodal.schema import Schema, Text
    >>> preprocessor = Preprocessor(Schema([Text(length=3, vocabulary=("a", "cat"))]))
    >>> preprocessor({"text": ["A cat!", "a dog"]})["text"].numpy().tolist()
    [[2, 3, 0], [2, 1, 0]]
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__(name="preprocessor")
        self.schema = schema
        self.transforms = {spec.name: make_transform(spec) for spec in schema.inputs}

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """The specs of `raw`: a `(None,)` string for each modality."""
        return {name: tf.TensorSpec([None], tf.string, name=name) for name in self.schema.names}

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """Preprocess a batch of raw records; see the class."""
        if set(raw) != set(self.schema.names):
            raise ValueError(
                f"`raw` must have the columns {list(self.schema.names)}. "
                f"Received: raw with {sorted(raw)}"
            )
        inputs = {}
        for spec in self.schema.inputs:
            cells = tf.convert_to_tensor(raw[spec.name], tf.string)
            present = tf.not_equal(cells, "")
            if spec.optional:
                inputs[spec.present_name] = present
            else:
                message = f"The input {spec.name} is not optional: no row may be empty there."
                check = tf.debugging.Assert(tf.reduce_all(present), [message])
                # Outside a graph the check has already been made, and there is nothing to wait for.
                with tf.control_dependencies([] if check is None else [check]):
                    cells = tf.identity(cells)
            inputs[spec.name] = self.transforms[spec.name](cells)
        return inputs
