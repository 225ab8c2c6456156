"""Batches of rows of like length, cut to that length."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.sampled_column import SampledColumn
from keras_multimodal.data.column.transform import by_name
from keras_multimodal.data.pipeline.row_reader import Sources, source_rows
from keras_multimodal.schema import Modality

_LEAST = 2**31 - 1


class Buckets:
    """Puts rows of like length into a batch together; without lengths, any rows.

    Args:
        columns: Aligned columns.
        lengths: By modality, the lengths to which batches may be cut, below the whole length.
        threads: Rows read at a time: every row of these modalities is read once, now.

    Raises:
        ValueError: If a modality has no length, or a length is out of range.
    """

    def __init__(
        self, columns: Sequence[Column], lengths: Mapping[str, Sequence[int]], threads: int
    ) -> None:
        self._threads = threads
        by_modality = {column.spec.name: column for column in columns}
        for name, edges in lengths.items():
            _check(name, edges, by_modality)
        self._edges = {
            name: tf.constant([*edges, by_modality[name].spec.shape[0]])
            for name, edges in lengths.items()
        }
        self._columns = [by_modality[name] for name in lengths]
        # By row of the source column: the number of the bucket that its length needs.
        self._needed = {
            column.spec.name: np.searchsorted(
                self._edges[column.spec.name], _lengths(column, threads)
            )
            for column in self._columns
        }

    def __bool__(self) -> bool:
        return bool(self._columns)

    def groups(self, sources: Sources, count: int) -> tf.Tensor:
        """Return a number for each row, `(count,)` int64: alike where lengths share their buckets.

        Args:
            sources: By column, the rows of its `source_column` and their seeds, each `(count,)`.
            count: How many rows there are.
        """
        groups = tf.zeros([count], tf.int64)
        for name, needed in self._needed.items():
            at = sources[name][0]
            bucket = tf.gather(tf.constant(needed, tf.int64), tf.maximum(at, 0))
            # A row without the modality fits into the shortest.
            bucket = tf.where(at < 0, tf.zeros_like(bucket), bucket)
            groups = groups * len(self._edges[name]) + bucket
        return groups

    def batch(
        self, rows: tf.data.Dataset, batch_size: int, drop_remainder: bool
    ) -> tf.data.Dataset:
        """Return batches of rows of one group each; without lengths, of any rows.

        Args:
            rows: Tuples whose third part is the row's group.
            batch_size: Rows in a batch.
            drop_remainder: Whether to leave out smaller batches, of which each group may have one.
        """
        if not self:
            return rows.batch(
                batch_size, drop_remainder, num_parallel_calls=self._threads, deterministic=True
            )
        return rows.group_by_window(
            unconverted(lambda place, epoch, group, *_: group),
            unconverted(lambda _, window: window.batch(batch_size, drop_remainder)),
            window_size=batch_size,
        )

    def count(self, rows: int, batch_size: int, drop_remainder: bool, varying: bool) -> int | None:
        """Return how many batches an epoch has; `None` where that differs from epoch to epoch.

        Args:
            rows: How many rows an epoch has.
            batch_size: Rows in a batch.
            drop_remainder: Whether smaller batches are left out.
            varying: Whether epochs differ in their rows.
        """
        sizes = np.array([rows])
        if self:
            if varying or any(isinstance(column, SampledColumn) for column in self._columns):
                return None
            groups = np.stack(list(self._needed.values()))
            sizes = np.unique(groups, axis=1, return_counts=True)[1]
        return int((sizes // batch_size if drop_remainder else -(-sizes // batch_size)).sum())

    def trim(self, tensors: dict[str, tf.Tensor], spec: Modality) -> dict[str, tf.Tensor]:
        """Return a modality's tensors, cut to the shortest length that keeps all that is real."""
        if spec.name not in self._edges:
            return tensors
        edges = self._edges[spec.name]
        longest = tf.reduce_max(real_length(tensors, spec))
        length = tf.reduce_min(tf.where(edges >= longest, edges, _LEAST))
        return {name: values[:, :length] for name, values in tensors.items()}


def real_length(tensors: Mapping[str, tf.Tensor], spec: Modality) -> tf.Tensor:
    """Return the place behind each row's last real step, `(batch,)` int32; 0 where none is."""
    mask = tensors[spec.mask_name] if spec.masked else tf.not_equal(tensors[spec.inner_name], 0)
    steps = tf.range(1, spec.shape[0] + 1)
    return tf.reduce_max(tf.where(mask, steps, 0), axis=1)


def _lengths(column: Column, threads: int) -> np.ndarray:
    source = column.source_column
    finish = source.batch_finisher(1, training=False)
    found = []
    for loaded in source_rows(source, threads):
        count = tf.shape(tf.nest.flatten(loaded)[0])[0]
        tensors = by_name(finish(loaded, tf.zeros([count], tf.uint32)), source.spec)
        found.append(real_length(tensors, source.spec).numpy())
    return np.concatenate(found) if found else np.zeros(1, int)


def _check(name: str, lengths: Sequence[int], columns: Mapping[str, Any]) -> None:
    sequential = [each for each, column in columns.items() if column.spec.sequential]
    if name not in sequential:
        raise ValueError(
            f"`buckets` must name modalities that have a length, among {sequential}. "
            f"Received: {name!r}"
        )
    whole = columns[name].spec.shape[0]
    edges = [0, *lengths, whole]
    if not lengths or any(low >= high for low, high in itertools.pairwise(edges)):
        raise ValueError(
            f"`buckets` must give rising lengths between 0 and the whole length of {name!r}, "
            f"{whole}, which is the last bucket by itself. Received: {list(lengths)}"
        )
