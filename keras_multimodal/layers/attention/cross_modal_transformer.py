"""Each modality seen through each of the others."""

import itertools
from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers._modalities import like_inputs, part_name, values_and_masks
from keras_multimodal.layers.attention._block_layer import MutualBlockLayer
from keras_multimodal.types import Activation, Mask, Tensors


@register
class CrossModalTransformer(MutualBlockLayer):
    """A stack of transformer blocks for each ordered pair of modalities.

    With `X_m` modality `m`'s tokens and `D` the number of layers, for each target `m` and each
    other modality `k`, the source:

    `Z_0 = X_m`, `Z_i = block_mki(Z_(i-1), X_k)` for `i = 1 ... D`

    where `block(Z, X)` is `Y + W_2 f(W_1 norm(Y))` with `Y = Z + attention(norm(Z), norm(X))`. The
    `Z_D` of all sources stand side by side, and blocks in which the tokens attend to each other
    follow:

    `output_m = self_block_m(concat_k(Z_D))`

    Args:
        num_heads: Number of heads, at least 1.
        num_layers: Number of blocks for each pair, at least 1. Default 2.
        num_self_attention_layers: Number of blocks for each target at the end; 0 for none.
            Default 1.
        key_dim: Width of each head's queries, keys and values; by default the width of the tokens
            that attend, divided by `num_heads`.
        intermediate_dim: Width of the hidden layers; by default four times that of the tokens that
            go through them.
        dropout: Rate of the attention weights, of the hidden layers and of what is added to the
            tokens that is dropped in training, in [0, 1). Default 0.
        activation: The `f`. Default `"gelu"`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of two or more modalities' tokens, `(batch, length, dim)`, of one
            width and any lengths. Their positions are the caller's to add.
        mask: A list or dict of their masks, boolean `(batch, length)`, True where a token is real;
            `None` where all are. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        The modalities in the structure of `inputs`, `(batch, length, (modalities - 1) * dim)`. Of
        the last axis, the first `dim` were seen through the first of the other modalities: in the
        order of `modality_names`, that of a list, or a dict's names sorted.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included,
        and the output there is exactly zero. Where a source is absent from a row, attention adds
        exactly zero: the target's tokens go through the feed-forward parts alone.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of two
            or more tensors of tokens, of a float dtype and one width, or have other names than
            those the layer was built for; if `num_heads` doesn't divide their width and `key_dim`
            isn't given; or if a mask isn't a boolean that fits its modality.

    Example:

    >>> import keras
    >>> inputs = {
    ...     "audio": keras.random.normal((2, 9, 16)),
    ...     "image": keras.random.normal((2, 7, 16)),
    ...     "text": keras.random.normal((2, 5, 16)),
    ... }
    >>> outputs = CrossModalTransformer(num_heads=4)(inputs)
    >>> tuple(outputs["text"].shape)
    (2, 5, 32)

    Reference:
        Tsai et al., "Multimodal Transformer for Unaligned Multimodal Language Sequences", 2019,
        sections 3.1 to 3.3, equations 1 to 5. Without its convolutions and positions, which are
        the caller's. What attention and the feed-forward part are added to isn't normalized here,
        as in the authors' code; in equation 4 it is.
    """

    def __init__(
        self,
        num_heads: int,
        num_layers: int = 2,
        num_self_attention_layers: int = 1,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_heads, key_dim, intermediate_dim, dropout, activation, seed, **kwargs)
        check_at_least(1, num_layers=num_layers)
        check_at_least(0, num_self_attention_layers=num_self_attention_layers)
        self.num_layers = num_layers
        self.num_self_attention_layers = num_self_attention_layers

    def build_parts(self, shapes: list[Any], width: int) -> None:
        """Make the blocks of each pair, and those of each target."""
        numbers = itertools.count()
        # By target, then by source: each a stack of blocks.
        self._pair_blocks: list[list[Any]] = []
        self._self_blocks: list[Any] = []
        names = {name: part_name(name) for name in self.modality_names}
        for target, shape in zip(self.modality_names, shapes, strict=True):
            stacks = []
            for source, source_shape in zip(self.modality_names, shapes, strict=True):
                if source == target:
                    continue
                stack = [
                    self.make_block(next(numbers), f"{names[target]}_from_{names[source]}_{layer}")
                    for layer in range(self.num_layers)
                ]
                for block in stack:
                    block.build(shape, source_shape)
                stacks.append(stack)
            self._pair_blocks.append(stacks)
            merged = (*shape[:-1], self.output_width(width, len(shapes)))
            stack = [
                self.make_block(next(numbers), f"{names[target]}_self_{layer}")
                for layer in range(self.num_self_attention_layers)
            ]
            for block in stack:
                block.build(merged)
            self._self_blocks.append(stack)

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """See each modality through the others; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        outputs = []
        for index, (tokens, tokens_mask) in enumerate(pairs):
            sources = pairs[:index] + pairs[index + 1 :]
            seen = []
            for (source, source_mask), stack in zip(sources, self._pair_blocks[index], strict=True):
                x = tokens
                for block in stack:
                    x = block(
                        x,
                        source,
                        query_mask=tokens_mask,
                        context_mask=source_mask,
                        training=training,
                    )
                seen.append(x)
            x = seen[0] if len(seen) == 1 else ops.concatenate(seen, axis=-1)
            for block in self._self_blocks[index]:
                x = block(x, query_mask=tokens_mask, training=training)
            outputs.append(x)  # (batch, length, (modalities - 1) * dim)
        return like_inputs(outputs, self.modality_names, inputs)

    def output_width(self, width: int, modalities: int) -> int:
        """Return the width of what was seen through each of the others, side by side."""
        return (modalities - 1) * width

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "num_layers": self.num_layers,
            "num_self_attention_layers": self.num_self_attention_layers,
        }
