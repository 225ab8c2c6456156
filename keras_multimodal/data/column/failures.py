"""Rows of which some can't be loaded, in a graph that goes on all the same."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.types import Tensors

_THREADS = 8  # rows that are loaded at a time


def load_what_loads(
    load: Callable[..., Tensors],
    columns: Sequence[tf.Tensor],
    wanted: tf.Tensor,
    blank: Tensors,
) -> tuple[Tensors, tf.Tensor]:
    """Return rows loaded, with a blank in place of each that fails or is not wanted.

    Args:
        load: From a row's cells to tensors of known shapes; it may raise an error.
        columns: The cells of the rows, each `(batch, ...)`.
        wanted: Which rows are loaded, `(batch,)` bool.
        blank: What stands in for a row.

    Returns:
        The loaded rows, and which of them were loaded, `(batch,)` bool.
    """
    count = tf.shape(wanted, tf.int64)[0]

    def load_one(row: tf.Tensor, *cells: tf.Tensor) -> tuple[tf.Tensor, Tensors]:
        return row, tf.nest.map_structure(
            lambda tensor, like: tf.ensure_shape(tensor, like.shape), load(*cells), blank
        )

    # Nothing in a graph but a data set goes on behind an error. The blank comes first, so that
    # there is one element at least, and a place for the rows that are left out.
    chosen = tf.where(wanted)[:, 0]
    cells = [tf.gather(column, chosen) for column in columns]
    rows = tf.data.Dataset.from_tensor_slices((chosen, *cells))
    rows = rows.map(unconverted(load_one), num_parallel_calls=_THREADS, deterministic=True)
    first = tf.data.Dataset.from_tensors((tf.constant(-1, tf.int64), blank))
    whole = first.concatenate(rows.ignore_errors()).batch(count + 1)
    found, loaded = whole.get_single_element()
    found = found[1:]
    places = tf.scatter_nd(found[:, None], tf.range(1, tf.size(found) + 1), [count])
    return tf.nest.map_structure(lambda part: tf.gather(part, places), loaded), places > 0
