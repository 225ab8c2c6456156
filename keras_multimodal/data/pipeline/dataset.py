"""From paired columns to batches: read and decode row by row, all else batch by batch."""

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.column.transform import by_name, mask_absent
from keras_multimodal.data.pipeline.buckets import Buckets
from keras_multimodal.data.pipeline.disk_cache import cache_on_disk
from keras_multimodal.data.pipeline.epoch_order import epoch_order, epoch_size
from keras_multimodal.data.pipeline.one_hot import one_hot_encoder, one_hot_widths
from keras_multimodal.data.pipeline.paired_rows import PairedRows
from keras_multimodal.data.pipeline.row_reader import RowReader
from keras_multimodal.types import Tensor

Batch = Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batching:
    """The options of `Records.batch`; see there for what each of these means.

    Args:
        batch_size: Rows in a batch.
        training: Whether to augment.
        shuffle: Whether each epoch has an order of its own.
        balance: Whether each epoch has as many rows of every class.
        seed: Seed of the order and of the augmentation.
        drop_remainder: Whether to leave out the smaller batch at an epoch's end.
        num_parallel_calls: Rows decoded at a time.
        cache: Whether to decode every row once, beforehand, and keep it; or the folder to keep it
            in.
        buckets: By modality, the lengths to which batches are cut.
        initial_epoch: The number of the first epoch.
        one_hot: Whether a class is a one among zeros, and not a number.
    """

    batch_size: int
    training: bool
    shuffle: bool
    balance: bool
    seed: int
    drop_remainder: bool
    num_parallel_calls: int
    cache: bool | str
    buckets: Mapping[str, tuple[int, ...]]
    initial_epoch: int
    one_hot: bool


def check_batching(options: Batching, paired: PairedRows) -> None:
    """Refuse options that do not go together with the rows.

    Args:
        options: How rows are to become batches.
        paired: The rows.
    """
    if options.batch_size < 1:
        raise ValueError(
            f"`batch_size` must be at least 1. Received: batch_size={options.batch_size}"
        )
    if options.initial_epoch < 0:
        raise ValueError(
            f"`initial_epoch` must be at least 0. Received: initial_epoch={options.initial_epoch}"
        )
    if options.balance and paired.targets.class_numbers is None:
        raise ValueError(
            "`balance` must go with labels, one class for each row, and no other target. "
            f"Received: balance=True and target={paired.targets.spec}"
        )
    if options.one_hot and not one_hot_widths(paired.targets.specs):
        raise ValueError(
            "`one_hot` must go with labels, one class for each row. "
            f"Received: one_hot=True and target={paired.targets.spec}"
        )
    if options.cache and options.training:
        random = [c.spec.name for c in paired.columns if c.random_row_loader() is not None]
        if random:
            raise ValueError(
                "`cache` must go without `random_crop`: pictures are cut as they are read, and "
                f"there is nothing to keep. Received: cache=True with {random}. Shifts and "
                "zoom go with it."
            )


def make_dataset(paired: PairedRows, options: Batching) -> tf.data.Dataset:
    """Return the batches of `Records.batch`; see there.

    Args:
        paired: The rows.
        options: How rows become batches.
    """
    columns, keys = paired.columns, paired.keys
    threads = options.num_parallel_calls
    cached = {}
    if isinstance(options.cache, str):
        cached = cache_on_disk(columns, options.cache, threads)
    reader = RowReader(columns, keys, threads, options.training, cached)
    in_memory = reader.read_all() if options.cache is True else {}
    balanced = paired.targets.class_numbers if options.balance else None
    count = epoch_size(len(keys), balanced)
    ids = tf.constant(paired.ids, tf.int64)
    feed = paired.targets.feed(paired.weights)
    labels, row_weights, more_inputs = (
        None if entries is None else tf.nest.map_structure(tf.constant, entries)
        for entries in (feed.labels, feed.weights, feed.inputs)
    )
    encode = one_hot_encoder(paired.targets.specs if options.one_hot else ())
    finishers = {
        column.spec.name: converted(
            column.batch_finisher(min(options.batch_size, count), options.training)
        )
        for column in columns
    }
    source_rows = {column.spec.name: converted(column.source_rows) for column in columns}
    buckets = Buckets(columns, options.buckets, options.num_parallel_calls)
    view_seeds = {column.view: view_seed(options.seed, column.view) for column in columns}

    def gather(entries: Any, rows: tf.Tensor) -> Tensor:
        return tf.nest.map_structure(lambda entry: tf.gather(entry, rows), entries)

    def finish(rows: tf.Tensor, seeds: dict[str, tf.Tensor], loaded: dict[str, Any]) -> Batch:
        inputs = {}
        for column in columns:
            spec = column.spec
            tensors = by_name(finishers[spec.name](loaded[spec.name], seeds[spec.name]), spec)
            if spec.optional:
                present = tf.gather(tf.constant(column.present), rows)
                inputs[spec.present_name] = present
                tensors = mask_absent(tensors, present)
            inputs.update(buckets.trim(tensors, spec))
        inputs.update(gather(more_inputs, rows))
        if labels is None:
            return inputs
        batch = (inputs, encode(gather(labels, rows)))
        return batch if row_weights is None else (*batch, gather(row_weights, rows))

    with tf.device("CPU:0"):
        begun = options.initial_epoch - 1
        epochs = tf.Variable(begun, dtype=tf.int64, trainable=False, name="epochs_begun")

    def order_of(epoch: tf.Tensor) -> tf.Tensor:
        return epoch_order(len(keys), balanced, options.shuffle, options.seed, epoch)

    def plan(_: tf.Tensor) -> Any:
        """Return what `RowReader.read` takes, for all rows of the next epoch at once.

        Done row by row, it would take longer than decoding them.
        """
        epoch = epochs.assign_add(1)
        order = order_of(epoch)
        sources = {}
        for column in columns:
            seeds = row_seeds(view_seeds[column.view], epoch, tf.gather(ids, order))
            rows = source_rows[column.spec.name](order, seeds if options.training else None)
            sources[column.spec.name] = (rows, seeds)
        places = tf.range(count, dtype=tf.int64)
        return places, tf.fill([count], epoch), buckets.groups(sources, count), order, sources

    def check(number: tf.Tensor, element: Any) -> Any:
        places, row_epochs, *rest = element
        first = number if buckets else number * options.batch_size
        batch_epoch = tf.reduce_max(row_epochs)

        def order() -> tf.Tensor:
            # Where not a single row of a batch could be read, nothing says which epoch it is of.
            return order_of(tf.where(batch_epoch < 0, epochs.read_value(), batch_epoch))

        with tf.control_dependencies([reader.check(tf.reshape(places, [-1]), first, order)]):
            return tf.nest.map_structure(tf.identity, (places, row_epochs, *rest))

    def finish_batch(number: tf.Tensor, batch: Any) -> Batch:
        if in_memory:
            *_, rows, sources = batch
            seeds = {name: seeds for name, (_, seeds) in sources.items()}
            loaded = {name: in_memory[name](at) for name, (at, _) in sources.items()}
            return finish(rows, seeds, loaded)
        *_, rows, seeds, loaded = batch if buckets else check(number, batch)
        return finish(rows, seeds, loaded)

    # The maps stay outside of `flat_map`: within it, each epoch would begin by instantiating them
    # once more, which takes as long as reading some hundred rows.
    rows = tf.data.Dataset.from_tensors(0).map(unconverted(plan)).unbatch()
    if not in_memory:
        rows = reader.read(rows, count)
        if buckets:  # before they are put together in another order
            rows = rows.enumerate().map(unconverted(check))
    dataset = buckets.batch(rows, options.batch_size, options.drop_remainder).enumerate()
    dataset = dataset.map(
        unconverted(finish_batch),
        num_parallel_calls=options.num_parallel_calls,
        deterministic=True,
    ).prefetch(2)
    batches = buckets.count(
        count, options.batch_size, options.drop_remainder, varying=balanced is not None
    )
    if batches is not None:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(batches))
    settings = tf.data.Options()
    settings.autotune.enabled = False
    settings.deterministic = True
    return dataset.with_options(settings)


def available_cores() -> int:
    """Return the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def view_seed(seed: int, view: str) -> int:
    """Return the seed of a view's random changes.

    Args:
        seed: The pipeline's seed.
        view: `column.view`; columns of one view draw alike, the others independently of each other.
    """
    digest = hashlib.blake2b(f"{seed}/{view}".encode("utf-8", "surrogatepass"), digest_size=4)
    return int.from_bytes(digest.digest(), "little")
