"""Flows of pictures that are in memory."""

from collections.abc import Hashable, Sequence

import numpy as np

from keras_multimodal.data.column.cells import check_rows
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.data.image_data_generator.settings import ImageSettings, Subset
from keras_multimodal.types import Tensor


def array_flow(
    settings: ImageSettings,
    x: Tensor,
    y: Tensor,
    *,
    sample_weight: Sequence[float] | None,
    keys: Sequence[Hashable] | None,
    name: str,
    subset: Subset | None,
    same_targets: bool,
    defaults: FlowDefaults,
) -> ImageFlow:
    """Return a flow of pictures in an array.

    Args:
        settings: What is done to the pictures.
        x: The pictures; see `ImageStream.flow` for this and for what follows.
        y: The targets, or `None`.
        sample_weight: The rows' weights, or `None`.
        keys: The rows' keys, or `None`.
        name: The input's name.
        subset: The part that is wanted, or `None` for all rows.
        same_targets: Whether the subsets must have the same targets.
        defaults: What the flow's batches are like.

    Raises:
        ValueError: If the arrays have the wrong shape or differ in their number of rows, or a
            subset lacks targets that the other has.
    """
    images = _pictures(settings, x)
    columns = {"y": y, "sample_weight": sample_weight, "keys": keys}
    for argument, given in columns.items():
        check_rows(given, argument)
    lengths = {argument: len(v) for argument, v in columns.items() if v is not None}
    if set(lengths.values()) - {len(images)}:
        raise ValueError(
            f"`x` must have as many rows as the rest. Received: {len(images)} pictures, {lengths}"
        )
    rows = range(len(images)) if keys is None else list(keys)
    chosen = settings.rows_of(subset, len(images))
    targets = None if y is None else np.asarray(y)
    if subset is not None and targets is not None and same_targets:
        cut = int(settings.validation_split * len(images))
        if not np.array_equal(np.unique(targets[:cut]), np.unique(targets[cut:])):
            raise ValueError(
                "`y` must have the same targets in both subsets. Received: targets that one of "
                "them lacks. Shuffle the rows first, or pass ignore_class_split=True. In Keras' "
                "words: Training and validation subsets have different number of classes after "
                "the split."
            )
    pictures = images[chosen]
    column = ImageColumn(
        settings.describe_array(images, name),
        rows[chosen],
        [f"picture {row}" for row in range(len(pictures))],
        "an array",
        images=pictures,
        **settings.column_options(),
    )
    return ImageFlow(
        column,
        targets=None if targets is None else list(targets[chosen]),
        class_mode=None if targets is None else "raw",
        weights=None if sample_weight is None else list(sample_weight)[chosen],
        defaults=defaults,
    )


def _pictures(settings: ImageSettings, x: Tensor) -> np.ndarray:
    """Return the pictures, channels last; an error if they are none."""
    if settings.random_crop:
        raise ValueError(
            "`random_crop` must go with files, out of which a target of a size of its own is "
            "cut; shifts do the like with arrays. "
            "Received: random_crop=True"
        )
    if isinstance(x, tuple):
        raise ValueError(
            "`x` must be pictures alone; give other inputs columns of their own, and `pair` "
            f"them. Received: a tuple of {len(x)}"
        )
    images = np.asarray(x)
    if images.ndim != 4:
        raise ValueError(
            "`x` must be pictures of rank 4; give other inputs columns of their own, and `pair` "
            f"them. Received: shape {images.shape}"
        )
    return settings.channels_last(images)
