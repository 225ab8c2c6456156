"""Small layers that put masks on tensors, read them off, and turn any output into a loss."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Mask, Masks, Shapes, Tensor, Tensors


def widen(mask: Mask, rank: int) -> Tensor:
    """Append axes of length one to `mask` until it has `rank` axes."""
    return ops.reshape(mask, (*ops.shape(mask), *[1] * (rank - len(mask.shape))))


def vary(values: Tensor) -> Tensor:
    """Multiply each value by a number of its place: a plain sum may be constant."""
    numbers = ops.cos(ops.cast(ops.arange(ops.size(values)), values.dtype))
    return values * ops.reshape(numbers, ops.shape(values))


@register
class AttachMask(keras.layers.Layer):
    """Gives the first of two tensors the second as its Keras mask."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensors) -> Tensors:
        """Return a copy of the tensor, so that the caller's own stays without a mask."""
        return ops.copy(inputs[0])

    def compute_mask(self, inputs: Tensors, previous_mask: Mask) -> Masks:
        """Return the second tensor."""
        return inputs[1]

    def compute_output_spec(self, inputs: Tensors) -> Tensors:
        """Return a spec like the first tensor."""
        return keras.KerasTensor(inputs[0].shape, dtype=inputs[0].dtype)


@register
class ReadMask(keras.layers.Layer):
    """Returns `{"output_0": tensor, "output_0_mask": its mask, ...}` for a nest of tensors."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensors, mask: Mask = None) -> dict[str, Any]:
        """Return each tensor, and its mask where it has one."""
        tensors = keras.tree.flatten(inputs)
        masks = keras.tree.flatten(mask) if mask is not None else [None] * len(tensors)
        outputs = {}
        for i, (tensor, tensor_mask) in enumerate(zip(tensors, masks, strict=True)):
            outputs[f"output_{i}"] = tensor
            if tensor_mask is not None:
                outputs[f"output_{i}_mask"] = tensor_mask
        return outputs

    def compute_mask(self, inputs: Tensors, previous_mask: Mask) -> None:
        """Return None: the masks are outputs of their own now."""


@register
class Summary(keras.layers.Layer):
    """The varied mean of all valid values of every float output, times one weight: `(batch, 1)`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes = None) -> None:
        """Make one weight, so that a layer that has none can still be fitted."""
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Sum the means of the float outputs."""
        tensors = keras.tree.flatten(inputs)
        masks = keras.tree.flatten(mask) if mask is not None else [None] * len(tensors)
        means = []
        for tensor, tensor_mask in zip(tensors, masks, strict=True):
            if not keras.backend.is_float_dtype(tensor.dtype):
                continue
            values = ops.cast(tensor, "float32")
            if tensor_mask is not None:
                values = ops.where(widen(tensor_mask, len(values.shape)), values, 0.0)
            # Over all but the rows; the mean alone of a normalized vector is constant.
            means.append(ops.mean(vary(values), axis=tuple(range(1, len(values.shape)))))
        total = sum(means[1:], means[0])
        return ops.expand_dims(total * self.scale, -1)  # (batch, 1)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask) -> None:
        """Return None: one number for each row needs no mask."""

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, int]:
        """Return `(batch, 1)`."""
        return (None, 1)
