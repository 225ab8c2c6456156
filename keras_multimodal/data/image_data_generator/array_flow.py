"""A column of pictures that are in memory, as `ImageStream.flow` makes it."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import RowLoader
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.schema import Image


class ArrayFlow(ImageFlow):
    """Pictures of one size in an array.

    Args:
        spec: The pictures' description.
        keys: One key for each row.
        images: `(rows, height, width, channels)`, uint8 or a float dtype, in [0, 255].
        **options: Others of `ImageFlow`.

    Example:

    >>> from keras_multimodal.data import ImageStream
    >>> flow = ImageStream(rescale=1 / 255).flow(np.full((3, 8, 8, 1), 255, "uint8"))
    >>> float(tf.reduce_max(next(iter(flow.batch(2)))))
    1.0
    """

    reads_files = False
    # `take` finds the array's rows by these.
    _columns: ClassVar = {**ImageFlow._columns, "places": -1}

    def __init__(
        self, spec: Image, keys: Sequence[Hashable], images: np.ndarray, **options: Any
    ) -> None:
        cells = [f"picture {row}" for row in range(len(images))]
        super().__init__(spec, keys, cells, "an array", **options)
        self.images = images if images.dtype == np.uint8 else images.astype("float32")
        self.places = np.arange(len(images))

    def blank(self) -> tf.Tensor:
        """Zeros of the pictures' own dtype."""
        return tf.zeros(self.images.shape[1:], self.images.dtype)

    def content(self, row: int) -> bytes:
        """A row's picture."""
        return self.images[self.places[row]].tobytes()

    def row_loader(self) -> RowLoader:
        """The graph function from a row to its picture."""
        images = tf.constant(self.images)
        places = tf.constant(np.maximum(self.places, 0))
        return lambda row: tf.gather(images, tf.gather(places, row))
