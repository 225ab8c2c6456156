"""Records, as an interactive session shows them."""

from collections.abc import Sequence

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.labels import named_targets
from keras_multimodal.schema.schema import Target


def representation(columns: Sequence[Column], target: Target | None) -> str:
    """Return the rows, the target, and of each modality its shape and what is missing.

    Args:
        columns: The columns of the records, of the same rows.
        target: What is to be learned, if anything.
    """
    targets = [f"{type(own).__name__} {name!r}" for name, own in named_targets(target).items()]
    lines = [f"<Records: {len(columns[0]):,} rows, {', '.join(targets) or 'no target'}"]
    width = max(len(column.spec.name) for column in columns)
    for column in columns:
        kind = type(column.spec).__name__
        lines.append(f"  {column.spec.name:<{width}}  {kind} {column.summary()}")
    return "\n".join(lines) + ">"
