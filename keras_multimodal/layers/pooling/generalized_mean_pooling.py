"""The generalized mean of a row's tokens."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers.pooling._token_pooling import Shape, TokenPooling
from keras_multimodal.ops import masked_generalized_mean
from keras_multimodal.types import Mask, Tensor


@register
class GeneralizedMeanPooling(TokenPooling):
    """Pools tokens by a mean that learns where to stand between the average and the maximum.

    With `h_k` the `K` tokens that a row has and `p` a learned number that all features share:

    `output = (1 / K sum_k max(h_k, epsilon)^p)^(1 / p)`

    At `p = 1` this is the mean; as `p` grows, it goes to the maximum.

    Args:
        exponent: What `p` starts as, above 0. Default 3, as in the paper.
        epsilon: What smaller values count as, above 0. Default 1e-6.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)` that aren't negative, as behind a ReLU: negative
            values count as `epsilon`, and have no gradient.
        mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras mask by
            default.

    Returns:
        Vectors `(batch, dim)`.

    Masking:
        What stands at masked places is never read, NaN included. A row without a token gives
        zeros. The output's mask, `(batch,)`, is True in the rows that have one; there is none
        without a mask.

    Raises:
        ValueError: If `exponent` or `epsilon` isn't positive; if the inputs aren't tokens of a
            float dtype; or if the mask isn't a boolean that fits them.

    Example:

    >>> tokens = keras.ops.convert_to_tensor([[[1.0], [7.0], [9.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> vectors = GeneralizedMeanPooling(exponent=2.0)(tokens, mask=mask)
    >>> keras.ops.convert_to_numpy(vectors).round(3)
    array([[5.]], dtype=float32)

    Reference:
        Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation", 2018,
        equation 3, with one `p` for all features.
    """

    def __init__(self, exponent: float = 3.0, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not exponent > 0:
            raise ValueError(f"`exponent` must be positive. Received: exponent={exponent}")
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}")
        self.exponent = exponent
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        """Make the exponent."""
        super().build(input_shape)
        self._exponent = self.add_weight(
            name="exponent",
            shape=(),
            initializer=keras.initializers.Constant(self.exponent),
            # Powers are taken in float32.
            autocast=False,
        )

    def pool(self, x: Tensor, mask: Mask) -> Tensor:
        """Return the generalized mean."""
        return masked_generalized_mean(x, self._exponent, mask, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "exponent": self.exponent, "epsilon": self.epsilon}
