"""Tables: a row's numbers and categories to tensors and a mask.

The one implementation. The pipeline calls it on each batch; the exported model on what it is sent.
"""

from collections.abc import Mapping

import keras
import tensorflow as tf

from keras_multimodal._inner_names import inner_name
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.scaling import smooth_clip, standardize
from keras_multimodal.data.column.status import FAR, Status, code, worst
from keras_multimodal.data.column.transform import HOW_TO_LEARN, Transform, is_there
from keras_multimodal.schema import Tabular

Cells = dict[str, tf.Tensor]


@register_transform("table")
class TableTransform(Transform[Tabular]):
    """Turns a row's cells into standardised numbers, ids of categories, and which cells are there.

    The exported model takes one `(batch,)` tensor for each column, by the column's name: float32
    for a number, or float64 if its description says so, NaN where it is missing; a string for a
    category, empty where it is missing. Infinite numbers count as missing.

    Raises:
        ValueError: If the description lacks its statistics or categories.
    """

    def __init__(self, spec: Tabular) -> None:
        super().__init__(spec)
        self._dtype = tf.float64 if spec.float64 else tf.float32
        if len(spec.mean) < len(spec.numeric) or len(spec.categories) < len(spec.categorical):
            raise ValueError(
                f"Table {spec.name!r} has learned nothing yet. Learn on the training rows: "
                f"{HOW_TO_LEARN}"
            )
        self.lookups = [
            keras.layers.StringLookup(
                vocabulary=list(categories),
                num_oov_indices=1,
                mask_token="",
                name=f"lookup_{inner_name(name)}",
            )
            for name, categories in zip(spec.categorical, spec.categories, strict=True)
        ]

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """Return a number or a string for each column."""
        spec = self.spec
        dtypes = {c: tf.float64 if c in spec.float64 else tf.float32 for c in spec.numeric}
        dtypes |= dict.fromkeys(spec.categorical, tf.string)
        return {
            name: tf.TensorSpec([None], dtype, name=inner_name(name))
            for name, dtype in dtypes.items()
        }

    def raw_present(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return whether a row has any cell."""
        there = [tf.math.is_finite(raw[name]) for name in self.spec.numeric]
        there += [is_there(raw[name]) for name in self.spec.categorical]
        return tf.reduce_any(tf.stack(there, 1), 1)

    def load(self, cell: Cells) -> Cells:
        """Return the cells themselves."""
        return cell

    def blank(self) -> Cells:
        """Return NaN and empty strings."""
        return {
            "numbers": tf.fill([len(self.spec.numeric)], tf.constant(float("nan"), self._dtype)),
            "strings": tf.fill([len(self.spec.categorical)], ""),
        }

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> Cells:
        """Return the columns side by side."""
        rows = tf.shape(next(iter(raw.values())))[:1]
        blank = {name: tf.tile(cell[None], [rows[0], 1]) for name, cell in self.blank().items()}
        if self.spec.numeric:
            blank["numbers"] = self._numbers(raw)
        if self.spec.categorical:
            strings = tf.stack([raw[name] for name in self.spec.categorical], 1)
            blank["strings"] = tf.where(is_there(strings), strings, "")
        return blank

    def finish(self, loaded: Cells) -> dict[str, tf.Tensor]:
        """Return standardised numbers, ids of categories, and which cells are there."""
        spec, tensors, masks = self.spec, {}, []
        if spec.numeric:
            valid = tf.math.is_finite(loaded["numbers"])
            scaled = smooth_clip(self._scaled(loaded["numbers"]), spec.clip)
            tensors[spec.inner_name] = tf.where(valid, scaled, 0.0)
            masks.append(valid)
        if spec.categorical:
            ids = [lookup(loaded["strings"][:, i]) for i, lookup in enumerate(self.lookups)]
            stacked = tf.cast(tf.stack(ids, 1), tf.int32)
            tensors[spec.categories_name] = stacked
            masks.append(stacked > 0)
        return {**tensors, spec.mask_name: tf.concat(masks, 1)}

    def judge_batch(
        self, raw: Mapping[str, tf.Tensor], tensors: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Return whether a cell is missing, unseen, huge or infinite."""
        mask = tensors[self.spec.mask_name]
        partly = tf.reduce_any(mask, 1) & tf.logical_not(tf.reduce_all(mask, 1))
        codes = [code(partly, Status.PARTLY_ABSENT)]
        if self.spec.categorical:
            unseen = tf.equal(tensors[self.spec.categories_name], 1)
            codes.append(code(tf.reduce_any(unseen, 1), Status.UNSEEN))
        if self.spec.numeric:
            numbers = self._numbers(raw)
            # What is infinite is far, too, and NaN is not.
            far = tf.reduce_any(tf.abs(self._scaled(numbers)) >= FAR, 1)
            infinite = tf.reduce_any(tf.math.is_inf(numbers), 1)
            codes += [code(far, Status.HUGE), code(infinite, Status.NOT_FINITE)]
        return worst(*codes)

    def _numbers(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the columns of numbers side by side."""
        return tf.stack([tf.cast(raw[name], self._dtype) for name in self.spec.numeric], 1)

    def _scaled(self, numbers: tf.Tensor) -> tf.Tensor:
        return standardize(numbers, self.spec.mean, self.spec.std)
