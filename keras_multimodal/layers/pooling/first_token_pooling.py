"""The first of a row's tokens."""

from keras_multimodal._registration import register
from keras_multimodal.layers.pooling._token_pooling import TokenPooling
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Masks, Tensor, Tensors


@register
class FirstTokenPooling(TokenPooling):
    """Takes each row's first token, such as the class token of a transformer.

    With `h_k` the tokens: `output = h_0`

    Args:
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`, at least one.
        mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras mask by
            default.

    Returns:
        Vectors `(batch, dim)`.

    Masking:
        A row whose first token is masked gives zeros, whatever comes after it: put what gathers
        the rest first, and padding last. The output's mask, `(batch,)`, is that of the first
        tokens; there is none without a mask.

    Raises:
        ValueError: If the inputs aren't tokens of a float dtype, or have none; or if the mask isn't
            a boolean that fits them.

    Example:

    >>> import keras
    >>> tokens = keras.ops.convert_to_tensor([[[-1.0], [-3.0], [8.0]]])
    >>> keras.ops.convert_to_numpy(FirstTokenPooling()(tokens))
    array([[-1.]], dtype=float32)

    Reference:
        Devlin et al., "BERT", 2019, section 3 (the final hidden vector of `[CLS]`).
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Check the rank and the length."""
        super().build(input_shape)
        if input_shape[1] == 0:
            raise ValueError(
                f"`inputs` must have at least one token. Received: shape {tuple(input_shape)}"
            )

    def pool(self, x: Tensor, mask: Mask) -> Tensor:
        """Return the first token, or zeros."""
        return zero_masked(x[:, 0], None if mask is None else mask[:, 0])

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True in the rows whose first token is there; None if there is no mask."""
        return None if previous_mask is None else previous_mask[:, 0]
