"""From paired streams to batches: read and decode row by row, all else batch by batch."""

import dataclasses
import hashlib
import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.epoch_order import epoch_order, epoch_size
from keras_multimodal.data.random_numbers import row_seeds
from keras_multimodal.data.row_reader import RowReader
from keras_multimodal.data.stream import Stream
from keras_multimodal.data.transform import by_name, mask_absent

Batch = Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batching:
    """How rows become batches; see `Records.batch` for what each of these means.

    Args:
        batch_size: Rows in a batch.
        training: Whether to augment.
        shuffle: Whether each epoch has an order of its own.
        balance: Whether each epoch has as many rows of every class.
        seed: Seed of the order and of the augmentation.
        drop_remainder: Whether to leave out the smaller batch at an epoch's end.
        num_parallel_calls: Rows decoded at a time.
        cache: Whether to decode every row once, beforehand, and keep it.
    """

    batch_size: int
    training: bool
    shuffle: bool
    balance: bool
    seed: int
    drop_remainder: bool
    num_parallel_calls: int
    cache: bool


def make_dataset(
    streams: Sequence[Stream],
    keys: Sequence[Hashable],
    row_ids: np.ndarray,
    labels: np.ndarray | None,
    weights: np.ndarray | None,
    options: Batching,
) -> tf.data.Dataset:
    """The batches of `Records.batch`; see there.

    Args:
        streams: Aligned streams.
        keys: The rows' keys, for error messages.
        row_ids: A number for each row that stays with it through splits; the seed of its changes.
        labels: `(rows,)` class numbers, or `None`.
        weights: `(rows,)` weights of the rows, or `None`.
        options: How rows become batches.
    """
    reader = RowReader(streams, keys, options.num_parallel_calls, options.training)
    balanced = labels if options.balance else None
    count = epoch_size(len(keys), balanced)
    ids = tf.constant(row_ids, tf.int64)
    targets = None if labels is None else tf.constant(labels, tf.int32)
    rows_weights = None if weights is None else tf.constant(weights, tf.float32)
    finishers = {
        stream.spec.name: stream.finisher(min(options.batch_size, count), options.training)
        for stream in streams
    }
    # Streams of one view draw alike, the others independently of each other.
    seeds = {stream.view: _view_seed(options.seed, stream.view) for stream in streams}

    def row_sources(epoch: tf.Tensor, row: tf.Tensor) -> dict[str, tuple[tf.Tensor, tf.Tensor]]:
        """By stream, the row that `row` stands for in this epoch, and the seed of its changes."""
        sources = {}
        for stream in streams:
            drawn = row_seeds(seeds[stream.view], epoch, tf.gather(ids, row)[None])[0]
            source = stream.source_row(row, drawn if options.training else None)
            sources[stream.spec.name] = (source, drawn)
        return sources

    def epoch_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = epoch_order(len(keys), balanced, options.shuffle, options.seed, epoch)
        rows = tf.data.Dataset.from_tensor_slices(order)
        rows = rows.map(lambda row: (epoch, row, row_sources(epoch, row)))
        return rows if options.cache else reader.read(rows, order)

    def finish(epoch: tf.Tensor, rows: tf.Tensor, loaded: dict[str, Any]) -> Batch:
        inputs = {}
        for stream in streams:
            spec = stream.spec
            drawn = row_seeds(seeds[stream.view], epoch, tf.gather(ids, rows))
            tensors = by_name(finishers[spec.name](loaded[spec.name], drawn), spec)
            if spec.optional:
                present = tf.gather(tf.constant(stream.present), rows)
                inputs[spec.present_name] = present
                tensors = mask_absent(tensors, present)
            inputs.update(tensors)
        if targets is None:
            return inputs
        batch = (inputs, tf.gather(targets, rows))
        return batch if rows_weights is None else (*batch, tf.gather(rows_weights, rows))

    cached = reader.read_all() if options.cache else {}

    def finish_cached(epoch: tf.Tensor, rows: tf.Tensor, sources: dict[str, Any]) -> Batch:
        return finish(epoch, rows, {name: cached[name](at) for name, (at, _) in sources.items()})

    with tf.device("CPU:0"):
        epochs = tf.Variable(-1, dtype=tf.int64, trainable=False, name="epochs_begun")
    dataset = tf.data.Dataset.from_tensors(0).map(lambda _: epochs.assign_add(1))
    dataset = dataset.flat_map(epoch_rows)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    dataset = dataset.batch(options.batch_size, drop_remainder=options.drop_remainder)
    dataset = dataset.map(
        finish_cached if options.cache else finish,
        num_parallel_calls=options.num_parallel_calls,
        deterministic=True,
    ).prefetch(2)
    settings = tf.data.Options()
    settings.autotune.enabled = False
    settings.deterministic = True
    return dataset.with_options(settings)


def available_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _view_seed(seed: int, view: str) -> int:
    digest = hashlib.blake2b(f"{seed}/{view}".encode("utf-8", "surrogatepass"), digest_size=4)
    return int.from_bytes(digest.digest(), "little")
