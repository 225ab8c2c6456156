"""Multiplicative interaction."""

import itertools
from typing import Any

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._products import flat_outer
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import zero_unknown
from keras_multimodal.types import Tensor


@register
class MultiplicativeInteraction(ProjectingFusion):
    """Sums bilinear forms of each two modalities and a linear one of each, for each unit.

    With `h_m` modality `m`'s vector (tokens are pooled first), zeros where it is absent, for each
    unit:

    `output = sum_(l < m) h_l^T W_lm h_m + sum_m U_m h_m + b`

    Any bilinear form can be learned, whatever its rank, for which there are `width_l * width_m`
    weights for each unit and pair; `LowRankFusion` has fewer.

    Args:
        units: Width of the output.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        use_bias: Whether there is `b`. Default True.
        kernel_initializer: Initializer of the `W_lm` and `U_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `W_lm` and `U_m`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, units)`.

    Masking:
        A modality without a real token in a row has no terms there, and no gradient. A row without
        any modality gives zeros. The output's mask, `(batch,)`, is True where some modality is
        there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> import keras
    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> MultiplicativeInteraction(8)({"image": picture, "text": title}).shape
    TensorShape([2, 8])

    Reference:
        Jayakumar et al., "Multiplicative Interactions and Where to Find Them", 2020, section 3:
        exactly its equation for two modalities. The sum over the pairs of more than two, and what
        is absent, are ours.
    """

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the linear and bilinear forms."""
        # The first form's bias is that of the sum.
        self._linear = [
            self.dense(f"{part_name(name)}_linear", width, self.units, use_bias=index == 0)
            for index, (name, width) in enumerate(widths.items())
        ]
        self._bilinear = [
            self.dense(
                f"{part_name(one)}_{part_name(two)}_bilinear",
                widths[one] * widths[two],
                self.units,
                use_bias=False,
            )
            for one, two in itertools.combinations(widths, 2)
        ]

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the sum of the forms."""
        terms = [form(vector) for form, vector in zip(self._linear, vectors, strict=True)]
        pairs = itertools.combinations(vectors, 2)
        for form, (first, second) in zip(self._bilinear, pairs, strict=True):
            terms.append(form(flat_outer(first, second)))
        return zero_unknown(sum(terms[1:], terms[0]), present)
