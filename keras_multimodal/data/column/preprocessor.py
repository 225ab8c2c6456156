"""Raw cells in, model inputs out: what an exported model runs before anything else."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_multimodal.data.column.registry import make_transform
from keras_multimodal.data.column.served import Served
from keras_multimodal.schema import Schema


class Preprocessor(tf.Module):
    """The preprocessing of a whole record, from the same functions that made the training batches.

    It is a `tf.Module`: give it as an attribute to what is saved, and its lookup tables are saved
    too.

    Args:
        schema: The record's description, with its state; `records.schema` of the training rows.

    Call arguments:
        raw: By name, what `raw_signature` describes: for most modalities one `(batch,)` string
            tensor, with encoded bytes of a picture or a recording, or text. An empty string says
            that the row lacks the modality.

    Returns:
        The model's inputs by name: `(batch, *shape)` for each modality, a boolean `<name>_mask`,
        `(batch, length)`, for each that has a mask, and a boolean `<name>_present`, `(batch,)`,
        for each optional one.

    Masking:
        Rows without a modality hold zeros, and False in `<name>_present`.

    Raises:
        ValueError: If `raw` lacks a column or has another, or if a modality lacks the state that
            it learns, such as a vocabulary.
        tf.errors.InvalidArgumentError: When called on an empty string for a modality that is not
            optional, on bytes that are no picture, or on columns that differ in their number of
            rows.

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
        columns = [name for t in self.transforms.values() for name in t.raw_signature()]
        repeated = {name for name in columns if columns.count(name) > 1}
        if repeated:
            raise ValueError(
                "`schema` must have raw columns that differ, as a table's columns and the other "
                f"modalities' names are. Received: {sorted(repeated)} more than once"
            )

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """Return the specs of `raw` by name: for most modalities a `(None,)` string."""
        return {
            name: spec
            for transform in self.transforms.values()
            for name, spec in transform.raw_signature().items()
        }

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """Preprocess a batch of raw records; see the class."""
        cells = self._cells(raw)
        inputs = {}
        for spec in self.schema.inputs:
            transform = self.transforms[spec.name]
            present = transform.raw_present(cells)
            columns = {name: cells[name] for name in transform.raw_signature()}
            if spec.optional:
                inputs[spec.present_name] = present
            else:
                message = f"The input {spec.name} is not optional: no row may be empty there."
                columns = _checked(columns, tf.reduce_all(present), [message])
            inputs.update(transform(columns))
        return inputs

    def serve(self, raw: Mapping[str, Any]) -> Served:
        """Preprocess a batch of raw records of which some may be broken.

        Args:
            raw: As in a call.

        Raises:
            ValueError: If `raw` lacks a column or has another.
            tf.errors.InvalidArgumentError: If columns differ in their number of rows.
        """
        cells = self._cells(raw)
        served = Served({}, {}, {})
        for spec in self.schema.inputs:
            transform = self.transforms[spec.name]
            columns = {name: cells[name] for name in transform.raw_signature()}
            tensors, used, status = transform.serve(columns)
            served.inputs.update(tensors)
            served.status[spec.name] = status
            if spec.optional:
                served.inputs[spec.present_name] = used
            else:
                served.used[spec.name] = used
        return served

    def _cells(self, raw: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """Return the columns as tensors of as many rows each."""
        signature = self.raw_signature()
        if set(raw) != set(signature):
            raise ValueError(
                f"`raw` must have the columns {list(signature)}. Received: raw with {sorted(raw)}"
            )
        cells = {
            name: tf.convert_to_tensor(raw[name], spec.dtype) for name, spec in signature.items()
        }
        # One row beside many would be taken for a row of each.
        counts = [tf.shape(column)[0] for column in cells.values()]
        message: list[Any] = ["All columns must have as many rows. Received:"]
        for name, count in zip(cells, counts, strict=True):
            message += [name, count]
        return _checked(cells, tf.reduce_all(tf.equal(counts, counts[0])), message)


def _checked(
    cells: Mapping[str, tf.Tensor], condition: tf.Tensor, message: list[Any]
) -> dict[str, tf.Tensor]:
    """Return the cells, which wait for a check."""
    check = tf.debugging.Assert(condition, message, summarize=1)
    # Outside a graph the check has already been made, and there is nothing to wait for.
    with tf.control_dependencies([] if check is None else [check]):
        return {name: tf.identity(column) for name, column in cells.items()}
