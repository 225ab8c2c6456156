"""One modality's tokens attend to another's."""

from typing import Any, Literal

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_query_and_context
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers.attention._heads import heads_first, heads_last
from keras_multimodal.ops import masked_attention, zero_masked
from keras_multimodal.types import Initializer, Mask, Regularizer, Shape, Tensor, Tensors

_EPSILON = 1e-5


@register
class CrossModalAttention(keras.layers.Layer):
    """Lets each token of one modality gather what it needs from another modality's tokens.

    With `X` the query's tokens, `C` the context's, and heads `h = 1 ... H`:

    `attended = concat_h(softmax(X Q_h (C K_h)^T / sqrt(key_dim)) C V_h) O`

    and, with everything switched on, `output = X + tanh(gate) attended`.

    Args:
        num_heads: Number of heads, at least 1.
        key_dim: Width of each head's queries and keys; the query's width divided by `num_heads`
            by default.
        value_dim: Width of each head's values; `key_dim` by default.
        output_dim: Width of the output; the query's width by default.
        dropout: Rate of the attention weights dropped in training, in [0, 1). Default 0.
        use_bias: Whether the projections have biases. Default True.
        residual: Whether the query is added to the output. Default False.
        normalization: `"pre"` normalizes the query before it is projected, `"post"` the output
            (with `residual`, the sum); `None` (default) neither.
        gate: Whether what was attended to is multiplied by the tanh of a learned number that
            starts at zero, so that the layer starts as the identity (with `"post"`, as a
            normalization) and a pretrained model isn't disturbed. Needs `residual`: without it
            nothing would go through. Default False.
        kernel_initializer: Initializer of the projections' kernels. Default `"glorot_uniform"`.
        bias_initializer: Initializer of their biases. Default `"zeros"`.
        kernel_regularizer: Regularizer of the kernels. Default `None`.
        bias_regularizer: Regularizer of the biases. Default `None`.
        seed: Seed of the dropout. Default `None`.
        implementation: How attention is computed; the result is the same but for rounding.
            `"direct"` has all scores in memory at once. `"blockwise"` makes them block by block,
            and again for the gradient, so that memory grows with the length and not with its
            square; it has no scores to return, and no dropout. `"auto"` (default) is blockwise
            where the lengths are known, there are many scores (on TensorFlow and a CPU from 256
            times 256 for each head), and neither scores nor dropout are asked for; see
            `ops.masked_attention`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        query: The tokens that attend, `(batch, query_length, query_dim)`.
        context: The tokens attended to, `(batch, context_length, context_dim)`.
        query_mask: Boolean `(batch, query_length)`, True where a token is real; the query's own
            Keras mask by default.
        context_mask: Boolean `(batch, context_length)`; the context's own Keras mask by default.
        return_attention_scores: Whether to return the attention weights too. Default False.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, query_length, output_dim)`; with `return_attention_scores`, also the
        weights `(batch, num_heads, query_length, context_length)` as they are before dropout.

    Masking:
        What stands at masked places is never read, NaN included. The output is zero at the
        query's masked places and carries the query's own Keras mask; a mask given as `query_mask`
        is used but, as everywhere in Keras, not attached to the output. In a row without a context
        token, what was attended to is exactly zero, biases included, and so are its gradients;
        the output is then zero, or with `residual` the
        query (normalized, with `"post"`). Weights of masked places are zero.

    Raises:
        ValueError: If an argument is out of its range; if the tokens have the wrong rank or dtype;
            if `num_heads` doesn't divide the query's width and `key_dim` isn't given; if
            `residual` is True and `output_dim` isn't the query's width; if blockwise attention is
            to have dropout or return its scores; or if a mask isn't a boolean that fits its tokens.

    Example:

    >>> words = keras.random.normal((2, 5, 16))
    >>> places = keras.random.normal((2, 9, 24))
    >>> layer = CrossModalAttention(num_heads=4)
    >>> attended, scores = layer(words, places, return_attention_scores=True)
    >>> tuple(attended.shape), tuple(scores.shape)
    ((2, 5, 16), (2, 4, 5, 9))

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.2.2; Tsai et al., "Multimodal
        Transformer for Unaligned Multimodal Language Sequences", 2019, equation 1 (across
        modalities); Alayrac et al., "Flamingo", 2022, section 2.2 (the gate). Keys and values come
        from one product, and `"pre"` normalizes the query alone.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int | None = None,
        value_dim: int | None = None,
        output_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        residual: bool = False,
        normalization: Literal["pre", "post"] | None = None,
        gate: bool = False,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        seed: int | None = None,
        implementation: Literal["auto", "direct", "blockwise"] = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_heads < 1:
            raise ValueError(f"`num_heads` must be at least 1. Received: num_heads={num_heads}")
        dims = {"key_dim": key_dim, "value_dim": value_dim, "output_dim": output_dim}
        for argument, dim in dims.items():
            if dim is not None and dim < 1:
                raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={dim}")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        if normalization not in (None, "pre", "post"):
            raise ValueError(
                "`normalization` must be None, 'pre' or 'post'. "
                f"Received: normalization={normalization!r}"
            )
        if gate and not residual:
            raise ValueError(
                "`gate` must come with `residual=True`: it starts at zero, and nothing would go "
                "through. Received: gate=True, residual=False"
            )
        if implementation not in ("auto", "direct", "blockwise"):
            raise ValueError(
                "`implementation` must be 'auto', 'direct' or 'blockwise'. "
                f"Received: implementation={implementation!r}"
            )
        if implementation == "blockwise" and dropout:
            raise ValueError(
                "`dropout` must be 0 where attention is blockwise: there are no weights to drop. "
                f"Received: implementation='blockwise', dropout={dropout}"
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.output_dim = output_dim
        self.dropout = dropout
        self.use_bias = use_bias
        self.residual = residual
        self.normalization = normalization
        self.gate = gate
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.seed = seed
        self.implementation = implementation
        self.supports_masking = True
        self._seed_generator = keras.random.SeedGenerator(seed) if dropout else None

    def build(self, query_shape: Shape, context_shape: Shape) -> None:
        """Make the weights for tokens of the given shapes."""
        query_dim, context_dim = _width(query_shape, "query"), _width(context_shape, "context")
        if self.key_dim is None and query_dim % self.num_heads:
            raise ValueError(
                "`num_heads` must divide the width of the tokens that attend, or `key_dim` be "
                f"given. Received: num_heads={self.num_heads}, tokens of width {query_dim}"
            )
        if self.residual and self.output_dim not in (None, query_dim):
            raise ValueError(
                "`output_dim` must be the query's width when `residual` is True. "
                f"Received: output_dim={self.output_dim}, query of width {query_dim}"
            )
        self._head_key_dim = self.key_dim or query_dim // self.num_heads
        key_units = self.num_heads * self._head_key_dim
        value_units = self.num_heads * (self.value_dim or self._head_key_dim)
        output_dim = self.output_dim or query_dim

        self._query_projection = self._dense(key_units, "query_projection")
        self._query_projection.build((None, query_dim))
        # One product makes keys and values: the context is read once.
        self._context_projection = self._dense(key_units + value_units, "context_projection")
        self._context_projection.build((None, context_dim))
        self._output_projection = self._dense(output_dim, "output_projection")
        self._output_projection.build((None, value_units))
        self._normalization: Any = None
        if self.normalization is not None:
            self._normalization = keras.layers.LayerNormalization(
                epsilon=_EPSILON, dtype=self.dtype_policy, name="normalization"
            )
            width = query_dim if self.normalization == "pre" else output_dim
            self._normalization.build((*query_shape[:-1], width))
        self._gate: Any = None
        if self.gate:
            self._gate = self.add_weight(name="gate", shape=(), initializer="zeros")

    def _dense(self, units: int, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            bias_initializer=clone_initializer(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )

    def call(
        self,
        query: Tensor,
        context: Tensor,
        query_mask: Mask = None,
        context_mask: Mask = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Attend; see the class."""
        check_query_and_context(query, context, query_mask, context_mask)
        self._check_scores(return_attention_scores)
        query = zero_masked(query, query_mask)
        context = zero_masked(context, context_mask)

        attended, scores = self._attend(
            query, context, context_mask, return_attention_scores, training
        )
        if self._gate is not None:
            attended = attended * ops.tanh(self._gate)
        if self.normalization == "post" and not self.residual:
            attended = self._normalization(attended)
        if context_mask is not None:
            # Biases have made something of nothing in the rows without a context token.
            some = ops.any(context_mask, axis=-1)[:, None]  # (batch, 1)
            attended = zero_masked(attended, some)
        output = attended
        if self.residual:
            output = query + attended
            if self.normalization == "post":
                output = self._normalization(output)
        output = zero_masked(output, query_mask)
        if not return_attention_scores:
            return output
        if query_mask is not None:
            scores = zero_masked(scores, query_mask[:, None])
        return output, scores

    def attention_scores(
        self, query: Tensor, context: Tensor, query_mask: Mask = None, context_mask: Mask = None
    ) -> Tensor:
        """Return the weights, `(batch, num_heads, query_length, context_length)`.

        Args:
            query: As for a call.
            context: As for a call.
            query_mask: As for a call.
            context_mask: As for a call.
        """
        _, scores = self.call(
            query, context, query_mask, context_mask, return_attention_scores=True
        )
        return scores

    def _check_scores(self, return_attention_scores: bool) -> None:
        if return_attention_scores and self.implementation == "blockwise":
            raise ValueError(
                "`return_attention_scores` must be False where attention is blockwise: the scores "
                "are never all there. Received: implementation='blockwise'"
            )

    def _attend(
        self, query: Tensor, context: Tensor, context_mask: Mask, return_scores: bool, training: Any
    ) -> tuple[Any, Any]:
        """Return what the heads gather, projected, and the weights where they are asked for."""
        if self.normalization == "pre":
            query = self._normalization(query)
        split = self.num_heads * self._head_key_dim
        # Not slices of it: their gradients would each be padded with zeros, and summed.
        keys, values = ops.split(self._context_projection(context), [split], axis=-1)
        result = masked_attention(
            heads_first(self._query_projection(query), self.num_heads),
            heads_first(keys, self.num_heads),
            heads_first(values, self.num_heads),
            context_mask,
            dropout=self.dropout if training else 0.0,
            seed=self._seed_generator,
            return_weights=return_scores,
            implementation=self.implementation,
        )
        attended, scores = result if return_scores else (result, None)
        # (batch, query_length, output_dim)
        return self._output_projection(heads_last(attended)), scores

    def compute_output_shape(self, query_shape: Shape, context_shape: Shape) -> Shape:
        """Return `(batch, query_length, output_dim)`."""
        return (*query_shape[:-1], self.output_dim or query_shape[-1])

    def compute_output_spec(
        self,
        query: Tensor,
        context: Tensor,
        query_mask: Mask = None,
        context_mask: Mask = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Return the output, and the weights where they are asked for."""
        check_query_and_context(query, context, query_mask, context_mask)
        self._check_scores(return_attention_scores)
        shape = self.compute_output_shape(query.shape, context.shape)
        output = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        scores = (query.shape[0], self.num_heads, query.shape[1], context.shape[1])
        return output, keras.KerasTensor(scores, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "output_dim": self.output_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "residual": self.residual,
            "normalization": self.normalization,
            "gate": self.gate,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "seed": self.seed,
            "implementation": self.implementation,
        }


def _width(shape: Shape, argument: str) -> int:
    """Return the last axis of tokens of shape `(batch, length, dim)`."""
    if len(shape) != 3 or shape[-1] is None:
        raise ValueError(
            f"`{argument}` must be tokens of shape (batch, length, dim), dim known. "
            f"Received: shape {tuple(shape)}"
        )
    return shape[-1]
