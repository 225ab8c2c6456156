"""The greatest value over the modalities that are there."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion, stacked_presence
from keras_multimodal.ops import masked_max
from keras_multimodal.types import Tensor


@register
class MaxFusion(VectorFusion):
    """Takes the greatest value of each feature over the modalities that a row has.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `p_m` 1 where it is present:

    `output_d = max over m with p_m = 1 of h_md`

    It has no weights: a baseline that any fusion with weights should beat.

    Args:
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of one width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, dim)`.

    Masking:
        A modality without a real token in a row takes no part in it, and has no gradient. A row
        without any modality gives zeros. The output's mask, `(batch,)`, is True where some
        modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If `pooling` is unknown; if the inputs aren't a list or dict of float tensors of
            one width, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> import keras
    >>> picture = keras.ops.convert_to_tensor([[2.0, 0.0], [2.0, 0.0]])
    >>> title = keras.ops.convert_to_tensor([[0.0, 4.0], [0.0, 4.0]])
    >>> has_title = keras.ops.convert_to_tensor([True, False])
    >>> fused = MaxFusion()([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(fused)
    array([[2., 4.],
           [2., 0.]], dtype=float32)
    """

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the greatest over the modalities."""
        return masked_max(ops.stack(vectors, axis=1), stacked_presence(vectors, present))
