"""Single batches of pictures, in any order."""

from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.column.autograph import converted
from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.pipeline.dataset import available_cores, view_seed
from keras_multimodal.data.pipeline.row_reader import RowReader

_INTEGERS = tf.TensorSpec((None,), tf.int64)
_NUMBER = tf.TensorSpec((), tf.int64)


def batch_reader(
    column: ImageColumn, batch_size: int, seed: int
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a function from rows and an epoch to the pictures that training sees of them.

    They are those of `Records.batch`, bit for bit. It is traced once, whichever rows are asked for.

    Args:
        column: The pictures, one in each row.
        batch_size: The largest batch there will be.
        seed: Seed of the random changes.

    Returns:
        A function of the rows' numbers, `(batch,)` int64, and of the epoch's, an int64 scalar.
    """
    threads, name = available_cores(), column.spec.name
    reader = RowReader([column], column.keys, threads, training=True)
    finish = converted(column.batch_finisher(batch_size, training=True))
    base = view_seed(seed, column.view)

    def read(rows: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
        count = tf.shape(rows, tf.int64)[0]
        seeds = row_seeds(base, epoch, rows)
        places, epochs = tf.range(count), tf.fill([count], epoch)
        planned = (places, epochs, tf.zeros_like(rows), rows, {name: (rows, seeds)})
        wanted = tf.data.Dataset.from_tensor_slices(planned)
        found, *_, loaded = reader.read(wanted, count).batch(count).get_single_element()
        with tf.control_dependencies([reader.check(found, tf.zeros([], tf.int64), lambda: rows)]):
            loaded = tf.nest.map_structure(tf.identity, loaded[name])
        return finish(loaded, seeds)

    traced = tf.function(read, input_signature=(_INTEGERS, _NUMBER), autograph=False)
    concrete: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = traced.get_concrete_function()
    return concrete
