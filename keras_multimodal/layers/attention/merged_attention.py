"""All modalities' tokens in one sequence, which attends to itself."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._attention_received import attention_received
from keras_multimodal.layers._modalities import (
    Name,
    in_order,
    merged_length,
    merged_tokens,
    modality_names,
    modality_widths,
    single_width,
    span_of,
    values_and_masks,
)
from keras_multimodal.layers.attention._block_stack import BlockStack
from keras_multimodal.layers.attention._transformer_block import Shape
from keras_multimodal.types import Activation, Mask, Masks, Shapes, Tensor, Tensors


@register
class MergedAttention(BlockStack):
    """Lets every token attend to every token of all modalities.

    With `X_m` modality `m`'s tokens, `e_m` its learned embedding and `[...]` tokens one after the
    other, `Z = [X_1 + e_1, ..., X_M + e_M]` goes through `num_layers` blocks:

    `Y = Z + attention(norm(Z), norm(Z))`, `Z' = Y + W_2 f(W_1 norm(Y))`

    Args:
        num_heads: Number of heads, at least 1.
        num_layers: Number of blocks, at least 1. Default 1.
        key_dim: Width of each head's queries, keys and values; the tokens' width divided by
            `num_heads` by default.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times the tokens' width by
            default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            tokens that is dropped in training, in [0, 1). Default 0.
        activation: The `f`. Default `"gelu"`.
        modality_embedding: Whether there are the `e_m`. Without them nothing but its content tells
            a token of one modality from another's. Default True.
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
        Tokens `(batch, sum of the lengths, dim)`, in the order of a list, or of a dict's names
        sorted.

    Masking:
        What stands at masked places is never read, NaN included, and the output there is exactly
        zero. A modality without a real token in a row takes no part in it, and has no gradient.
        The output's mask, `(batch, sum of the lengths)`, is the modalities' masks one after the
        other; there is none if no modality has one.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of
            float tensors of one width, or have other names than those the layer was built for; if
            `num_heads` doesn't divide that width and `key_dim` isn't given; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> places = keras.random.normal((2, 9, 16))
    >>> words = keras.random.normal((2, 5, 16))
    >>> MergedAttention(num_heads=4)({"image": places, "text": words}).shape
    TensorShape([2, 14, 16])

    Reference:
        Li et al., "VisualBERT: A Simple and Performant Baseline for Vision and Language", 2019;
        Chen et al., "UNITER: UNiversal Image-TExt Representation Learning", 2020, figure 1; Dou et
        al., "An Empirical Study of Training End-to-End Vision-and-Language Transformers", 2022
        (its merged attention). Those normalize after each sum, here the blocks' inputs are
        normalized. Where a token stands in its modality is for the encoders to say.
    """

    def __init__(
        self,
        num_heads: int,
        num_layers: int = 1,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        modality_embedding: bool = True,
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
        self.modality_embedding = modality_embedding

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the embeddings and the blocks."""
        self.modality_names = modality_names(input_shape)
        widths = modality_widths(input_shape, self.modality_names)
        dim = single_width(widths)
        if self.modality_embedding:
            self._embedding = self.add_vectors("modality_embedding", len(widths), dim)
        self._blocks = [self.make_block(i, f"block_{i}") for i in range(self.num_layers)]
        for block in self._blocks:
            block.build(self.compute_output_shape(input_shape))

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Merge and attend; see the class."""
        tokens, mask = self._merged(inputs, mask)
        for block in self._blocks:
            tokens = block(tokens, query_mask=mask, training=training)
        return tokens

    def _merged(self, inputs: Tensors, mask: Mask) -> tuple[Any, Any]:
        """Return all tokens, each with its modality's vector, and their mask."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        if self.modality_embedding:
            pairs = [(x + self._embedding[m], x_mask) for m, (x, x_mask) in enumerate(pairs)]
        return merged_tokens(pairs)

    def attention_to(self, name: Name, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return how much each token of a modality is attended to, `(batch, length)`.

        It is the mean of the weights over the heads and over the tokens of the other modalities, in
        the last block.

        Args:
            name: The modality.
            inputs: As for a call.
            mask: As for a call.
        """
        pairs = values_and_masks(inputs, mask, self.modality_names)
        tokens, tokens_mask = self._merged(inputs, mask)
        for block in self._blocks[:-1]:
            tokens = block(tokens, query_mask=tokens_mask)
        scores = self._blocks[-1].attention_scores(tokens, tokens_mask)
        by_name = {each: x for each, (x, _) in zip(self.modality_names, pairs, strict=True)}
        place, parts = span_of(name, by_name), []
        for each in self.modality_names:
            rows = span_of(each, by_name)
            if each != name:
                there = None if tokens_mask is None else tokens_mask[:, rows]
                parts.append((scores[:, :, rows, place], there))
        return attention_received(parts)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the masks one after the other; None where there are none."""
        _, mask = merged_tokens(values_and_masks(inputs, previous_mask, self.modality_names))
        return mask

    def compute_output_shape(self, input_shape: Shapes) -> Shape:
        """Return `(batch, sum of the lengths, dim)`."""
        shapes = in_order(input_shape, modality_names(input_shape))
        return (shapes[0][0], merged_length(shapes), shapes[0][-1])

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return `(batch, sum of the lengths, dim)`."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        shape = self.compute_output_shape([value.shape for value, _ in pairs])
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "modality_embedding": self.modality_embedding}
