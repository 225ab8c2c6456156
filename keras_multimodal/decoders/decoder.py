"""What every decoder has in common: texts are read with their start, and written a step later."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.schema import TextTarget
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors

Cache = dict[str, Any]


class Decoder(keras.layers.Layer):
    """Base of the decoders, which write a text token by token, given a context.

    A decoder is called with whole texts in training, `decoder(ids, context)`. To write one, `start`
    makes the cache of what attention needs of the context, and `step` reads one token of each row,
    adds to the cache, and says what may come next. A subclass writes these three, which must agree:
    `tasks.generation_loop` drives them.

    Args:
        vocabulary_size: How many different ids there are, `TextTarget.output_size`.
        length: The most ids that a text has, its start included, `TextTarget.steps`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Raises:
        ValueError: If `vocabulary_size` is less than 4 or `length` less than 1.

    Example:

    >>> from keras_multimodal.decoders import TextDecoder
    >>> isinstance(TextDecoder(10, 5, dim=8), Decoder)
    True
    """

    def __init__(self, vocabulary_size: int, length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if vocabulary_size < 4:
            raise ValueError(
                "`vocabulary_size` must be at least 4: padding, start, end and a token. "
                f"Received: vocabulary_size={vocabulary_size}"
            )
        if length < 1:
            raise ValueError(f"`length` must be at least 1. Received: length={length}")
        self.vocabulary_size = vocabulary_size
        self.length = length
        self.supports_masking = True

    def check_target(self, target: TextTarget) -> None:
        """Check that the decoder writes what a target describes.

        Args:
            target: The target's description.

        Raises:
            ValueError: If it has more ids, or longer texts.
        """
        if target.output_size != self.vocabulary_size or target.steps > self.length:
            raise ValueError(
                f"`decoder` must be for {target.output_size} ids and texts of {target.steps}, with "
                f"their start, as the target {target.name!r} has. Received: one for "
                f"{self.vocabulary_size} ids and texts of {self.length}"
            )

    def start(self, context: Tensor, context_mask: Mask, length: int) -> Cache:
        """Return what is kept while texts are written.

        Args:
            context: `(batch, context_length, width)`.
            context_mask: Boolean `(batch, context_length)`, or `None` where all is real.
            length: How many steps there will be, at most.

        Returns:
            Tensors whose first axis is that of the rows, in tuples in a dict.
        """
        raise NotImplementedError

    def step(self, ids: Tensor, index: Tensor, cache: Cache) -> tuple[Any, Cache]:
        """Read the token at `index` of each row.

        Args:
            ids: `(batch,)` int32.
            index: The number of the step, from 0, a scalar int32.
            cache: What `start`, or the step before, returned.

        Returns:
            float32 logits `(batch, vocabulary_size)` of the next token, and the new cache.
        """
        raise NotImplementedError

    def compute_mask(self, ids: Tensor, previous_mask: Mask = None) -> Masks:
        """Return True where an id is not padding, `(batch, length)`."""
        return ops.not_equal(ids, 0)

    def compute_output_shape(
        self, ids_shape: Shapes, context_shape: Shapes
    ) -> tuple[int | None, ...]:
        """Return `(batch, length, vocabulary_size)`."""
        return (*ids_shape, self.vocabulary_size)

    def compute_output_spec(
        self, ids: Tensor, context: Tensor, context_mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return float32 logits."""
        shape = self.compute_output_shape(ids.shape, context.shape)
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "length": self.length,
        }


def check_decoder_shapes(ids_shape: Shapes, context_shape: Shapes, length: int) -> None:
    """Raise a ValueError unless a decoder can be built for these."""
    if len(ids_shape) != 2 or (ids_shape[1] is not None and ids_shape[1] > length):
        raise ValueError(
            f"`ids` must be (batch, length), of at most {length}. "
            f"Received: shape {tuple(ids_shape)}"
        )
    if len(context_shape) != 3 or context_shape[-1] is None:
        raise ValueError(
            "`context` must be (batch, context_length, width), width known. "
            f"Received: shape {tuple(context_shape)}"
        )
