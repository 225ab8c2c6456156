"""A language model that has learned before, which writes on from a prefix of the context."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.decoders.decoder import Cache, Decoder, check_decoder_shapes
from keras_multimodal.layers import PerceiverResampler
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.types import Mask, Shapes, Tensor, Tensors

_PARTS = ("token_embedding", "position_embedding", "transformer_layers", "layer_norm")


@register
class PrefixDecoder(Decoder):
    """Lets a causal language model such as GPT-2 write on from what the context says.

    With `E` the model's embedding of ids and `P` that of positions:

    `prefix = W resample(context) + b`, `logits = model([prefix, E[ids]] + P)`, behind the prefix

    The context is resampled to a few learned tokens (`PerceiverResampler`), which stand before the
    text as words would. The model's weights stay as they are by default; the prefix is learned.
    `keras_multimodal.decoders.pretrained` makes a decoder of the name of a preset or a folder.

    Args:
        backbone: A `keras_hub.models.GPT2Backbone`.
        length: The most ids that a text has, its start included, `TextTarget.steps`.
        prefix_length: How many tokens stand before the text, at least 1. Default 8.
        offset: What the ids of the schema's tokenizer are above those of the model, 0 or 1. Default
            1, as for GPT-2, of which id 0 is a character.
        num_layers: Layers of the resampler. Default 2.
        num_heads: Its attention heads, which divide the context's width. Default 4.
        train_backbone: Whether the language model is trained, too. Default False; it then runs
            without its dropout.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer. The language model
            keeps the dtype policy that it was made with.

    Call arguments:
        ids: `(batch, length)` int32, each text from its start on, 0 for padding at its end.
        context: Tokens `(batch, context_length, width)`.
        context_mask: Their boolean mask `(batch, context_length)`; the tensor's own by default.
        training: Whether the call is part of training.

    Returns:
        float32 logits `(batch, length, vocabulary_size)`: at each place what comes next.

    Masking:
        The output's mask is True where an id is not 0. No place reads what comes after it, nor
        what is masked in the context, NaN included. A row without any context has the same prefix
        whatever it holds.

    Raises:
        TypeError: If `backbone` is not of this kind.
        ValueError: If an argument is out of its range, the model has too few positions, or the ids'
            or the context's shape is none of these.

    Example:

    >>> import keras_hub
    >>> backbone = keras_hub.models.GPT2Backbone(
    ...     vocabulary_size=9, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16
    ... )
    >>> decoder = PrefixDecoder(backbone, length=4)
    >>> ids = keras.ops.convert_to_tensor([[8, 2, 3, 0], [8, 5, 0, 0]])
    >>> tuple(decoder(ids, keras.ops.ones((2, 7, 12))).shape)
    (2, 4, 10)

    Reference:
        Mokady et al., "ClipCap: CLIP Prefix for Image Captioning", 2021, section 3, with a
        resampler in place of the mapping network.
    """

    def __init__(
        self,
        backbone: keras.Model,
        length: int,
        prefix_length: int = 8,
        offset: int = 1,
        num_layers: int = 2,
        num_heads: int = 4,
        train_backbone: bool = False,
        **kwargs: Any,
    ) -> None:
        if not isinstance(backbone, keras.Model) or not all(
            hasattr(backbone, part) for part in _PARTS
        ):
            raise TypeError(
                "`backbone` must be a GPT2Backbone of keras_hub, or one made of the same parts: "
                f"{', '.join(_PARTS)}. Received: {type(backbone).__name__}"
            )
        if offset not in (0, 1):
            raise ValueError(f"`offset` must be 0 or 1. Received: offset={offset}")
        super().__init__(backbone.vocabulary_size + offset, length, **kwargs)
        check_at_least(1, prefix_length=prefix_length, num_layers=num_layers, num_heads=num_heads)
        if prefix_length + length > backbone.max_sequence_length:
            raise ValueError(
                f"`prefix_length` and `length` must add up to at most "
                f"{backbone.max_sequence_length}, the positions that {backbone.name} has learned. "
                f"Received: prefix_length={prefix_length}, length={length}"
            )
        self.backbone = backbone
        self.prefix_length = prefix_length
        self.offset = offset
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.train_backbone = train_backbone
        backbone.trainable = train_backbone

    def build(self, ids_shape: Shapes, context_shape: Shapes) -> None:
        """Build what makes the prefix; the language model has been built."""
        check_decoder_shapes(ids_shape, context_shape, self.length)
        self._resampler = PerceiverResampler(
            self.prefix_length,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            dtype=self.dtype_policy,
            name="resampler",
        )
        self._resampler.build(context_shape)
        self._projection = keras.layers.Dense(
            self.backbone.hidden_dim, dtype=self.dtype_policy, name="projection"
        )
        self._projection.build((ids_shape[0], self.prefix_length, context_shape[-1]))

    def call(
        self, ids: Tensor, context: Tensor, context_mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return what comes next at each place; see the class."""
        training = bool(training) and self.train_backbone
        prefix = self._prefix(context, context_mask)
        x = ops.concatenate([prefix, self._embed(ids)], axis=1)
        x = x + self.backbone.position_embedding(x)
        for layer in self.backbone.transformer_layers:
            # What is padding comes last, and causal attention keeps it from all that is real.
            x = layer(x, training=training)
        return self._logits(x[:, self.prefix_length :])

    def start(self, context: Tensor, context_mask: Mask, length: int) -> Cache:
        """Return the keys and values of the prefix, and room for those of what will be written."""
        x = self._prefix(context, context_mask)
        x = x + self.backbone.position_embedding(x)
        caches = []
        for layer in self.backbone.transformer_layers:
            heads = (layer.num_heads, self.backbone.hidden_dim // layer.num_heads)
            shape = (ops.shape(x)[0], 2, self.prefix_length + length, *heads)
            x, cache = layer(
                x,
                self_attention_cache=ops.zeros(shape, x.dtype),
                self_attention_cache_update_index=0,
            )
            caches.append(cache)
        return {"written": tuple(caches)}

    def step(self, ids: Tensor, index: Tensor, cache: Cache) -> tuple[Any, Cache]:
        """Read one token of each row."""
        place = self.prefix_length + index
        x = self._embed(ids[:, None])
        x = x + self.backbone.position_embedding(x, start_index=place)
        written = []
        for layer, layer_cache in zip(
            self.backbone.transformer_layers, cache["written"], strict=True
        ):
            x, layer_cache = layer(
                x, self_attention_cache=layer_cache, self_attention_cache_update_index=place
            )
            written.append(layer_cache)
        return self._logits(x)[:, 0], {"written": tuple(written)}

    def _prefix(self, context: Tensor, context_mask: Mask) -> Tensor:
        latents = self._resampler(ops.cast(context, self.compute_dtype), mask=context_mask)
        prefix = self._projection(latents)
        # A copy has no Keras mask, of which the parts of the language model have no use.
        return ops.copy(ops.cast(prefix, self.backbone.token_embedding.compute_dtype))

    def _embed(self, ids: Tensor) -> Tensor:
        # Padding is no id of the model's; what it is read as does not matter.
        return self.backbone.token_embedding(ops.maximum(ids - self.offset, 0))

    def _logits(self, x: Tensor) -> Tensor:
        logits = self.backbone.token_embedding(self.backbone.layer_norm(x), reverse=True)
        logits = ops.cast(logits, "float32")
        if self.offset:
            padding = ops.full_like(logits[..., :1], -1e9)
            logits = ops.concatenate([padding, logits], axis=-1)
        return logits

    def get_config(self) -> dict[str, Any]:
        """Return every argument, the language model as its layers; its weights are saved beside."""
        config = super().get_config()
        config.pop("vocabulary_size")  # the model's
        return {
            **config,
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "prefix_length": self.prefix_length,
            "offset": self.offset,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "train_backbone": self.train_backbone,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "PrefixDecoder":
        """Return the decoder that `get_config` describes."""
        backbone = keras.saving.deserialize_keras_object(config["backbone"])
        return cls(**{**config, "backbone": backbone})
