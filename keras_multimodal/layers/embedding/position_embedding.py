"""Where each token stands in its sequence, or on its grid."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.layers._initializers import clone_initializer, embedding_initializer
from keras_multimodal.layers.embedding._sinusoids import periods_of_positions, sinusoids
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Initializer, Mask, Shape, Tensor, Tensors


@register
class PositionEmbedding(keras.layers.Layer):
    """Adds to each token a vector that tells where it stands.

    With `x_k` the token at position `k` from 0: `output_k = x_k + e_k`, where `e_k` is a learned
    vector (`"learned"`), or with `w` the `max_wavelength` and features `2 i` and `2 i + 1`
    (`"sinusoidal"`):

    `e_k = sin(k / w^(2 i / dim))` and `cos(k / w^(2 i / dim))`

    On a grid the token at position `k` stands in row `r = k // columns` and column
    `c = k % columns`. Learned vectors of both are added; sinusoids of `r` make the first half of
    the features, those of `c` the second.

    Args:
        mode: `"learned"` (default) or `"sinusoidal"`.
        max_length: With `"learned"`, the number of positions, at least 1: no sequence may be
            longer. Not for a grid, nor for `"sinusoidal"`, which knows no end.
        grid: The rows and columns of tokens on a grid, such as `(14, 14)` for the patches of a
            picture, row by row. Default `None`: a sequence.
        max_wavelength: The `w` of `"sinusoidal"`: the longest wave takes nearly `2 pi w`
            positions. Default 10000.
        embeddings_initializer: Initializer of the learned vectors. Default `None`: normal numbers
            of standard deviation 0.02.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`. For `"sinusoidal"`, 2 divides `dim`, and 4 on a grid.
        mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras mask by
            default.

    Returns:
        Tokens `(batch, length, dim)`.

    Masking:
        Masked places count as positions. What stands there is never read, NaN included, the output
        there is exactly zero, and the output keeps the mask.

    Raises:
        ValueError: If an argument is out of its range, or doesn't go with the mode; if the inputs
            aren't tokens of a float dtype, or their width isn't divided as above; if a sequence is
            longer than `max_length`, or isn't as long as its grid has places; or if the mask isn't
            a boolean that fits them.

    Example:

    >>> words, patches = keras.ops.zeros((2, 5, 16)), keras.ops.zeros((2, 12, 16))
    >>> tuple(PositionEmbedding(max_length=64)(words).shape)
    (2, 5, 16)
    >>> tuple(PositionEmbedding("sinusoidal", grid=(3, 4))(patches).shape)
    (2, 12, 16)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, section 3.5 (`"sinusoidal"`); Dosovitskiy
        et al., "An Image is Worth 16x16 Words", 2021, appendix D.4 (learned rows and columns, which
        are concatenated there); He et al., "Masked Autoencoders Are Scalable Vision Learners",
        2022, whose code has sinusoids on a grid, all sines before all cosines.
    """

    def __init__(
        self,
        mode: Literal["learned", "sinusoidal"] = "learned",
        max_length: int | None = None,
        grid: Sequence[int] | None = None,
        max_wavelength: float = 10000.0,
        embeddings_initializer: Initializer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if mode not in ("learned", "sinusoidal"):
            raise ValueError(f"`mode` must be 'learned' or 'sinusoidal'. Received: mode={mode!r}")
        if grid is not None and (len(grid) != 2 or min(grid) < 1):
            raise ValueError(
                "`grid` must be a positive number of rows and one of columns. "
                f"Received: grid={grid}"
            )
        needs_length = mode == "learned" and grid is None
        if needs_length != (max_length is not None):
            raise ValueError(
                "`max_length` must be given for learned positions of a sequence, and for nothing "
                f"else. Received: max_length={max_length}, mode={mode!r}, grid={grid}"
            )
        if max_length is not None and max_length < 1:
            raise ValueError(f"`max_length` must be at least 1. Received: max_length={max_length}")
        if not max_wavelength > 0:
            raise ValueError(
                f"`max_wavelength` must be above 0. Received: max_wavelength={max_wavelength}"
            )
        self.mode = mode
        self.max_length = max_length
        self.grid = None if grid is None else (grid[0], grid[1])
        self.max_wavelength = max_wavelength
        self.embeddings_initializer = embedding_initializer(embeddings_initializer)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Make the learned vectors."""
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise ValueError(
                "`inputs` must be tokens of shape (batch, length, dim), dim known. "
                f"Received: shape {tuple(input_shape)}"
            )
        dim = input_shape[-1]
        divisor = 2 if self.grid is None else 4
        if self.mode == "sinusoidal" and dim % divisor:
            raise ValueError(
                f"`inputs` must have a width that {divisor} divides, a sine and a cosine for each "
                f"axis. Received: width {dim}"
            )
        self._embeddings: list[Any] = []
        if self.mode == "learned":
            sizes = {"embeddings": self.max_length}
            if self.grid is not None:
                sizes = dict(zip(("row_embeddings", "column_embeddings"), self.grid, strict=True))
            self._embeddings = [
                self.add_weight(
                    name=name,
                    shape=(size, dim),
                    initializer=clone_initializer(self.embeddings_initializer),
                )
                for name, size in sizes.items()
            ]

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Add the vectors; see the class."""
        self._check(inputs, mask)
        length, dim = ops.shape(inputs)[1], inputs.shape[-1]
        table = self._table(length, dim) if self.grid is None else self._grid_table(*self.grid, dim)
        # A length that isn't known before the graph runs must fail here if it doesn't fit: a sum
        # would take a table of one row for all positions.
        table = ops.reshape(table, (1, length, dim))
        return zero_masked(inputs + ops.cast(table, inputs.dtype), mask)

    def _table(self, length: Any, dim: int) -> Tensor:
        """Return the vectors of a sequence's positions, `(length, dim)`."""
        if self.mode == "learned":
            return self._embeddings[0][:length]
        return self._waves(length, dim)

    def _grid_table(self, rows: int, columns: int, dim: int) -> Tensor:
        """Return the vectors of all places on the grid, `(rows * columns, dim)`."""
        if self.mode == "learned":
            by_row, by_column = self._embeddings
            return ops.reshape(by_row[:, None] + by_column[None], (rows * columns, dim))
        half = dim // 2
        by_row = ops.repeat(self._waves(rows, half), columns, axis=0)
        by_column = ops.tile(self._waves(columns, half), (rows, 1))
        return ops.concatenate([by_row, by_column], axis=-1)

    def _waves(self, length: Any, dim: int) -> Tensor:
        positions = ops.arange(length, dtype="float32")
        return sinusoids(positions, periods_of_positions(dim, self.max_wavelength))

    def _check(self, inputs: Tensors, mask: Mask) -> None:
        check_float(inputs, "inputs")
        check_mask(mask, inputs, "mask")
        length = inputs.shape[1]
        if length is None:
            return
        if self.max_length is not None and length > self.max_length:
            raise ValueError(
                f"`inputs` must have a length of at most `max_length={self.max_length}`. "
                f"Received: length {length}"
            )
        if self.grid is not None and length != self.grid[0] * self.grid[1]:
            raise ValueError(
                f"`inputs` must have a token for each place of `grid={self.grid}`. "
                f"Received: length {length}"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the inputs."""
        return tuple(input_shape)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return specs like the inputs."""
        self._check(inputs, mask)
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "mode": self.mode,
            "max_length": self.max_length,
            "grid": self.grid,
            "max_wavelength": self.max_wavelength,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
