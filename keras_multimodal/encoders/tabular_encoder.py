"""A table's row, its numbers and categories, as one token for each column."""

from collections.abc import Sequence
from typing import Any, Literal, Self

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_float
from keras_multimodal.layers.attention._block_layer import BlockLayer, check_at_least
from keras_multimodal.layers.attention._block_stack import for_each_row
from keras_multimodal.ops import zero_masked
from keras_multimodal.schema import Modality, Tabular
from keras_multimodal.types import Activation, Mask, Masks, Shapes, Tensor, Tensors


@register
class TabularEncoder(BlockLayer):
    """Reads a table's row into one token for each column, trained from scratch.

    With `x_c` a number, `E_c[i_c]` the embedding of a category in its column, and `w_c` and `b_c`
    learned for each column, the columns' tokens are

    `t_c = x_c w_c + b_c` for a number, `t_c = E_c[i_c] + b_c` for a category

    and go through `num_layers` transformer blocks, after a learned token if `class_token`.

    Args:
        numeric: How many numeric columns there are.
        category_counts: For each categorical column, how many different ids it has, with missing
            (0) and unknown (1): at least 2 each. `schema.Tabular.category_counts` has them.
        dim: Width of each token, at least 1.
        num_layers: Number of transformer blocks, 0 for none. Default 0.
        num_heads: Number of heads of the blocks, at least 1; divides `dim` unless `key_dim` is
            given. Default 4.
        missing: What becomes of a missing cell of a row that is there: `"mask"` (default), its
            token is masked; `"token"`, it is a token learned for the column.
        class_token: Whether a learned token comes first, that is real wherever the row is there.
            It learns something of the row only in blocks, here or in what follows. Default False.
        key_dim: Width of each head; `dim // num_heads` by default.
        intermediate_dim: Width of the blocks' hidden layer; four times `dim` by default.
        dropout: Rate of what is dropped in the blocks in training, in [0, 1). Default 0.
        activation: Activation of the hidden layer. Default `"gelu"`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list of what there is of: numbers `(batch, numeric)` of a float dtype, if there
            are numeric columns; ids `(batch, categorical)` of an integer dtype, if there are
            categorical ones; and last, if rows or cells may be missing, a boolean: `(batch,
            numeric + categorical)`, True where a cell is there, or `(batch,)`, True where a row is.
            A single tensor needs no list.
        mask: Not used; the mask comes from `inputs`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, columns, dim)`, numeric columns first, or `(batch, 1 + columns, dim)` with
        a class token.

    Masking:
        A cell is missing where the boolean says so, where its row is absent, and where its id is 0.
        A row is absent where the `(batch,)` flag says so, or if there is none, where it has no
        cell. Tokens of absent rows, and of missing cells with `missing="mask"`, are zero and
        masked; what `inputs` holds there is never read, NaN included. An id out of its column's
        range is read as 1, a category that is unknown.

    Raises:
        ValueError: If an argument is out of its range, or the inputs are not those above.

    Example:

    >>> numbers = keras.ops.convert_to_tensor([[0.3, -1.2], [0.0, 0.5]])
    >>> ids = keras.ops.convert_to_tensor([[3], [2]])
    >>> cells = keras.ops.convert_to_tensor([[True, True, True], [False, True, True]])
    >>> encoder = TabularEncoder(numeric=2, category_counts=(5,), dim=8)
    >>> tuple(encoder([numbers, ids, cells]).shape)
    (2, 3, 8)

    Reference:
        Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021, section 3.3
        (the feature tokenizer and FT-Transformer). Its class token comes last, and its first block
        lacks one normalization; the missing cells are ours.
    """

    def __init__(
        self,
        numeric: int,
        category_counts: Sequence[int],
        dim: int,
        num_layers: int = 0,
        num_heads: int = 4,
        missing: Literal["mask", "token"] = "mask",
        class_token: bool = False,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_heads=num_heads,
            key_dim=key_dim,
            intermediate_dim=intermediate_dim,
            dropout=dropout,
            activation=activation,
            seed=seed,
            **kwargs,
        )
        check_at_least(1, dim=dim)
        check_at_least(0, numeric=numeric, num_layers=num_layers)
        if any(count < 2 for count in category_counts):
            raise ValueError(
                "`category_counts` must be at least 2 each (missing and unknown). "
                f"Received: category_counts={tuple(category_counts)}"
            )
        if not numeric and not category_counts:
            raise ValueError(
                "`numeric` and `category_counts` must make at least one column. "
                f"Received: numeric={numeric}, category_counts={tuple(category_counts)}"
            )
        if missing not in ("mask", "token"):
            raise ValueError(f"`missing` must be 'mask' or 'token'. Received: missing={missing!r}")
        if num_layers and key_dim is None and dim % num_heads:
            raise ValueError(
                "`num_heads` must divide `dim`, or `key_dim` be given. "
                f"Received: num_heads={num_heads}, dim={dim}"
            )
        self.numeric = numeric
        self.category_counts = tuple(category_counts)
        self.dim = dim
        self.num_layers = num_layers
        self.missing = missing
        self.class_token = class_token
        counts = self.category_counts
        self._offsets = [sum(counts[:column]) for column in range(len(counts))]
        if counts:
            # One table for all columns, each with rows of its own: one look-up instead of many.
            self._embedding = keras.layers.Embedding(
                sum(counts),
                dim,
                embeddings_initializer=self._initializer(),
                dtype=self.dtype_policy,
                name="embedding",
            )
        self._blocks = [self.make_block(i, f"block_{i}") for i in range(num_layers)]

    @classmethod
    def from_schema(cls, modality: Tabular, dim: int, **kwargs: Any) -> Self:
        """Make the encoder of a table whose categories have been learned.

        Args:
            modality: The table's description.
            dim: Width of each token.
            **kwargs: As for the class.

        Raises:
            ValueError: If the categories of `modality` have not been learned yet.
        """
        if len(modality.categories) < len(modality.categorical):
            raise ValueError(
                f"`modality` must have learned its categories: `records.split(...)` or "
                f"`records.adapt()` does so. Received: table {modality.name!r} without categories"
            )
        return cls(len(modality.numeric), modality.category_counts, dim, **kwargs)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return self.numeric + len(self.category_counts)

    def _initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.RandomUniform(-(self.dim**-0.5), self.dim**-0.5)

    def check_modality(self, modality: Modality) -> None:
        """Check that a modality is a table of these columns.

        Args:
            modality: The modality's description.

        Raises:
            ValueError: If it is of another kind, or its columns are others.
        """
        if not isinstance(modality, Tabular):
            raise ValueError(
                f"`modality` must be a table. Received: {modality.name!r} of the kind "
                f"{modality.kind!r}"
            )
        found = (len(modality.numeric), modality.category_counts)
        if found != (self.numeric, self.category_counts):
            raise ValueError(
                f"{modality.name!r} must have {self.numeric} numeric columns, and categories of "
                f"{self.category_counts} ids. Received: {found[0]} and {found[1]}. "
                "`TabularEncoder.from_schema` makes the encoder of a table"
            )

    def build(self, input_shape: Shapes) -> None:
        """Make the weights for the shapes of the inputs."""
        self._check_shapes(_listed(input_shape))
        if self.built:
            return

        def add_vectors(name: str, count: int) -> Tensor:
            return self.add_weight(
                name=name, shape=(count, self.dim), initializer=self._initializer()
            )

        if self.numeric:
            self._scale = add_vectors("scale", self.numeric)
        self._bias = add_vectors("bias", self.columns)
        if self.missing == "token":
            self._missing_tokens = add_vectors("missing_tokens", self.columns)
        if self.class_token:
            self._class_token = add_vectors("class_token", 1)
        if self.category_counts:
            self._embedding.build((None, len(self.category_counts)))
        for block in self._blocks:
            block.build((None, self.columns + self.class_token, self.dim))

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Make the tokens; see the class."""
        numbers, ids, there = self._split(inputs)
        cells, rows = self._cells_and_rows(numbers, ids, there)
        parts = []
        if numbers is not None:
            if cells is not None:
                numbers = ops.where(cells[:, : self.numeric], numbers, ops.zeros_like(numbers))
            numbers = ops.cast(numbers, self.compute_dtype)[..., None]
            parts.append(numbers * ops.cast(self._scale, numbers.dtype))  # (batch, numeric, dim)
        if ids is not None:
            parts.append(self._embedding(self._rows_of_table(ids)))  # (batch, categorical, dim)
        x = ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        x = x + ops.cast(self._bias, x.dtype)  # (batch, columns, dim)
        if self.missing == "token":
            if cells is None:
                cells = ops.ones_like(x[..., 0], dtype="bool")
            x = ops.where(cells[..., None], x, ops.cast(self._missing_tokens, x.dtype))
        if self.class_token:
            x = ops.concatenate([for_each_row(self._class_token, x), x], axis=1)
        mask = self._token_mask(cells, rows)
        x = zero_masked(x, mask)
        for block in self._blocks:
            x = block(x, query_mask=mask, training=training)
        return x

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the tokens' mask, `(batch, tokens)`, or None where every token is real."""
        return self._token_mask(*self._cells_and_rows(*self._split(inputs)))

    def _rows_of_table(self, ids: Tensor) -> Tensor:
        """Return where each id's vector stands in the table that all columns share."""
        ids = ops.cast(ids, "int32")
        counts = ops.convert_to_tensor(self.category_counts, "int32")
        known = ops.logical_and(ids >= 0, ids < counts)
        return ops.where(known, ids, ops.ones_like(ids)) + ops.convert_to_tensor(
            self._offsets, "int32"
        )

    def _cells_and_rows(self, numbers: Tensor, ids: Tensor, there: Mask) -> tuple[Any, Any]:
        """Return which cells are there, `(batch, columns)`, and which rows; None for all."""
        if there is None and ids is None:
            return None, None
        parts = [] if numbers is None else [ops.ones_like(numbers, dtype="bool")]
        parts += [] if ids is None else [ops.not_equal(ids, 0)]
        cells = ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        if there is None:
            return cells, None if self.numeric else ops.any(cells, axis=1, keepdims=True)
        if len(there.shape) == 1:
            return ops.logical_and(cells, there[:, None]), there[:, None]
        cells = ops.logical_and(cells, there)
        return cells, ops.any(cells, axis=1, keepdims=True)

    def _token_mask(self, cells: Any, rows: Any) -> Mask:
        """Return the mask of the tokens, from that of the cells and that of the rows."""
        if self.missing == "token":
            if rows is None:
                return None
            cells = ops.logical_and(ops.ones((1, self.columns), dtype="bool"), rows)
        if cells is None or not self.class_token:
            return cells
        if rows is None:
            rows = ops.ones_like(cells[:, :1], dtype="bool")
        return ops.concatenate([rows, cells], axis=1)

    def _split(self, inputs: Tensors) -> tuple[Any, Any, Any]:
        """Return the numbers, the ids, and which cells or rows are there; None if not given."""
        tensors = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self._check_shapes([tuple(tensor.shape) for tensor in tensors])
        numbers = tensors.pop(0) if self.numeric else None
        ids = tensors.pop(0) if self.category_counts else None
        there = tensors.pop(0) if tensors else None
        if numbers is not None:
            check_float(numbers, "inputs[0]")
        if ids is not None and not keras.backend.is_int_dtype(ids.dtype):
            raise ValueError(
                "`inputs` must have the categories' ids in an integer dtype. "
                f"Received: dtype {ids.dtype}"
            )
        if there is not None and keras.backend.standardize_dtype(there.dtype) != "bool":
            raise ValueError(
                "`inputs` must end with a boolean, which cells or rows are there, if it has more "
                f"than numbers and ids. Received: dtype {there.dtype}"
            )
        return numbers, ids, there

    def _check_shapes(self, shapes: list[tuple[int | None, ...]]) -> None:
        widths = [width for width in (self.numeric, len(self.category_counts)) if width]
        flags = shapes[len(widths) :]
        fits = len(widths) <= len(shapes) <= len(widths) + 1
        for shape, width in zip(shapes, widths, strict=False):
            fits = fits and len(shape) == 2 and shape[1] in (None, width)
        for shape in flags:
            fits = fits and (
                len(shape) == 1 or (len(shape) == 2 and shape[1] in (None, self.columns))
            )
        if not fits:
            raise ValueError(
                "`inputs` must be a list of "
                + ", ".join(f"(batch, {width})" for width in widths)
                + f" and, if something may be missing, (batch, {self.columns}) or (batch,). "
                f"Received: shapes {', '.join(map(str, shapes))}"
            )

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, tokens, dim)`."""
        return (_listed(input_shape)[0][0], self.columns + self.class_token, self.dim)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "numeric": self.numeric,
            "category_counts": self.category_counts,
            "dim": self.dim,
            "num_layers": self.num_layers,
            "missing": self.missing,
            "class_token": self.class_token,
        }


def _listed(shape: Shapes) -> list[tuple[int | None, ...]]:
    """Return the inputs' shapes; that of a single tensor as a list of one."""
    if shape and isinstance(shape[0], (list, tuple)):
        return [tuple(part) for part in shape]
    return [tuple(shape)]
