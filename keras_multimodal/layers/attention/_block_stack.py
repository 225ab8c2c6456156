"""What the layers share that are stacks of transformer blocks over tokens of all modalities."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers.attention._block_layer import BlockLayer
from keras_multimodal.types import Tensor


class BlockStack(BlockLayer):
    """A layer of layers, with vectors of its own that are learned.

    Args:
        num_layers: Number of layers, at least 1.
        **kwargs: As for `BlockLayer`.
    """

    def __init__(self, num_layers: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_at_least(1, num_layers=num_layers)
        self.num_layers = num_layers

    def add_vectors(self, name: str, count: int, dim: int) -> Tensor:
        """Add `count` vectors that are learned, `(count, dim)`."""
        initializer = keras.initializers.RandomNormal(stddev=0.02)
        return self.add_weight(name=name, shape=(count, dim), initializer=initializer)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "num_layers": self.num_layers}


def for_each_row(vectors: Tensor, like: Any) -> Tensor:
    """Repeat learned vectors `(count, dim)` for each row of `like`: `(batch, count, dim)`."""
    tokens = ops.cast(vectors, like.dtype)
    return ops.broadcast_to(tokens, (ops.shape(like)[0], *tokens.shape))
