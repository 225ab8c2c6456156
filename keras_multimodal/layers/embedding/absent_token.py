"""A learned token in the place of what is absent."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.layers._initializers import clone_initializer, embedding_initializer
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Initializer, Mask, Masks, Shape, Tensors


@register
class AbsentToken(keras.layers.Layer):
    """Gives each row without a token of a modality one that is learned.

    With `x_k` the tokens, `m_k` 1 where one is real, and `a` the learned token:

    `output_1 = a` in the rows where `sum_k m_k = 0`, and `output_k = m_k x_k` everywhere else

    What follows then sees that the modality is absent, instead of not seeing it.

    Args:
        token_initializer: Initializer of `a`. Default `None`: normal numbers of standard deviation
            0.02.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`, length at least 1, or vectors `(batch, dim)`.
        mask: Boolean `(batch, length)` for tokens, True where one is real, and `(batch,)` for
            vectors, True where the row has one; the inputs' own Keras mask by default.

    Returns:
        The tokens or vectors, in the shape of `inputs`.

    Masking:
        What stands at masked places is never read, NaN included; the output there is zero, or the
        learned token. The output's mask is True there too, so that every row has a token; that of
        vectors is True everywhere. Without a mask nothing is absent, and the inputs come back.

    Raises:
        ValueError: If the inputs are neither tokens, one or more, nor vectors of a float dtype; or
            if the mask isn't a boolean that fits them.

    Example:

    >>> tokens = keras.ops.convert_to_tensor([[[2.0], [3.0]], [[4.0], [5.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True], [False, False]])
    >>> output = AbsentToken(token_initializer="ones")(tokens, mask=mask)
    >>> keras.ops.convert_to_numpy(output)[..., 0]
    array([[2., 3.],
           [1., 0.]], dtype=float32)

    Reference:
        Devlin et al., "BERT", 2019, section 3.1 (the mask token); Ma et al., "Are Multimodal
        Transformers Robust to Missing Modality?", 2022 (what is absent in a multimodal
        transformer).
    """

    def __init__(self, token_initializer: Initializer = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.token_initializer = embedding_initializer(token_initializer)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Make the token."""
        fits = len(input_shape) in (2, 3) and input_shape[-1] is not None
        if not fits or 0 in input_shape[1:]:
            raise ValueError(
                "`inputs` must be tokens (batch, length, dim), length at least 1, or vectors "
                f"(batch, dim), dim known. Received: shape {tuple(input_shape)}"
            )
        self._token = self.add_weight(
            name="token",
            shape=input_shape[-1:],
            initializer=clone_initializer(self.token_initializer),
        )

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Put the token in; see the class."""
        _check(inputs, mask)
        if mask is None:
            # Keras warns of a weight without any gradient; this one's is zero.
            mask = ops.ones_like(inputs[..., 0], dtype="bool")
        token = ops.cast(self._token, inputs.dtype)
        places = ops.expand_dims(_absent_places(mask), -1)  # (batch, [length,] 1)
        return ops.where(places, token, zero_masked(inputs, mask))

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True where a token is real, or learned; None if there is no mask."""
        if previous_mask is None:
            return None
        return ops.logical_or(previous_mask, _absent_places(previous_mask))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the inputs."""
        return tuple(input_shape)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return specs like the inputs."""
        _check(inputs, mask)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "token_initializer": keras.initializers.serialize(self.token_initializer),
        }


def _absent_places(mask: Mask) -> Any:
    """Return where the learned token goes, boolean like `mask`: the first place of an empty row."""
    if len(mask.shape) == 1:
        return ops.logical_not(mask)
    absent = ops.logical_not(ops.any(mask, axis=1, keepdims=True))  # (batch, 1)
    return ops.concatenate([absent, ops.zeros_like(mask[:, 1:])], axis=1)


def _check(inputs: Tensors, mask: Mask) -> None:
    check_float(inputs, "inputs")
    check_mask(mask, inputs, "mask")
