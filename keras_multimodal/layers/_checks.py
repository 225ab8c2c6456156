"""What every layer asks of the tensors that it is called with."""

import keras

from keras_multimodal.types import Mask, Tensor


def check_at_least(least: int, **arguments: int | None) -> None:
    """Raise a ValueError if one of the arguments is below `least`; None is no number."""
    for argument, value in arguments.items():
        if value is not None and value < least:
            raise ValueError(f"`{argument}` must be at least {least}. Received: {argument}={value}")


def check_float(tensor: Tensor, argument: str) -> None:
    """Raise a ValueError unless `tensor` has a float dtype."""
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ValueError(
            f"`{argument}` must have a float dtype. Received: dtype {dtype}. Token ids belong "
            "through an embedding first, pixels through a rescaling."
        )


def check_mask(mask: Mask, tensor: Tensor, argument: str) -> None:
    """Raise an error unless `mask` is None or a boolean with one place for each token.

    Args:
        mask: The mask, or None.
        tensor: What it masks: `(batch, length, dim)` or `(batch, dim)`.
        argument: The mask's name in messages.

    Raises:
        TypeError: If it is no tensor or array.
        ValueError: If it has another dtype or shape.
    """
    if mask is None:
        return
    if not hasattr(mask, "dtype"):
        raise TypeError(
            f"`{argument}` must be a tensor or an array. Received: a {type(mask).__name__}"
        )
    dtype, shape = keras.backend.standardize_dtype(mask.dtype), tuple(mask.shape)
    expected = tuple(tensor.shape)[:-1]
    fits = len(shape) == len(expected) and all(
        None in pair or pair[0] == pair[1] for pair in zip(shape, expected, strict=True)
    )
    if dtype != "bool" or not fits:
        raise ValueError(
            f"`{argument}` must be boolean and have the shape of what it masks without the last "
            f"axis, {expected}. Received: dtype {dtype}, shape {shape}"
        )


def check_query_and_context(
    query: Tensor, context: Tensor, query_mask: Mask, context_mask: Mask
) -> None:
    """Raise an error unless these are tokens of a float dtype, with masks that fit them."""
    check_float(query, "query")
    check_float(context, "context")
    check_mask(query_mask, query, "query_mask")
    check_mask(context_mask, context, "context_mask")
