"""Reading and decoding rows, one by one and in parallel, or all of them beforehand."""

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.column import Column, RandomRowLoader
from keras_multimodal.types import Tensor, Tensors

Sources = Mapping[str, tuple[tf.Tensor, tf.Tensor]]

_PART = 256  # rows held at a time while all are read
_NOWHERE = tf.int64.max


@dataclasses.dataclass(frozen=True)
class CachedRows:
    """The stand-in for a column's cells that have been decoded and kept.

    Args:
        load: The graph function from a row of the column's `source_column`, or -1, to what it
            loads.
        name: Returns the file that a row is kept in; the folder of all of them for `None`.
    """

    load: RandomRowLoader
    name: Callable[[int | None], str]


class RowReader:
    """Loads the cells of each row, and says which row it was if one cannot be read.

    Args:
        columns: Aligned columns.
        keys: The rows' keys, for error messages.
        num_parallel_calls: Rows read at a time.
        training: Whether rows are read for training, some of them differently in each epoch.
        cached: By column, what is read instead of its cells.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        keys: Sequence[Hashable],
        num_parallel_calls: int,
        training: bool = False,
        cached: Mapping[str, CachedRows] | None = None,
    ) -> None:
        self._columns = columns
        self._threads = num_parallel_calls
        self._loaders = {column.spec.name: _loader(column, training) for column in columns}
        cached = cached or {}
        self._loaders.update({name: rows.load for name, rows in cached.items()})
        files = [column for column in columns if column.reads_files]
        self._messages = tf.constant(
            [_message(files, key, row, cached) for row, key in enumerate(keys)]
        )

    def read(self, rows: tf.data.Dataset, count: int | tf.Tensor) -> tf.data.Dataset:
        """Load rows.

        Args:
            rows: `(place, epoch, group, row, sources)`: the row's place in its epoch, from 0 on,
                the epoch's number, anything, the row's number, and by column the row of its
                `source_column` and its seed.
            count: How many there are.

        Returns:
            `(place, epoch, group, row, seeds, loaded)` in that order, as many as there are rows;
            where one could not be read, its place holds the one behind it, which `check` finds.
            Behind the last, places and epochs are `count` and -1.
        """

        def load(
            place: tf.Tensor, epoch: tf.Tensor, group: tf.Tensor, row: tf.Tensor, sources: Sources
        ) -> Tensors:
            seeds = {name: seed for name, (_, seed) in sources.items()}
            loaded = {name: loader(*sources[name]) for name, loader in self._loaders.items()}
            return place, epoch, group, row, seeds, loaded

        loaded = rows.map(unconverted(load), num_parallel_calls=self._threads, deterministic=True)
        # A decoder's error says neither which file nor which row. So a row that fails is left out
        # here, and the next one, or a sentinel behind the last, is found in the wrong place.
        spec = loaded.element_spec
        sentinel = tf.nest.map_structure(lambda s: tf.zeros(s.shape, s.dtype), spec[2:])
        place, epoch = tf.cast(count, tf.int64), tf.constant(-1, tf.int64)
        sentinels = tf.data.Dataset.from_tensors((place, epoch, *sentinel)).repeat(count)
        return loaded.ignore_errors().concatenate(sentinels).take(count)

    def check(
        self, places: tf.Tensor, first: tf.Tensor, order: Callable[[], tf.Tensor]
    ) -> tf.Operation:
        """Return an error that names the first row which could not be read, if there is any.

        Args:
            places: What `read` gave, `(batch,)`, in its order.
            first: The place that the batch's first row should have, an int64 scalar.
            order: Makes the numbers of the epoch's rows, `(rows,)`, where one has to be named.
        """
        expected = first + tf.range(tf.shape(places, tf.int64)[0])
        lost = tf.reduce_min(tf.where(places == expected, _NOWHERE, expected))
        found = tf.equal(lost, _NOWHERE)
        message = tf.cond(
            found, lambda: tf.constant(""), lambda: tf.gather(self._messages, order()[lost])
        )
        return tf.debugging.Assert(found, [message])

    def read_all(self) -> dict[str, Callable[[tf.Tensor], Any]]:
        """Load every source row once, now.

        Returns:
            By column, the function from source rows `(batch,)` to their loaded tensors.

        Raises:
            tf.errors.InvalidArgumentError: If a row cannot be read; the message names it.
        """
        return {column.spec.name: self._read_column(column) for column in self._columns}

    def _read_column(self, column: Column) -> Callable[[tf.Tensor], Any]:
        source = column.source_column
        parts = list(source_rows(source, self._threads))
        if not parts:  # no row has it
            parts = [tf.nest.map_structure(lambda tensor: tensor[None], column.blank())]
        with tf.device("CPU:0"):
            whole = tf.nest.map_structure(lambda *tensors: tf.concat(tensors, 0), *parts)
        if source is column:
            return lambda sources: tf.nest.map_structure(lambda t: tf.gather(t, sources), whole)
        blank = column.blank()

        def gather(sources: tf.Tensor) -> Tensor:
            def pick(tensor: tf.Tensor, absent: tf.Tensor) -> tf.Tensor:
                there = tf.reshape(sources >= 0, [-1] + [1] * absent.shape.rank)
                return tf.where(there, tf.gather(tensor, tf.maximum(sources, 0)), absent)

            return tf.nest.map_structure(pick, whole, blank)

        return gather


def source_rows(column: Column, threads: int) -> Iterator[Any]:
    """Load every row of a column once, in its order, some of them at a time.

    Args:
        column: A column that is its own `source_column`.
        threads: Rows read at a time.

    Yields:
        What its loader makes of up to 256 rows, with a batch axis.

    Raises:
        tf.errors.InvalidArgumentError: If a row cannot be read; the message names it.
    """
    reader = RowReader([column], column.keys, threads)
    order, zeros = tf.range(len(column), dtype=tf.int64), tf.zeros([len(column)], tf.int64)
    sources = {column.spec.name: (order, tf.cast(zeros, tf.uint32))}
    rows = tf.data.Dataset.from_tensor_slices((order, zeros, zeros, order, sources))
    first = 0
    for places, *_, loaded in reader.read(rows, len(column)).batch(_PART):
        reader.check(places, tf.constant(first, tf.int64), lambda: order)
        first += len(places)
        yield loaded[column.spec.name]


def _loader(column: Column, training: bool) -> RandomRowLoader:
    """Return the column's loader by source row and seed, and what is blank where there is none."""
    load, blank = column.random_row_loader() if training else None, column.blank()
    if load is not None:
        load = converted(load)
    else:
        plain = converted(column.row_loader())

        def load(row: tf.Tensor, seed: tf.Tensor) -> Tensors:
            return plain(row)

    if column.present.all():
        return load
    return lambda row, seed: tf.cond(row < 0, lambda: blank, lambda: load(row, seed))


def _message(
    files: Sequence[Column], key: Hashable, row: int, cached: Mapping[str, CachedRows]
) -> str:
    """Return a message about a row, without quotes: TensorFlow puts a backslash before each."""
    names, remedy = [], "`records.verify()` says what is wrong with each row that cannot be read."
    for column in files:
        name, kept = column.spec.name, cached.get(column.spec.name)
        if kept is None:
            names.append(f"{name} from {column.cell_name(row)}")
        else:
            known = row if column.source_column is column and column.present[row] else None
            names.append(f"{name} from its cache, {kept.name(known)}")
            remedy = "What is kept there is damaged: remove its folder, and its rows are made anew."
    return f"Row {key} could not be read: {', '.join(names)}. {remedy}"
