"""The modalities side by side."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name
from keras_multimodal.layers.fusion._absent_vectors import add_absent_vectors, side_by_side
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion
from keras_multimodal.types import Initializer, Tensor


@register
class ConcatFusion(VectorFusion):
    """Puts the modalities side by side, and a learned vector where one is absent.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `p_m` 1 where it is present:

    `output = [v_1, ..., v_M]`, `v_m = p_m h_m + (1 - p_m) a_m`

    A vector `a_m` that starts as zeros lets what follows tell an absent modality from one whose
    features are small.

    Args:
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        absent_initializer: Initializer of the `a_m`. Default `"zeros"`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, sum of the widths)`, in the order of `modality_names`: that of a list, or a
        dict's names sorted.

    Masking:
        A modality without a real token in a row has no gradient there; its learned vector has. The
        output's mask, `(batch,)`, is True where some modality is there; there is none if some
        modality has no mask.

    Raises:
        ValueError: If `pooling` is unknown; if the inputs aren't a list or dict of float tensors,
            or have other names than those the layer was built for; or if a mask isn't a boolean
            that fits its modality.

    Example:

    >>> picture = keras.ops.convert_to_tensor([[2.0], [3.0]])
    >>> title = keras.ops.convert_to_tensor([[4.0], [5.0]])
    >>> has_title = keras.ops.convert_to_tensor([True, False])
    >>> fused = ConcatFusion(absent_initializer="ones")([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(fused)
    array([[2., 4.],
           [3., 1.]], dtype=float32)
    """

    one_width = False

    def __init__(
        self, pooling: str = "mean", absent_initializer: Initializer = "zeros", **kwargs: Any
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        self.absent_initializer = keras.initializers.get(absent_initializer)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the vectors of absent modalities."""
        self._absent = add_absent_vectors(self, widths, self.absent_initializer)

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the vectors, or what stands for them, side by side."""
        return side_by_side(vectors, present, self._absent)

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return the sum of the widths."""
        return sum(widths.values())

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "absent_initializer": keras.initializers.serialize(self.absent_initializer),
        }
