"""A transformer that writes texts, trained from scratch."""

import importlib
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.decoders.decoder import Cache, Decoder, check_decoder_shapes
from keras_multimodal.encoders._checks import check_rates
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Shapes, Tensor, Tensors


@register
class TextDecoder(Decoder):
    """Writes texts with transformer blocks that attend to what has been written and to a context.

    With `E` the embedding of the ids and `P` that of the positions:

    `x_0 = E[ids] + P`, `x_l = block_l(x_{l-1}, context)`, `logits = norm(x_L) E^T`

    Each block is a `keras_hub.layers.TransformerDecoder`, normalised first: causal attention, then
    attention to the context, then a dense layer of `intermediate_dim` with GELU.

    Args:
        vocabulary_size: How many different ids there are, `TextTarget.output_size`.
        length: The most ids that a text has, its start included, `TextTarget.steps`.
        dim: Width, a multiple of `num_heads`. Default 128.
        num_layers: How many blocks, at least 1. Default 2.
        num_heads: Attention heads. Default 4.
        intermediate_dim: Units of the dense layer in each block. Default `None`: `4 * dim`.
        dropout: Rate of what is dropped in training, in [0, 1). Default 0.1.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        ids: `(batch, length)` int32, each text from its start on, 0 for padding at its end.
        context: Tokens `(batch, context_length, width)` of any width, such as `FusedTokens` makes.
        context_mask: Their boolean mask `(batch, context_length)`; the tensor's own by default.
        training: Whether the call is part of training.

    Returns:
        float32 logits `(batch, length, vocabulary_size)`: at each place what comes next.

    Masking:
        The output's mask is True where an id is not 0. No place reads what comes after it, nor
        what is masked in the context, NaN included. Where a row has no context at all, the text
        depends on its own beginning alone.

    Raises:
        ValueError: If an argument is out of its range, or the ids' or the context's shape is none
            of these.

    Example:

    >>> ids = keras.ops.convert_to_tensor([[8, 2, 3, 0], [8, 5, 0, 0]])
    >>> decoder = TextDecoder(vocabulary_size=10, length=4, dim=16, num_heads=2)
    >>> tuple(decoder(ids, keras.ops.ones((2, 7, 12))).shape)
    (2, 4, 10)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3; normalised before each part
        as in Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
    """

    def __init__(
        self,
        vocabulary_size: int,
        length: int,
        dim: int = 128,
        num_layers: int = 2,
        num_heads: int = 4,
        intermediate_dim: int | None = None,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(vocabulary_size, length, **kwargs)
        check_at_least(
            1, num_layers=num_layers, num_heads=num_heads, intermediate_dim=intermediate_dim
        )
        if dim < 1 or dim % num_heads:
            raise ValueError(
                f"`dim` must be a positive multiple of `num_heads`, {num_heads}. "
                f"Received: dim={dim}"
            )
        check_rates(dropout=dropout)
        self.dim = dim
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout

    def build(self, ids_shape: Shapes, context_shape: Shapes) -> None:
        """Build the embeddings and the blocks."""
        check_decoder_shapes(ids_shape, context_shape, self.length)
        parts = importlib.import_module("keras_hub").layers
        self._embedding = parts.TokenAndPositionEmbedding(
            self.vocabulary_size,
            self.length,
            self.dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.02),
            dtype=self.dtype_policy,
            name="embedding",
        )
        self._embedding.build(ids_shape)
        self._dropout = keras.layers.Dropout(self.dropout, dtype=self.dtype_policy, name="dropout")
        self._blocks = []
        for number in range(self.num_layers):
            block = parts.TransformerDecoder(
                self.intermediate_dim or 4 * self.dim,
                self.num_heads,
                dropout=self.dropout,
                activation="gelu",
                normalize_first=True,
                dtype=self.dtype_policy,
                name=f"block_{number}",
            )
            block.build((*ids_shape, self.dim), context_shape)
            self._blocks.append(block)
        self._norm = keras.layers.LayerNormalization(dtype=self.dtype_policy, name="norm")
        self._norm.build((*ids_shape, self.dim))

    def call(
        self, ids: Tensor, context: Tensor, context_mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return what comes next at each place; see the class."""
        context = zero_masked(ops.cast(context, self.compute_dtype), context_mask)
        x = self._dropout(self._embedding(ids), training=training)
        for block in self._blocks:
            x = block(
                x,
                context,
                decoder_padding_mask=ops.not_equal(ids, 0),
                encoder_padding_mask=context_mask,
                training=training,
            )
        return self._logits(x)

    def start(self, context: Tensor, context_mask: Mask, length: int) -> Cache:
        """Make room for keys and values of what will be written, and compute the context's."""
        context = zero_masked(ops.cast(context, self.compute_dtype), context_mask)
        batch, context_length = ops.shape(context)[:2]
        if context_mask is None:
            context_mask = ops.ones((batch, context_length), "bool")
        heads = (self.num_heads, self.dim // self.num_heads)
        nothing = ops.zeros((batch, 2, length, *heads), self.compute_dtype)
        x = ops.zeros((batch, 1, self.dim), self.compute_dtype)
        contexts = []
        for block in self._blocks:
            _, _, keys = block(
                x,
                context,
                encoder_padding_mask=context_mask,
                self_attention_cache=nothing,
                self_attention_cache_update_index=0,
                cross_attention_cache=ops.zeros(
                    (batch, 2, context_length, *heads), self.compute_dtype
                ),
                cross_attention_cache_update_index=0,
            )
            contexts.append(keys)
        return {
            "written": (nothing,) * self.num_layers,
            "context": tuple(contexts),
            "context_mask": (context_mask,),
        }

    def step(self, ids: Tensor, index: Tensor, cache: Cache) -> tuple[Any, Cache]:
        """Read one token of each row."""
        x = self._embedding(ids[:, None], start_index=index)
        (context_mask,) = cache["context_mask"]
        written = []
        for block, block_cache, context in zip(
            self._blocks, cache["written"], cache["context"], strict=True
        ):
            x, block_cache, _ = block(
                x,
                context[:, 0, :, 0],  # there must be one, and it is not read
                encoder_padding_mask=context_mask,
                self_attention_cache=block_cache,
                self_attention_cache_update_index=index,
                cross_attention_cache=context,
            )
            written.append(block_cache)
        return self._logits(x)[:, 0], {**cache, "written": tuple(written)}

    def _logits(self, x: Tensor) -> Tensor:
        logits = self._embedding.token_embedding(self._norm(x), reverse=True)
        return ops.cast(logits, "float32")

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "dim": self.dim,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
        }
