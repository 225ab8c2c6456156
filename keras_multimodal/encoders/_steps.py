"""Steps to tokens: convolutions over time whose places don't depend on the length."""

from keras import ops

from keras_multimodal.types import Mask, Tensor


def pool_mask(steps: Mask, stride: int) -> Mask:
    """Return True where any of `stride` steps is there, `(batch, ceil(steps / stride))`."""
    if stride == 1:
        return steps
    numbers = ops.cast(ops.pad(steps, ((0, 0), (0, stride - 1))), "float32")
    return ops.max_pool(numbers[..., None], stride, strides=stride, padding="valid")[..., 0] > 0.5


def pooled_length(length: int | None, stride: int) -> int | None:
    """Return `ceil(length / stride)`, None where the length is unknown."""
    return None if length is None else -(-length // stride)


def pad_steps(x: Tensor, before: int, after: int) -> Tensor:
    """Put zeros before and after `(batch, steps, ...)`."""
    return ops.pad(x, ((0, 0), (before, after), *((0, 0) for _ in x.shape[2:])))


def with_mask_channel(values: Tensor, steps: Mask) -> Tensor:
    """Append a channel to `(batch, steps, channels)`: 1 where a step is there, else 0.

    A network can then tell a step that is not there, which is zero, from a value of zero.
    """
    there = ops.ones_like(values[..., :1])
    if steps is not None:
        there = ops.cast(steps, there.dtype)[..., None]
    return ops.concatenate([values, there], axis=-1)


def check_series(values_shape: tuple[int | None, ...]) -> None:
    """Raise a ValueError unless it is `(batch, steps, channels)`, the channels known."""
    if len(values_shape) != 3 or values_shape[-1] is None:
        raise ValueError(
            "`inputs` must be series of shape (batch, steps, channels), channels known. "
            f"Received: shape {values_shape}"
        )
