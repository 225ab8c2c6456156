"""Records, as an interactive session shows them."""

from collections.abc import Sequence

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.target_labels import SingleTarget


def representation(columns: Sequence[Column], targets: Sequence[SingleTarget]) -> str:
    """Return the rows, the targets, and of each modality its shape and what is missing.

    Args:
        columns: The columns of the records, of the same rows.
        targets: What is to be learned, if anything.
    """
    named = [f"{type(target).__name__} {target.name!r}" for target in targets]
    lines = [f"<Records: {len(columns[0]):,} rows, {', '.join(named) or 'no target'}"]
    width = max(len(column.spec.name) for column in columns)
    for column in columns:
        kind = type(column.spec).__name__
        lines.append(f"  {column.spec.name:<{width}}  {kind} {column.summary()}")
    return "\n".join(lines) + ">"
