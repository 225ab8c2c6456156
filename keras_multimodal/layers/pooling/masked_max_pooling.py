"""The greatest values of a row's tokens."""

from keras_multimodal._registration import register
from keras_multimodal.layers.pooling._token_pooling import TokenPooling
from keras_multimodal.ops import masked_max
from keras_multimodal.types import Mask, Tensor


@register
class MaskedMaxPooling(TokenPooling):
    """Takes the greatest value of each feature over the tokens that a row has.

    With `h_k` the tokens: `output_d = max_k h_kd` over the real ones

    Args:
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`.
        mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras mask by
            default.

    Returns:
        Vectors `(batch, dim)`.

    Masking:
        What stands at masked places is never read, NaN included. A row without a token gives
        zeros. The output's mask, `(batch,)`, is True in the rows that have one; there is none
        without a mask.

    Raises:
        ValueError: If the inputs aren't tokens of a float dtype, or if the mask isn't a boolean
            that fits them.

    Example:

    >>> import keras
    >>> tokens = keras.ops.convert_to_tensor([[[-1.0], [-3.0], [8.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> keras.ops.convert_to_numpy(MaskedMaxPooling()(tokens, mask=mask))
    array([[-1.]], dtype=float32)
    """

    def pool(self, x: Tensor, mask: Mask) -> Tensor:
        """Return the maximum."""
        return masked_max(x, mask)
