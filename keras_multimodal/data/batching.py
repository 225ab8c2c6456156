"""From paired streams to batches: read and decode row by row, all else batch by batch."""

import os
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.random_numbers import row_seeds
from keras_multimodal.data.stream import Stream
from keras_multimodal.data.transform import by_name, mask_absent

Batch = Any


def make_dataset(
    streams: Sequence[Stream],
    keys: Sequence[Hashable],
    row_ids: np.ndarray,
    labels: np.ndarray | None,
    *,
    batch_size: int,
    training: bool,
    shuffle: bool,
    seed: int,
    drop_remainder: bool,
    num_parallel_calls: int | None,
) -> tf.data.Dataset:
    """The batches of `Records.batch`; see there.

    Args:
        streams: Aligned streams.
        keys: The rows' keys, for error messages.
        row_ids: A number for each row that stays with it through splits; the seed of its changes.
        labels: `(rows,)` class numbers, or `None`.
        batch_size: Rows in a batch.
        training: Whether to augment.
        shuffle: Whether each epoch has an order of its own.
        seed: Seed of the order and of the augmentation.
        drop_remainder: Whether to leave out the smaller batch at an epoch's end.
        num_parallel_calls: Rows decoded at a time; the number of cores plus one by default.
    """
    # A fixed number: tf.data's own tuning stalls at the end of short epochs.
    threads = num_parallel_calls or _cores() + 1
    count = len(keys)
    loaders = {stream.spec.name: stream.row_loader() for stream in streams}
    finishers = {
        stream.spec.name: stream.finisher(min(batch_size, count), training) for stream in streams
    }
    files = [stream for stream in streams if stream.reads_files]
    descriptions = tf.constant([_describe(files, keys, row) for row in range(count)])
    ids = tf.constant(row_ids, tf.int64)
    targets = None if labels is None else tf.constant(labels, tf.int32)

    def load(place: tf.Tensor, row: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return place, row, {name: loader(row) for name, loader in loaders.items()}

    def epoch_rows(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.range(count, dtype=tf.int64)
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, seed=[seed, epoch])

        def check(expected: tf.Tensor, element: Any) -> Any:
            place, row, loaded = element
            lost = tf.gather(descriptions, tf.gather(order, expected))
            assertion = tf.debugging.Assert(tf.equal(place, expected), [lost])
            with tf.control_dependencies([assertion]):
                return tf.identity(epoch), tf.identity(row), loaded

        rows = tf.data.Dataset.from_tensor_slices(order).enumerate()
        loaded = rows.map(load, num_parallel_calls=threads, deterministic=True)
        # A decoder's error says neither which file nor which row. So a row that fails is left out
        # here, and the next one, or the sentinel behind the last, is found in the wrong place.
        spec = loaded.element_spec
        sentinel = tf.nest.map_structure(lambda s: tf.zeros(s.shape, s.dtype), spec[1:])
        sentinel = tf.data.Dataset.from_tensors((tf.constant(count, tf.int64), *sentinel))
        guarded = loaded.ignore_errors().concatenate(sentinel)
        return guarded.take(count).enumerate().map(check)

    def finish(epoch: tf.Tensor, rows: tf.Tensor, loaded: dict[str, tf.Tensor]) -> Batch:
        seeds = row_seeds(seed, epoch, tf.gather(ids, rows))
        inputs = {}
        for stream in streams:
            spec = stream.spec
            tensors = by_name(finishers[spec.name](loaded[spec.name], seeds), spec)
            if spec.optional:
                present = tf.gather(tf.constant(stream.present), rows)
                inputs[spec.present_name] = present
                tensors = mask_absent(tensors, present)
            inputs.update(tensors)
        return inputs if targets is None else (inputs, tf.gather(targets, rows))

    with tf.device("CPU:0"):
        epochs = tf.Variable(-1, dtype=tf.int64, trainable=False, name="epochs_begun")
    dataset = tf.data.Dataset.from_tensors(0).map(lambda _: epochs.assign_add(1))
    dataset = dataset.flat_map(epoch_rows)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    dataset = dataset.batch(batch_size, drop_remainder=drop_remainder)
    dataset = dataset.map(finish, num_parallel_calls=threads, deterministic=True).prefetch(2)
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    return dataset.with_options(options)


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _describe(files: Sequence[Stream], keys: Sequence[Hashable], row: int) -> str:
    """A message about a row, without quotes: TensorFlow would put a backslash before each."""
    cells = ", ".join(f"{stream.spec.name} from {stream.cells[row]}" for stream in files)
    return (
        f"Row {keys[row]} could not be read: {cells}. "
        "`records.verify()` says what is wrong with each row that cannot be read."
    )
