"""A column of features, as `cache_features` makes it."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import BatchFinisher, Column, RowLoader
from keras_multimodal.data.features.store import FeatureStore
from keras_multimodal.schema import Features


class FeatureColumn(Column):
    """Features by key: what `cache_features` puts in a modality's place.

    Args:
        spec: The features' description.
        keys: One key for each row.
        cells: What they were made of; an empty string is a row without.
        source: Where that comes from, for error messages.
        store: Where the features are.
        places: The place in the store of each row, -1 for a row without.

    Example:

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     store = FeatureStore(pathlib.Path(directory), length=2, dim=3)
    ...     store.write(["digest"], np.ones((1, 2, 3), "float32"), np.array([[True, False]]))
    ...     spec = Features(length=2, dim=3)
    ...     column = FeatureColumn(spec, ["a"], ["a.png"], "column 'file'", store, [0])
    ...     finish = column.batch_finisher(batch_size=1, training=False)
    ...     finish(tf.constant([0], tf.int64), None)["features_mask"].numpy().tolist()
    [[True, False]]
    """

    _columns: ClassVar[dict[str, Any]] = {"cells": "", "places": -1}
    spec: Features

    def __init__(
        self,
        spec: Features,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        store: FeatureStore,
        places: Sequence[int],
    ) -> None:
        super().__init__(spec, keys, cells, source)
        self.store = store
        self.places = np.asarray(places, "int64")

    def blank(self) -> tf.Tensor:
        """Return the place of a row without features."""
        return tf.constant(-1, tf.int64)

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row to its place in the store."""
        places = tf.constant(self.places)
        return lambda row: tf.gather(places, row)

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Read a batch's features; nothing about them is random."""
        spec, read_places = self.spec, self.store.read

        def finish(places: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
            tokens, mask = tf.numpy_function(read_places, [places], (tf.float32, tf.bool))
            return {
                spec.inner_name: tf.ensure_shape(tokens, (None, *spec.shape)),
                spec.mask_name: tf.ensure_shape(mask, (None, spec.length)),
            }

        return finish
