"""Pictures in arrays, with random changes."""

import os
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

from keras_multimodal.data.image_data_generator.defaults import make_defaults
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.data.image_data_generator.settings import ImageTransformer
from keras_multimodal.types import Tensor

ColorMode = Literal["rgb", "rgba", "grayscale"]
Subset = Literal["training", "validation"]


class ImageArrayStream(ImageTransformer):
    """The part of `ImageStream` whose pictures are in memory."""

    def flow(
        self,
        x: Tensor,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Sequence[float] | None = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: Subset | None = None,
        *,
        keys: Sequence[Hashable] | None = None,
        name: str = "image",
    ) -> ImageFlow:
        """Return a column of pictures in an array.

        Args:
            x: `(rows, height, width, channels)`, or as `data_format` says, in [0, 255].
            y: Targets, one for each row, of any shape.
            batch_size: Rows in a batch of `flow.batch`.
            shuffle: Whether its training batches are shuffled.
            sample_weight: The rows' weights.
            seed: Seed of its order and of its random changes.
            save_to_dir: Folder to which it also writes each picture.
            save_prefix: What the names of these files begin with.
            save_format: `"png"` or `"jpeg"`.
            ignore_class_split: Whether the subsets may have different targets.
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes.
            keys: One key for each row; 0, 1, 2, ... by default.
            name: The input's name.

        Raises:
            ValueError: If the arrays have the wrong shape or differ in their number of rows, or a
                subset lacks targets that the other has.
        """
        if self.random_crop:
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
        if images.ndim != 4 or self._channels_last(images[:1]).shape[-1] not in (1, 3, 4):
            raise ValueError(
                "`x` must be pictures of rank 4 with 1, 3 or 4 channels; give other inputs columns "
                f"of their own, and `pair` them. Received: shape {images.shape}"
            )
        images = self._channels_last(images)
        rows = range(len(images)) if keys is None else list(keys)
        columns = {"y": y, "sample_weight": sample_weight, "keys": rows}
        lengths = {argument: len(v) for argument, v in columns.items() if v is not None}
        if set(lengths.values()) != {len(images)}:
            raise ValueError(
                "`x` must have as many rows as the rest. "
                f"Received: {len(images)} pictures, {lengths}"
            )
        chosen = self._subset(subset, len(images))
        targets = None if y is None else np.asarray(y)
        if subset is not None and targets is not None and not ignore_class_split:
            cut = int(self.validation_split * len(images))
            if not np.array_equal(np.unique(targets[:cut]), np.unique(targets[cut:])):
                raise ValueError(
                    "`y` must have the same targets in both subsets; shuffle the rows first, or "
                    "pass ignore_class_split=True. Received: targets that one of them lacks"
                )
        kept = images[chosen]
        return ImageFlow(
            self._array_spec(images, name),
            rows[chosen],
            [f"picture {row}" for row in range(len(kept))],
            "an array",
            images=kept,
            targets=None if targets is None else list(targets[chosen]),
            class_mode=None if targets is None else "raw",
            weights=None if sample_weight is None else list(sample_weight)[chosen],
            **self._treatment(
                make_defaults(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
            ),
        )
