"""The recurrent layers that some encoders end in."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Shape, Tensor

_CELLS = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


@register
class OrthogonalInFloat32(keras.initializers.Orthogonal):
    """Orthogonal numbers that are drawn in float32 and cast, for dtypes without a QR."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Tensor:
        """Return the numbers."""
        return ops.cast(super().__call__(shape, dtype="float32"), dtype or keras.config.floatx())


def check_recurrent(dim: int, cell: str, bidirectional: bool) -> None:
    """Raise a ValueError unless `recurrent_layer` can make that layer."""
    if cell not in _CELLS:
        raise ValueError(f"`cell` must be one of {sorted(_CELLS)}. Received: cell={cell!r}")
    if bidirectional and dim % 2:
        raise ValueError(f"`dim` must be even when `bidirectional` is True. Received: dim={dim}")


def recurrent_layer(dim: int, cell: str, bidirectional: bool, policy: Any) -> keras.layers.Layer:
    """Return a layer from `(batch, length, features)` to `(batch, length, dim)`, 0 where masked.

    Args:
        dim: Width of what it makes, half of it by each direction.
        cell: `"gru"` or `"lstm"`.
        bidirectional: Whether it reads in both directions.
        policy: The dtype policy.
    """
    # There is no decomposition in bfloat16 that orthogonal numbers could be made with.
    wide = keras.DTypePolicy(policy) if isinstance(policy, str) else policy
    orthogonal = "orthogonal" if wide.variable_dtype != "bfloat16" else OrthogonalInFloat32()
    layer = _CELLS[cell](
        dim // 2 if bidirectional else dim,
        recurrent_initializer=orthogonal,
        return_sequences=True,
        zero_output_for_mask=True,
        # The kernel for GPUs refuses padding that isn't at the end, and rows without a token.
        use_cudnn=False,
        dtype=policy,
    )
    if not bidirectional:
        return layer
    both = keras.layers.Bidirectional(layer, dtype=policy)
    for direction in (both.forward_layer, both.backward_layer):
        # It makes these anew and tells them of `use_cudnn` only afterwards, when on a GPU they have
        # already ruled XLA out.
        direction.supports_jit = True
    return both
