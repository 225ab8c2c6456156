"""Modalities that attend to each other, in one block."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._attention_received import attention_received
from keras_multimodal.layers._modalities import (
    Name,
    like_inputs,
    merged_mask,
    part_name,
    span_of,
    values_and_masks,
)
from keras_multimodal.layers.attention._block_layer import MutualBlockLayer
from keras_multimodal.layers.attention._heads import heads_last
from keras_multimodal.layers.attention._transformer_block import EPSILON
from keras_multimodal.ops import masked_attention, zero_masked
from keras_multimodal.types import Activation, Mask, Tensor, Tensors


@register
class CoAttention(MutualBlockLayer):
    """A block in which the tokens of each modality attend to those of all the others.

    With `X_m` modality `m`'s tokens, `N_m = norm_m(X_m)` and heads `h = 1 ... H`:

    `Y_m = X_m + concat_h(softmax(N_m Q_mh K_mh^T / sqrt(key_dim)) V_mh) O_m`

    where `K_mh` and `V_mh` are the keys and values, `N_k K_kh` and `N_k V_kh`, of all modalities
    `k` but `m`, one after the other. Then `Z_m = Y_m + W_2m f(W_1m norm(Y_m))`, and, unless it is
    switched off, a transformer block of `m`'s own in which its tokens attend to each other.

    Args:
        num_heads: Number of heads, at least 1.
        key_dim: Width of each head's queries, keys and values; the tokens' width divided by
            `num_heads` by default.
        intermediate_dim: Width of the hidden layers; four times the tokens' width by default.
        dropout: Rate of the attention weights, of the hidden layers and of what is added to the
            tokens that is dropped in training, in [0, 1). Default 0.
        activation: The `f`. Default `"gelu"`.
        self_attention: Whether a transformer block of each modality's own follows. Default True.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of two or more modalities' tokens, `(batch, length, dim)`, of one
            width and any lengths.
        mask: A list or dict of their masks, boolean `(batch, length)`, True where a token is real;
            `None` where all are. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        The modalities in the structure of `inputs`, each in its shape.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included,
        and the output there is exactly zero. Where a row has none of the other modalities, the
        attention to them adds exactly zero, biases included; the rest of the block goes on.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of two
            or more tensors of tokens, of a float dtype and one width, or have other names than
            those the layer was built for; if `num_heads` doesn't divide their width and `key_dim`
            isn't given; or if a mask isn't a boolean that fits its modality.

    Example:

    >>> places = keras.random.normal((2, 9, 16))
    >>> words = keras.random.normal((2, 5, 16))
    >>> outputs = CoAttention(num_heads=4)({"image": places, "text": words})
    >>> tuple(outputs["image"].shape), tuple(outputs["text"].shape)
    ((2, 9, 16), (2, 5, 16))

    Reference:
        Lu et al., "ViLBERT", 2019, section 3.1, figure 2b (two modalities). Yu et al., "Deep
        Modular Co-Attention Networks for Visual Question Answering", 2019, put each modality's own
        attention first. Normalization before each part, where ViLBERT has it after, and more than
        two modalities are ours.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        self_attention: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_heads, key_dim, intermediate_dim, dropout, activation, seed, **kwargs)
        self.self_attention = self_attention
        self._seed_generator = keras.random.SeedGenerator(self.seed_of_part(0)) if dropout else None

    def build_parts(self, shapes: list[Any], width: int) -> None:
        """Make the parts of each modality."""
        self._head_dim = self.key_dim or width // self.num_heads
        units = self.num_heads * self._head_dim
        policy = self.dtype_policy
        self._dropout = self.make_dropout(1)
        self._normalizations, self._projections, self._output_projections = [], [], []
        self._feed_forwards, self._blocks = [], []
        for index, (name, shape) in enumerate(zip(self.modality_names, shapes, strict=True)):
            part = part_name(name)
            normalization = keras.layers.LayerNormalization(
                epsilon=EPSILON, dtype=policy, name=f"{part}_normalization"
            )
            normalization.build(shape)
            self._normalizations.append(normalization)
            # One product makes queries, keys and values.
            projection = keras.layers.Dense(3 * units, dtype=policy, name=f"{part}_projection")
            projection.build(shape)
            self._projections.append(projection)
            output = keras.layers.Dense(width, dtype=policy, name=f"{part}_output_projection")
            output.build((None, units))
            self._output_projections.append(output)
            feed_forward = self.make_feed_forward(2 + 2 * index, f"{part}_feed_forward")
            feed_forward.build(shape)
            self._feed_forwards.append(feed_forward)
            if self.self_attention:
                block = self.make_block(3 + 2 * index, f"{part}_block")
                block.build(shape)
                self._blocks.append(block)

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Attend to the others, feed forward, and attend to oneself; see the class."""
        pairs, heads = self._pairs_and_heads(inputs, mask)
        outputs = []
        for index, (x, x_mask) in enumerate(pairs):
            others = _without(heads, index)
            attended = self._attend(
                index,
                heads[index][0],
                _joined([keys for _, keys, _ in others]),
                _joined([values for _, _, values in others]),
                merged_mask(_without(pairs, index)),
                training,
            )
            x = x + self._dropout(attended, training=training)
            x = self._feed_forwards[index](x, training=training)
            if self.self_attention:
                x = self._blocks[index](x, query_mask=x_mask, training=training)
            else:
                x = zero_masked(x, x_mask)
            outputs.append(x)
        return like_inputs(outputs, self.modality_names, inputs)

    def attention_to(self, name: Name, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return how much each token of a modality is attended to, `(batch, length)`.

        It is the mean of the weights over the heads and over all tokens of the other modalities.

        Args:
            name: The modality.
            inputs: As for a call.
            mask: As for a call.
        """
        pairs, heads = self._pairs_and_heads(inputs, mask)
        names, parts = self.modality_names, []
        for index, (_, x_mask) in enumerate(pairs):
            if names[index] == name:
                continue
            others = _without(heads, index)
            _, scores = masked_attention(
                heads[index][0],
                _joined([keys for _, keys, _ in others]),
                _joined([values for _, _, values in others]),
                merged_mask(_without(pairs, index)),
                return_weights=True,
            )
            tokens = {
                each: x for each, (x, _) in zip(names, pairs, strict=True) if each != names[index]
            }
            parts.append((scores[..., span_of(name, tokens)], x_mask))
        return attention_received(parts)

    def _pairs_and_heads(self, inputs: Tensors, mask: Mask) -> tuple[list[Any], list[Any]]:
        """Return tokens, zero where masked, and masks; and their queries, keys and values."""
        pairs = [
            (zero_masked(x, x_mask), x_mask)
            for x, x_mask in values_and_masks(inputs, mask, self.modality_names)
        ]
        heads = [
            self._heads_of(projection(normalization(x)))
            for (x, _), normalization, projection in zip(
                pairs, self._normalizations, self._projections, strict=True
            )
        ]
        return pairs, heads

    def _heads_of(self, projected: Tensor) -> list[Any]:
        """Return queries, keys and values, `(batch, heads, length, head_dim)` each."""
        length = ops.shape(projected)[1]
        x = ops.reshape(projected, (-1, length, 3, self.num_heads, self._head_dim))
        # Once across memory for all three: taking them apart is then free, its gradient one copy.
        return ops.unstack(ops.transpose(x, (2, 0, 3, 1, 4)), 3)

    def _attend(
        self, index: int, queries: Tensor, keys: Any, values: Tensor, mask: Mask, training: Any
    ) -> Tensor:
        """Return what modality `index` gathers from all the others, `(batch, length, dim)`."""
        attended = masked_attention(
            queries,
            keys,
            values,
            mask,
            dropout=self.dropout if training else 0.0,
            seed=self._seed_generator,
        )
        attended = self._output_projections[index](heads_last(attended))
        if mask is not None:
            # The bias has made something of nothing in the rows that have none of the others.
            attended = zero_masked(attended, ops.any(mask, axis=-1)[:, None])
        return attended

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "self_attention": self.self_attention}


def _joined(parts: list[Any]) -> Any:
    """Join keys or values of several modalities along their length."""
    return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=2)


def _without(values: list[Any], index: int) -> list[Any]:
    return values[:index] + values[index + 1 :]
