"""What every modality's preprocessing has in common."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import tensorflow as tf

from keras_multimodal.data.column.failures import load_what_loads
from keras_multimodal.data.column.status import Status, code, worst
from keras_multimodal.schema import Modality
from keras_multimodal.types import Cell, Tensor, Tensors

# What to do where a description has learned nothing.
HOW_TO_LEARN = (
    "`records.split(...)` does so, and `records.adapt()` where every row is a training row. New "
    "rows for a trained model take what it has learned: `pair(..., schema=train.schema)`."
)

_Spec = TypeVar("_Spec", bound=Modality)
# What `str.strip` takes for space.
_SPACE = r"[\s\x0b\x1c-\x1f\x{85}\p{Z}]*"


class Transform(tf.Module, Generic[_Spec]):
    """From one modality's raw cells to the tensors that the model sees: the one implementation.

    The pipeline calls `load` on each row and `finish` on each batch, so that a subclass can keep
    the first cheap and vectorise the second. `Preprocessor` calls the whole on a batch of raw
    cells, inside the exported model. A subclass whose cells are strings (encoded bytes, or text)
    writes

    - `load(cell)`: one row's cell, a scalar string, to a tensor of static shape, or a nest of them,
    - `blank()`: what `load` returns for a row without the modality,
    - `finish(loaded)`: a batch of those to the model's input.

    Others say with `raw_signature` what they take, and with `raw_present` which rows have it; their
    `load` and `load_batch` take that.

    A call fails where one cell can't be read. `serve` does not: it says of each cell what it is
    like. A `load` that raises an error is enough for that; `load_each` may say why, and
    `judge_batch` what there is to say of cells that are used.

    Args:
        spec: The modality's description, with its state.

    Call arguments:
        raw: By name, what `raw_signature` describes: for most modalities `(batch,)` strings. An
            empty string is an absent cell.

    Returns:
        The tensors of `spec.tensors` by name, each `(batch, *shape)`, without the presence flag;
        zeros in the rows whose cell is absent.

    Example:

    >>> import dataclasses
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Weight(Modality):
    ...     shape = ()
    >>> class WeightTransform(Transform):
    ...     def load(self, cell):
    ...         return tf.strings.to_number(cell)
    ...
    ...     def blank(self):
    ...         return tf.constant(0.0)
    ...
    ...     def finish(self, loaded):
    ...         return loaded / 1000
    >>> WeightTransform(Weight(name="kg"))({"kg": tf.constant(["500", ""])})["kg"].numpy().tolist()
    [0.5, 0.0]
    """

    def __init__(self, spec: _Spec) -> None:
        super().__init__(name=f"transform_{spec.inner_name}")
        self.spec = spec

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """Return what the exported model takes for this modality, by name."""
        return {self.spec.name: tf.TensorSpec([None], tf.string, name=self.spec.inner_name)}

    def raw_present(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return which rows have the modality, `(batch,)` bool."""
        return tf.not_equal(raw[self.spec.name], "")

    def load(self, cell: Cell) -> Tensors:
        """Return one row's cell, decoded; only work that cannot be batched belongs here."""
        raise NotImplementedError

    def blank(self) -> Tensors:
        """Return what `load` returns for a row without this modality."""
        raise NotImplementedError

    def finish(self, loaded: Tensors) -> Tensors:
        """Return a batch of loaded cells to the model's input, or to its inputs by name."""
        raise NotImplementedError

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> Tensors:
        """Return `load` of each row of the raw cells, `blank` where it is absent."""
        blank = self.blank()

        def load_or_blank(cell: tf.Tensor) -> Tensor:
            return tf.cond(tf.equal(cell, ""), lambda: blank, lambda: self.load(cell))

        signature = tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), blank)
        return tf.map_fn(load_or_blank, raw[self.spec.name], fn_output_signature=signature)

    def load_each(self, cells: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Return `load` of each cell, `blank` where there is none or it fails, and its `Status`.

        Args:
            cells: `(batch,)` strings.
        """
        there = tf.not_equal(cells, "")
        loaded, found = load_what_loads(self.load, [cells], there, self.blank())
        return loaded, code(there & tf.logical_not(found), Status.DAMAGED)

    def judge_batch(
        self, raw: Mapping[str, tf.Tensor], tensors: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Return the `Status` of cells that have been read, `(batch,)` int32.

        Args:
            raw: The raw cells.
            tensors: What has become of them, by name.
        """
        return tf.zeros_like(self.raw_present(raw), tf.int32)

    def serve(
        self, raw: Mapping[str, tf.Tensor]
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        """Preprocess a batch of raw cells, whatever they are.

        Args:
            raw: The raw cells.

        Returns:
            What a call returns, with zeros where a cell can't be read; which rows have a cell that
            is used, `(batch,)` bool; and each cell's `Status`, `(batch,)` int32.
        """
        used = there = self.raw_present(raw)
        status = code(tf.logical_not(there), Status.ABSENT)
        if type(self).load_batch is Transform.load_batch:
            loaded, found = self.load_each(raw[self.spec.name])
            used &= found < Status.UNKNOWN_FORMAT.value
            status = worst(status, found)
        else:
            loaded = self.load_batch(raw)
        tensors = mask_absent(by_name(self.finish(loaded), self.spec), used)
        return tensors, used, worst(status, self.judge_batch(raw, tensors))

    def __call__(self, raw: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Preprocess a batch of raw cells; see the class."""
        finished = by_name(self.finish(self.load_batch(raw)), self.spec)
        return mask_absent(finished, self.raw_present(raw))


def by_name(tensors: Tensors, spec: Modality) -> dict[str, tf.Tensor]:
    """Return a modality's tensors by name; a single one is the input named like the modality."""
    if not isinstance(tensors, dict):
        return {spec.inner_name: tensors}
    return {spec.inner_name if n == spec.name else n: each for n, each in tensors.items()}


def mask_absent(tensors: dict[str, tf.Tensor], present: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return tensors `(batch, ...)` with zeros in rows where `present`, `(batch,)`, is False."""

    def mask(values: tf.Tensor) -> tf.Tensor:
        flags = tf.reshape(present, [-1] + [1] * (values.shape.rank - 1))
        return tf.where(flags, values, tf.zeros([], values.dtype))

    return {name: mask(values) for name, values in tensors.items()}


def is_there(strings: tf.Tensor) -> tf.Tensor:
    """Return which strings hold more than space: `schema.missing_cells.is_missing`, in a graph."""
    return tf.logical_not(tf.strings.regex_full_match(strings, _SPACE))
