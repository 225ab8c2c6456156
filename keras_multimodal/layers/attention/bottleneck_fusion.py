"""Modalities that tell each other what goes through a few shared tokens."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers._modalities import (
    in_order,
    like_inputs,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    part_name,
    single_width,
    values_and_masks,
)
from keras_multimodal.layers.attention._block_stack import BlockStack, for_each_row
from keras_multimodal.types import Activation, Mask, Shapes, Tensors


@register
class BottleneckFusion(BlockStack):
    """Lets each modality attend to itself and to bottleneck tokens that all modalities share.

    With `X_m` modality `m`'s tokens, `B` the bottleneck tokens, at first learned ones, `[...]`
    tokens one after the other, and in each layer a transformer block for each modality:

    `[X_m', B_m] = block_m([X_m, B])`, `B' = mean_m B_m`, over the modalities that a row has

    What the modalities write into the bottleneck in one layer they read in the next. Attention
    costs the sum of the squared lengths, and not the square of their sum.

    Args:
        num_heads: Number of heads, at least 1.
        num_bottlenecks: Number of bottleneck tokens, at least 1. Default 4.
        num_layers: Number of layers, at least 2: in one alone nothing is read that another
            modality has written. Default 2.
        key_dim: Width of each head's queries, keys and values; the tokens' width divided by
            `num_heads` by default.
        intermediate_dim: Width of the blocks' hidden layer; four times the tokens' width by
            default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            tokens that is dropped in training, in [0, 1). Default 0.
        activation: Activation of the hidden layer. Default `"gelu"`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of one width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, each of which is one token, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        The modalities in the structure and the shapes of `inputs`.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included, and
        the output there is exactly zero. A modality without a real token in a row has no part in
        that row's mean, and no gradient. A row without any modality gives zeros.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of
            float tensors of one width, or have other names than those the layer was built for; if
            `num_heads` doesn't divide that width and `key_dim` isn't given; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> places = keras.random.normal((2, 9, 16))
    >>> words = keras.random.normal((2, 5, 16))
    >>> places, words = BottleneckFusion(num_heads=4)([places, words])
    >>> tuple(places.shape), tuple(words.shape)
    ((2, 9, 16), (2, 5, 16))

    Reference:
        Nagrani et al., "Attention Bottlenecks for Multimodal Fusion", 2021, section 3.2.3,
        equations 8 and 9. There every modality is always present. The layers of one modality alone
        that come first in the paper's mid fusion, and its class tokens, are for the encoders.
    """

    def __init__(
        self,
        num_heads: int,
        num_bottlenecks: int = 4,
        num_layers: int = 2,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_heads=num_heads,
            num_layers=num_layers,
            key_dim=key_dim,
            intermediate_dim=intermediate_dim,
            dropout=dropout,
            activation=activation,
            seed=seed,
            **kwargs,
        )
        check_at_least(1, num_bottlenecks=num_bottlenecks)
        if num_layers < 2:
            raise ValueError(
                "`num_layers` must be at least 2: what a modality writes into the bottleneck is "
                f"read in the next layer. Received: num_layers={num_layers}"
            )
        self.num_bottlenecks = num_bottlenecks

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the bottleneck tokens and the blocks."""
        self.modality_names = names = modality_names(input_shape)
        dim = single_width(modality_widths(input_shape, names))
        self._bottlenecks = self.add_vectors("bottlenecks", self.num_bottlenecks, dim)
        # One list of blocks for each layer.
        self._blocks = [
            [
                self.make_block(layer * len(names) + m, f"{part_name(name)}_block_{layer}")
                for m, name in enumerate(names)
            ]
            for layer in range(self.num_layers)
        ]
        for m, shape in enumerate(in_order(input_shape, names)):
            length = merged_length([shape, (None, self.num_bottlenecks, dim)])
            for blocks in self._blocks:
                blocks[m].build((None, length, dim))

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Exchange what goes through the bottleneck; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        bottlenecks = for_each_row(self._bottlenecks, pairs[0][0])
        tokens, masks, present = [], [], []
        for pair in pairs:
            value, value_mask = merged_tokens([pair])  # a vector becomes a token
            there = ops.ones_like(bottlenecks[:, :1, 0], dtype="bool")  # (batch, 1)
            if value_mask is not None:
                there = ops.any(value_mask, axis=1, keepdims=True)
                # Beside a modality that is absent the bottleneck is masked, and comes out as zeros.
                bottleneck_mask = ops.repeat(there, self.num_bottlenecks, axis=1)
                value_mask = ops.concatenate([value_mask, bottleneck_mask], axis=1)
            tokens.append(value)
            masks.append(value_mask)
            present.append(there)
        counts = ops.sum(ops.cast(ops.stack(present, axis=1), bottlenecks.dtype), axis=1)
        counts = ops.expand_dims(ops.maximum(counts, 1), -1)  # (batch, 1, 1)

        for blocks in self._blocks:
            written = []
            for m, block in enumerate(blocks):
                x = ops.concatenate([tokens[m], bottlenecks], axis=1)
                x = block(x, query_mask=masks[m], training=training)
                tokens[m] = x[:, : -self.num_bottlenecks]
                written.append(x[:, -self.num_bottlenecks :])
            bottlenecks = sum(written) / counts
        outputs = [
            value if len(given.shape) == 3 else value[:, 0]
            for value, (given, _) in zip(tokens, pairs, strict=True)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs."""
        return input_shape

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return the inputs' shapes."""
        outputs = [
            keras.KerasTensor(value.shape, dtype=self.compute_dtype)
            for value, _ in values_and_masks(inputs, mask, self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "num_bottlenecks": self.num_bottlenecks}
