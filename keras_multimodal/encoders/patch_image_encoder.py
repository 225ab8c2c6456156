"""A transformer that reads a picture as a grid of patches."""

from typing import Any, Self, cast

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_rates
from keras_multimodal.encoders._pictures import check_image, check_picture_shape, check_pixels
from keras_multimodal.encoders._transformer import Transformer, check_transformer
from keras_multimodal.encoders.encoder import Encoder, Grid
from keras_multimodal.layers import PositionEmbedding
from keras_multimodal.layers._older_arguments import BLOCK_ARGUMENTS, renamed
from keras_multimodal.layers.attention._transformer_block import seed_of
from keras_multimodal.schema import Image, Modality
from keras_multimodal.types import Mask, Tensor


@register
class PatchImageEncoder(Encoder):
    """Reads a picture into one token for each of its patches, trained from scratch.

    A picture is cut into patches of `patch_size` by `patch_size` pixels. With `q_rc` the pixels of
    the patch in row `r` and column `c`, `x_rc = W q_rc + b + p_r + p'_c` goes through `num_layers`
    blocks, `y = x + attention(norm(x))` and `x = y + W_2 gelu(W_1 norm(y))`, and a last
    normalization.

    Args:
        dim: Width of each token, at least 1.
        patch_size: Height and width of a patch in pixels, at least 1. Default 8.
        num_layers: Number of blocks, at least 1. Default 4.
        num_heads: Number of heads, which divides `dim`. Default 4.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times `dim` by default.
        class_token: Whether the first token is a learned one, which has no patch of its own and
            gathers what the head needs; `FirstTokenPooling` takes it. Default False.
        dropout: Rate of the tokens' features, the attention weights, the hidden layer and what is
            added to the tokens that is dropped in training, in [0, 1). Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Pictures `(batch, height, width, channels)` in [0, 1], height and width known and
            divided by `patch_size`, or the list `[pictures, present]` with `present` a boolean
            `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, patches, dim)`, row by row of the grid; with `class_token` one more, first.

    Masking:
        Without `present` every token is real and the output has no mask. With it, an absent
        picture has no valid token, and its tokens are zero.

    Raises:
        ValueError: If an argument is out of its range; if the pictures have the wrong rank, an
            unknown size, one that `patch_size` doesn't divide, or an integer dtype.

    Example:

    >>> pictures = keras.random.uniform((2, 72, 72, 3))
    >>> tuple(PatchImageEncoder(dim=16, num_layers=1)(pictures).shape)
    (2, 81, 16)

    Reference:
        Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021, equations 1 to 4. Positions are
        learned by row and column, the variant of its appendix D.4, and the class token is left to
        choice.
    """

    kind = "image"

    def __init__(
        self,
        dim: int,
        patch_size: int = 8,
        num_layers: int = 4,
        num_heads: int = 4,
        intermediate_dim: int | None = None,
        class_token: bool = False,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_transformer(
            dim, num_layers, num_heads, intermediate_dim=intermediate_dim, patch_size=patch_size
        )
        check_rates(dropout=dropout)
        self.patch_size = patch_size
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.class_token = class_token
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self._patches = keras.layers.Conv2D(
            dim, patch_size, strides=patch_size, dtype=policy, name="patches"
        )
        self._feature_dropout = keras.layers.Dropout(dropout, seed=seed, dtype=policy)
        self._transformer = Transformer(
            num_layers,
            num_heads,
            intermediate_dim,
            dropout,
            seed=seed_of(seed, 1),
            dtype=policy,
            name="transformer",
        )

    def check_modality(self, modality: Modality) -> None:
        """Check that it makes pictures with channels last, of float32 in [0, 1]."""
        super().check_modality(modality)
        check_image(cast("Image", modality), type(self).__name__)

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Build the layers for pictures `(batch, height, width, channels)`."""
        check_picture_shape(values_shape)
        _, height, width, _ = values_shape
        if not height or not width or height % self.patch_size or width % self.patch_size:
            raise ValueError(
                "`inputs` must be pictures whose height and width are known and divided by "
                f"`patch_size={self.patch_size}`. Received: shape {values_shape}"
            )
        if self._patches.built:
            return
        self._patches.build(values_shape)
        grid = (height // self.patch_size, width // self.patch_size)
        self._positions = PositionEmbedding(grid=grid, dtype=self.dtype_policy, name="positions")
        tokens = (values_shape[0], grid[0] * grid[1], self.dim)
        self._positions.build(tokens)
        self._transformer.build(tokens)
        if self.class_token:
            self._class_token = self.add_weight(
                name="class_token",
                shape=(1, self.dim),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
            )

    def values_mask(self, values: Tensor) -> None:
        """Return None: every patch of a picture that is there is a real token."""
        check_pixels(values)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return what the blocks make of each patch, `(batch, patches, dim)`."""
        x = self._patches(values)  # (batch, rows, columns, dim)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], self.dim))
        x = self._positions(x)
        if self.class_token:
            first = ops.zeros_like(x[:, :1]) + ops.cast(self._class_token, x.dtype)
            x = ops.concatenate([first, x], axis=1)
        x = self._feature_dropout(x, training=training)
        return self._transformer(x, mask=mask, training=training)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Return the patches, and the class token."""
        grid = self.grid(values_shape)
        return None if grid is None else grid[0] * grid[1] + self.class_token

    def grid(self, values_shape: tuple[int | None, ...]) -> Grid | None:
        """Return the patches in a column and in a row."""
        _, height, width, _ = values_shape
        if height is None or width is None:
            return None
        return height // self.patch_size, width // self.patch_size

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the encoder of a configuration, also of one that says `feed_forward_dim`."""
        return super().from_config(renamed(config, BLOCK_ARGUMENTS))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "class_token": self.class_token,
            "dropout": self.dropout,
            "seed": self.seed,
        }
