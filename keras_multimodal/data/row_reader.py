"""Reading and decoding rows, one by one and in parallel, or all of them beforehand."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import tensorflow as tf

from keras_multimodal.data.stream import RandomRowLoader, Stream

_PART = 256  # rows kept at a time while all are read


class RowReader:
    """Loads the cells of each row, and says which row it was if one cannot be read.

    Args:
        streams: Aligned streams.
        keys: The rows' keys, for error messages.
        num_parallel_calls: Rows read at a time.
        training: Whether rows are read for training, some of them differently in each epoch.
    """

    def __init__(
        self,
        streams: Sequence[Stream],
        keys: Sequence[Hashable],
        num_parallel_calls: int,
        training: bool = False,
    ) -> None:
        self._streams = streams
        self._threads = num_parallel_calls
        self._loaders = {stream.spec.name: _loader(stream, training) for stream in streams}
        files = [stream for stream in streams if stream.reads_files]
        self._messages = tf.constant([_message(files, key, row) for row, key in enumerate(keys)])

    def read(self, rows: tf.data.Dataset, order: tf.Tensor) -> tf.data.Dataset:
        """Load rows.

        Args:
            rows: `(epoch, row, sources)`: the row's number and, by stream, its source's and the
                row's seed in this epoch.
            order: The numbers of the rows, `(rows,)`.

        Returns:
            `(epoch, row, loaded)`, in the order that came.

        Raises:
            tf.errors.InvalidArgumentError: From the iterator; the message names the row.
        """
        count = tf.shape(order, tf.int64)[0]

        def load(place: tf.Tensor, element: Any) -> Any:
            epoch, row, sources = element
            return place, epoch, row, self._load(sources)

        def check(expected: tf.Tensor, element: Any) -> Any:
            place, *loaded = element
            lost = tf.gather(self._messages, tf.gather(order, expected))
            assertion = tf.debugging.Assert(tf.equal(place, expected), [lost])
            with tf.control_dependencies([assertion]):
                return tuple(tf.nest.map_structure(tf.identity, part) for part in loaded)

        loaded = rows.enumerate().map(load, num_parallel_calls=self._threads, deterministic=True)
        # A decoder's error says neither which file nor which row. So a row that fails is left out
        # here, and the next one, or the sentinel behind the last, is found in the wrong place.
        spec = loaded.element_spec
        sentinel = tf.nest.map_structure(lambda s: tf.zeros(s.shape, s.dtype), spec[1:])
        sentinel = tf.data.Dataset.from_tensors((count, *sentinel))
        guarded = loaded.ignore_errors().concatenate(sentinel)
        return guarded.take(count).enumerate().map(check)

    def read_all(self) -> dict[str, Callable[[tf.Tensor], Any]]:
        """Load every source row once, now.

        Returns:
            By stream, the function from source rows `(batch,)` to their loaded tensors.

        Raises:
            tf.errors.InvalidArgumentError: If a row cannot be read; the message names it.
        """
        return {stream.spec.name: self._read_stream(stream) for stream in self._streams}

    def _read_stream(self, stream: Stream) -> Callable[[tf.Tensor], Any]:
        name, source = stream.spec.name, stream.source_stream
        order = tf.range(len(source), dtype=tf.int64)
        rows = tf.data.Dataset.from_tensor_slices(order)
        rows = rows.map(
            lambda row: (tf.constant(0, tf.int64), row, {name: (row, tf.constant(0, tf.uint32))})
        )
        reader = RowReader([source], source.keys, self._threads)
        parts = [loaded[name] for _, _, loaded in reader.read(rows, order).batch(_PART)]
        with tf.device("CPU:0"):
            kept = tf.nest.map_structure(lambda *tensors: tf.concat(tensors, 0), *parts)
        if source is stream:
            return lambda sources: tf.nest.map_structure(lambda t: tf.gather(t, sources), kept)
        blank = stream.blank()

        def gather(sources: tf.Tensor) -> Any:
            def pick(tensor: tf.Tensor, absent: tf.Tensor) -> tf.Tensor:
                there = tf.reshape(sources >= 0, [-1] + [1] * absent.shape.rank)
                return tf.where(there, tf.gather(tensor, tf.maximum(sources, 0)), absent)

            return tf.nest.map_structure(pick, kept, blank)

        return gather

    def _load(self, sources: dict[str, tuple[tf.Tensor, tf.Tensor]]) -> dict[str, Any]:
        return {name: loader(*sources[name]) for name, loader in self._loaders.items()}


def _loader(stream: Stream, training: bool) -> RandomRowLoader:
    """The stream's loader by source row and seed, and what is blank where there is none."""
    load, blank = stream.random_row_loader() if training else None, stream.blank()
    if load is None:
        plain = stream.row_loader()

        def load(row: tf.Tensor, seed: tf.Tensor) -> Any:
            return plain(row)

    if stream.present.all():
        return load
    return lambda row, seed: tf.cond(row < 0, lambda: blank, lambda: load(row, seed))


def _message(files: Sequence[Stream], key: Hashable, row: int) -> str:
    """A message about a row, without quotes: TensorFlow would put a backslash before each."""
    cells = ", ".join(f"{stream.spec.name} from {stream.cells[row]}" for stream in files)
    return (
        f"Row {key} could not be read: {cells}. "
        "`records.verify()` says what is wrong with each row that cannot be read."
    )
