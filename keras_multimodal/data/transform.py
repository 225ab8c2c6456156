"""What every modality's preprocessing has in common."""

from typing import Generic, TypeVar

import tensorflow as tf

from keras_multimodal.schema import Modality

_Spec = TypeVar("_Spec", bound=Modality)


class Transform(tf.Module, Generic[_Spec]):
    """From one modality's raw cells to the tensor that the model sees: the one implementation.

    The pipeline calls `load` on each row and `finish` on each batch, so that a subclass can keep
    the first cheap and vectorise the second. `Preprocessor` calls the whole on a batch of raw
    cells, inside the exported model. A subclass writes:

    - `load(cell)`: one row's cell, a scalar string tensor, to a tensor of static shape,
    - `finish(loaded)`: a batch of those to the model's input.

    Args:
        spec: The modality's description, with its state.

    Call arguments:
        cells: `(batch,)` strings: encoded bytes, or text. An empty string is an absent cell.

    Returns:
        `(batch, *spec.shape)` of `spec.dtype`; zeros in the rows whose cell is absent.
    """

    def __init__(self, spec: _Spec) -> None:
        super().__init__(name=f"{spec.name}_transform")
        self.spec = spec

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """One row's cell, decoded; per-row work belongs here only if it cannot be batched."""
        raise NotImplementedError

    def blank(self) -> tf.Tensor:
        """What `load` returns for a row without this modality."""
        raise NotImplementedError

    def finish(self, loaded: tf.Tensor) -> tf.Tensor:
        """A batch of loaded cells to the model's input."""
        raise NotImplementedError

    def load_batch(self, cells: tf.Tensor) -> tf.Tensor:
        """`load` on each of `(batch,)` cells, `blank` where the cell is empty."""
        blank = self.blank()

        def load_or_blank(cell: tf.Tensor) -> tf.Tensor:
            return tf.cond(tf.equal(cell, ""), lambda: blank, lambda: self.load(cell))

        return tf.map_fn(
            load_or_blank, cells, fn_output_signature=tf.TensorSpec(blank.shape, blank.dtype)
        )

    def __call__(self, cells: tf.Tensor) -> tf.Tensor:
        """Preprocess a batch of raw cells; see the class."""
        return mask_absent(self.finish(self.load_batch(cells)), tf.not_equal(cells, ""))


def mask_absent(values: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """Zeros in the rows of `values`, `(batch, ...)`, where `present`, `(batch,)`, is False."""
    present = tf.reshape(present, [-1] + [1] * (values.shape.rank - 1))
    return tf.where(present, values, tf.zeros([], values.dtype))
