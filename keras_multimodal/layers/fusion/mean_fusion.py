"""The mean of the modalities that are there."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion, shares, stacked_presence
from keras_multimodal.ops import masked_mean
from keras_multimodal.types import Mask, Tensor, Tensors


@register
class MeanFusion(VectorFusion):
    """Averages the modalities that a row has.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `p_m` 1 where it is present:

    `output = sum_m p_m h_m / sum_m p_m`

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
    >>> fused = MeanFusion()([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(fused)
    array([[1., 2.],
           [2., 0.]], dtype=float32)
    """

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality, `(batch, modalities)`, 0 where a row lacks it.

        All that are there have the same.

        Args:
            inputs: As for a call.
            mask: As for a call.
        """
        vectors, present = self.pool(inputs, mask)
        equal = ops.ones_like(ops.stack(vectors, axis=1)[..., 0])
        return shares(equal, stacked_presence(vectors, present))

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the mean over the modalities."""
        return masked_mean(ops.stack(vectors, axis=1), stacked_presence(vectors, present))
