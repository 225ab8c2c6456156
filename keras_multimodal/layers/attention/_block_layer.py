"""What the layers share that are made of transformer blocks."""

from typing import Any, Self

import keras

from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers._modalities import (
    argument_name,
    in_order,
    like_inputs,
    modality_names,
    modality_widths,
    single_width,
    values_and_masks,
)
from keras_multimodal.layers._older_arguments import BLOCK_ARGUMENTS, renamed
from keras_multimodal.layers.attention._transformer_block import (
    FeedForward,
    TransformerBlock,
    seed_of,
)
from keras_multimodal.types import Activation, Mask, Shapes, Tensors

# How many seeds in a row a transformer block takes.
_SEEDS = 4


class BlockLayer(keras.layers.Layer):
    """Knows how wide the blocks are that it is made of, and makes their parts.

    Args:
        num_heads: Number of heads.
        key_dim: Width of each head; the tokens' width divided by `num_heads` by default.
        intermediate_dim: Width of the hidden layers; four times that of the tokens by default.
        dropout: Rate of what is dropped in training.
        activation: Activation of the hidden layers.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_at_least(1, num_heads=num_heads, key_dim=key_dim, intermediate_dim=intermediate_dim)
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.activation = keras.activations.get(activation)
        self.seed = seed
        self.supports_masking = True

    def seed_of_part(self, number: int) -> int | None:
        """Return a seed for the part `number`, perhaps a whole block, that no other part has."""
        return seed_of(self.seed, _SEEDS * number)

    def make_block(self, number: int, name: str) -> TransformerBlock:
        """Return the part `number`, a transformer block."""
        return TransformerBlock(
            self.num_heads,
            self.key_dim,
            self.intermediate_dim,
            self.dropout,
            self.activation,
            self.seed_of_part(number),
            dtype=self.dtype_policy,
            name=name,
        )

    def make_feed_forward(self, number: int, name: str, residual: bool = True) -> FeedForward:
        """Return the part `number`, the network that is applied to each token by itself."""
        return FeedForward(
            self.intermediate_dim,
            self.dropout,
            self.activation,
            self.seed_of_part(number),
            residual,
            dtype=self.dtype_policy,
            name=name,
        )

    def make_dropout(self, number: int) -> keras.layers.Dropout:
        """Return the part `number`, dropout of what is added to the tokens."""
        return keras.layers.Dropout(
            self.dropout, seed=self.seed_of_part(number), dtype=self.dtype_policy
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the layer of a configuration, also of one that says `feed_forward_dim`."""
        return super().from_config(renamed(config, BLOCK_ARGUMENTS))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }


class MutualBlockLayer(BlockLayer):
    """Takes the tokens of two modalities or more, and gives each of them back, changed.

    A subclass makes its parts in `build_parts`, and says in `output_width` how wide they make what
    comes out.
    """

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the parts."""
        self.modality_names = modality_names(input_shape)
        shapes = in_order(input_shape, self.modality_names)
        if len(shapes) < 2:
            raise ValueError(
                "`inputs` must have at least two modalities, which attend to each other. "
                f"Received: inputs with the names {list(self.modality_names)}"
            )
        widths = modality_widths(input_shape, self.modality_names)
        for name, shape in zip(self.modality_names, shapes, strict=True):
            if len(shape) != 3:
                raise ValueError(
                    f"`{argument_name(name)}` must be tokens (batch, length, dim). "
                    f"Received: shape {tuple(shape)}"
                )
        width = single_width(widths)
        if self.key_dim is None and width % self.num_heads:
            raise ValueError(
                "`num_heads` must divide the inputs' width, or `key_dim` be given. "
                f"Received: num_heads={self.num_heads}, inputs of width {width}"
            )
        self.build_parts(shapes, width)

    def build_parts(self, shapes: list[Any], width: int) -> None:
        """Make the parts.

        Args:
            shapes: Each modality's `(batch, length, width)`, in the order of `modality_names`.
            width: The modalities' width.
        """
        raise NotImplementedError

    def output_width(self, width: int, modalities: int) -> int:
        """Return the results' width, given the inputs' width and number."""
        return width

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs, with `output_width` for the last axis."""
        names = modality_names(input_shape)
        shapes = [
            (*shape[:-1], self.output_width(shape[-1], len(names)))
            for shape in in_order(input_shape, names)
        ]
        return like_inputs(shapes, names, input_shape)

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return the inputs, with `output_width` for the last axis."""
        names = self.modality_names
        outputs = [
            keras.KerasTensor(
                (*x.shape[:-1], self.output_width(x.shape[-1], len(names))),
                dtype=self.compute_dtype,
            )
            for x, _ in values_and_masks(inputs, mask, names)
        ]
        return like_inputs(outputs, names, inputs)
