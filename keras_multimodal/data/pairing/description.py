"""New rows for a trained model: their columns as the model's schema describes them."""

from collections.abc import Sequence

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Schema


def columns_by_schema(
    columns: Sequence[Column], schema: Schema, on_missing: str, on_error: str
) -> tuple[Column, ...]:
    """Return columns as a schema describes them, with what it has learned.

    Args:
        columns: The columns.
        schema: What a model was trained with.
        on_missing: See `pair`; `"mask"` only where rows may lack every modality.
        on_error: See `pair`; `"mask"` only where rows may lack every modality that is read of
            files.

    Raises:
        TypeError: If it is no schema.
        ValueError: If it is of other modalities, or one does not fit its column.
    """
    if not isinstance(schema, Schema):
        raise TypeError(
            "`schema` must be a Schema, such as `train.schema`, or `Schema.from_json(text)`. "
            f"Received: {type(schema).__name__}"
        )
    names = [column.spec.name for column in columns]
    if set(names) != set(schema.names):
        raise ArgumentError(
            "schema",
            f"must be of the modalities that are paired, {names}. "
            f"Received: a schema of {list(schema.names)}",
        )
    described = tuple(column.as_described(schema[column.spec.name]) for column in columns)
    required = [column for column in described if not column.spec.optional]
    for argument, given, lacking in (
        ("on_missing", on_missing, required),
        ("on_error", on_error, [column for column in required if column.reads_files]),
    ):
        if given == "mask" and lacking:
            raise ArgumentError(
                argument,
                "must be another than 'mask' where the trained model wants every row to have "
                f"{[column.spec.name for column in lacking]}. Received: {argument}='mask'. "
                "'drop' leaves out rows without.",
            )
    return described


def check_target(target: TargetLabels, schema: Schema) -> None:
    """Refuse rows of which several classes are given where the model has one, or the like.

    Args:
        target: The rows' target.
        schema: What a model was trained with; without a target, it takes any.

    Raises:
        ValueError: If they have another.
    """
    if schema.target is not None and target.spec not in (None, schema.target):
        raise ArgumentError(
            "schema",
            f"must have the target that is given, {target.spec}. Received: {schema.target}",
        )
