"""What every encoder has in common: the optional presence flag, and the mask it leads to."""

from typing import Any, ClassVar

import keras
from keras import ops

from keras_multimodal.encoders._embedded_ids import noted_modalities
from keras_multimodal.ops import zero_masked
from keras_multimodal.schema import Modality
from keras_multimodal.types import Mask, Masks, Shape, Shapes, Tensor, Tensors

Grid = tuple[int, int]


class Encoder(keras.layers.Layer):
    """Base of the encoders: one modality's tensor in, tokens and a mask out.

    An encoder is called as `encoder(values)`, or as `encoder([values, present])` where rows may
    lack the modality. A subclass writes three methods in terms of `values` alone:

    - `build_encoder(values_shape)` builds its sublayers,
    - `values_mask(values)` says which tokens `values` makes, `(batch, length)`, or `None` for all,
    - `encode(values, mask, training)` makes the tokens, `(batch, length, dim)`.

    Args:
        dim: Width of each token, at least 1.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: `values`, or the list `[values, present]` with `present` a boolean `(batch,)`.
        mask: Not used; the mask comes from `values` and `present`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`; those of absent rows are zero.

    Masking:
        The output's mask is True where a token is real: nowhere in a row whose `present` is
        False. What `values` holds in such a row is never read, NaN included.

    Raises:
        ValueError: If `dim` is less than 1, or `inputs` is a list of another length than 2.

    Example:

    >>> class Steps(Encoder):
    ...     def build_encoder(self, values_shape):
    ...         self.projection = keras.layers.Dense(self.dim)
    ...         self.projection.build(values_shape)
    ...
    ...     def values_mask(self, values):
    ...         return None
    ...
    ...     def encode(self, values, mask, training):
    ...         return self.projection(values)
    ...
    ...     def length(self, values_shape):
    ...         return values_shape[1]
    >>> present = keras.ops.convert_to_tensor([True, False])
    >>> tokens = Steps(dim=4)([keras.random.normal((2, 10, 3)), present])
    >>> tuple(tokens.shape), keras.ops.convert_to_numpy(tokens[1]).any()
    ((2, 10, 4), np.False_)
    """

    def __init__(self, dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if dim < 1:
            raise ValueError(f"`dim` must be at least 1. Received: dim={dim}")
        self.dim = dim
        self.supports_masking = True

    # The kind of modality that the encoder reads (`schema.Modality.kind`); empty for any.
    kind: ClassVar[str] = ""

    def check_modality(self, modality: Modality) -> None:
        """Check that the encoder can read what the preprocessing makes of a modality.

        `data.cache_features` and `tasks.attach_encoders` ask; in a model that is written by hand,
        ask it of `schema[name]`.

        Args:
            modality: The modality's description.

        Raises:
            ValueError: If it is of another kind, or what is made of it does not suit, such as a
                vocabulary larger than the embedding or another sample rate.
        """
        if self.kind and modality.kind != self.kind:
            raise ValueError(
                f"`modality` must be of the kind {self.kind!r}, which {type(self).__name__} reads. "
                f"Received: {modality.name!r} of the kind {modality.kind!r}"
            )

    def check_ids(self, modality: Modality) -> None:
        """Check that there is an embedding for each id of a modality, as far as ids are read.

        The encoder does so by itself where it is called with an input of `tasks.inputs(schema)`.

        Args:
            modality: The modality's description.

        Raises:
            ValueError: If it has more ids, or longer texts.
        """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the encoder; see the class."""
        for modality in noted_modalities((args, kwargs)):
            self.check_ids(modality)
        return super().__call__(*args, **kwargs)

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the sublayers for `values` of the given shape, each guarded by `built`."""
        raise NotImplementedError

    def values_mask(self, values: Tensor) -> Mask:
        """Return the tokens that `values` makes: a boolean `(batch, length)`, or `None` for all."""
        raise NotImplementedError

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Make the tokens `(batch, length, dim)`; `mask` is None where all are real."""
        raise NotImplementedError

    def length(self, values_shape: Shape) -> int | None:
        """Return how many tokens `values` of the given shape makes."""
        raise NotImplementedError

    def grid(self, values_shape: Shape) -> Grid | None:
        """Return the rows and columns whose places the tokens are, row by row; None if of none.

        Where there are more tokens, such as one for all, the grid's are the last.

        Args:
            values_shape: The shape of `values`.
        """

    def build(self, input_shape: Shapes) -> None:
        """Build the encoder for the shape of `values`, or of `[values, present]`."""
        values_shape, present_shape = split_shape(input_shape)
        if present_shape is not None:
            self.check_second_shape(tuple(values_shape), tuple(present_shape))
        self.build_encoder(tuple(values_shape))

    def check_second_shape(self, values_shape: Shape, present_shape: Shape) -> None:
        """Raise a ValueError unless the second input has a shape that goes with the first's."""
        if len(present_shape) != 1:
            raise ValueError(
                "`inputs` must be `values` or `[values, present]` with `present` of shape "
                f"(batch,). Received: shapes {values_shape} and {present_shape}"
            )

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Make the tokens; see the class."""
        values, present = split_inputs(inputs)
        if present is not None:
            # Zeros are as good as anything in a row that will be masked; NaN would not be.
            values = zero_absent(values, present)
        mask = self._token_mask(values, present)
        return zero_masked(self.encode(values, mask, training), mask)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return the tokens' mask, `(batch, length)`, or None where every token is real."""
        return self._token_mask(*split_inputs(inputs))

    def _token_mask(self, values: Tensor, present: Mask) -> Mask:
        mask = self.values_mask(values)
        if present is None:
            return mask
        present = ops.cast(present, "bool")[:, None]
        if mask is None:
            mask = self._all_tokens(values)
        return ops.logical_and(mask, present)

    def _all_tokens(self, values: Tensor) -> Tensor:
        """Return a mask of ones with one place for each token that `values` makes."""
        length = self.length(tuple(values.shape))
        if length is None:
            raise ValueError(
                f"{type(self).__name__} must know how many tokens its input makes when a "
                f"presence flag is given. Received: inputs of shape {tuple(values.shape)}"
            )
        return ops.ones((1, length), dtype="bool")

    def compute_output_shape(self, input_shape: Shapes) -> Shape:
        """Return `(batch, length, dim)`."""
        values_shape, _ = split_shape(input_shape)
        return (values_shape[0], self.length(tuple(values_shape)), self.dim)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "dim": self.dim}


def split_inputs(inputs: Tensors) -> tuple[Any, Any]:
    """Return `values`, and the second input or None."""
    if not isinstance(inputs, (list, tuple)):
        return inputs, None
    if len(inputs) != 2:
        raise ValueError(
            "`inputs` must be a tensor or the list `[values, present]`. "
            f"Received: a list of {len(inputs)}"
        )
    return inputs[0], inputs[1]


def split_shape(shape: Shapes) -> tuple[Any, Any]:
    """Return the shapes of `values` and of the second input, or None."""
    if shape and isinstance(shape[0], (list, tuple)):
        return split_inputs(list(shape))
    return shape, None


def zero_absent(values: Tensor, there: Mask) -> Tensor:
    """Return `values`, zero where the boolean `there`, of their first axes, is False."""
    there = ops.cast(there, "bool")
    for _ in range(len(values.shape) - len(there.shape)):
        there = ops.expand_dims(there, -1)
    return ops.where(there, values, ops.zeros_like(values))
