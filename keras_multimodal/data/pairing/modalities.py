"""The modalities of records, by name."""

from collections.abc import Sequence

from keras_multimodal.data.column.column import Column


def named_columns(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Return the columns of the given names, in their order.

    Raises:
        ValueError: If there is no such column, none is named, or one is named twice.
    """
    by_name = {column.spec.name: column for column in columns}
    if not names or set(names) - set(by_name) or len(set(names)) < len(names):
        raise ValueError(
            f"`names` must be one or more of the modalities {list(by_name)}. "
            f"Received: names={names}"
        )
    return [by_name[name] for name in names]


def optional_column(columns: Sequence[Column], name: str) -> Column:
    """Return the column of the given name, whose rows may lack it.

    Raises:
        ValueError: If there is no such column, or it is not optional.
    """
    optional = {column.spec.name: column for column in columns if column.spec.optional}
    if name not in optional:
        raise ValueError(
            f"`name` must be an optional modality, one of {list(optional)}; declare it with "
            f'`optional=True` or pair with on_missing="mask". Received: name={name!r}'
        )
    return optional[name]
