"""The arrays that a layer is tried on and what it makes of them, flat."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.types import Shapes, Tensor


@dataclasses.dataclass(frozen=True)
class Leaf:
    """One input array, its name in messages, and its mask.

    The mask is carried by the tensor, or, where `flag` is given, stated by another input, at that
    position: the flags of `[values, present]`, for each row or for each of its steps.
    """

    label: str
    value: np.ndarray
    mask: np.ndarray | None = None
    flag: int | None = None

    @property
    def carried_mask(self) -> np.ndarray | None:
        """Return the mask that the tensor carries."""
        return self.mask if self.flag is None else None

    @property
    def has_length(self) -> bool:
        """Return whether the mask runs along a length, and not over rows only."""
        return self.mask is not None and self.mask.ndim > 1

    def with_mask(self, mask: np.ndarray | None) -> "Leaf":
        """Return the same array under another mask, or none."""
        return dataclasses.replace(self, mask=mask)

    def with_masked_content(self, fill: float) -> "Leaf":
        """Return the same array with `fill` at its masked places.

        Token ids and flags have no NaN and no room for 1e4: ids become another id of the array,
        flags are flipped.
        """
        if self.mask is None:
            return self
        if self.value.dtype == bool:
            content: Any = ~self.value
        elif self.value.dtype.kind in "iu":
            content = self.value.min() if np.isnan(fill) else self.value.max()
        else:
            content = fill
        mask = widen(self.mask, self.value.ndim)
        return dataclasses.replace(
            self, value=np.where(mask, self.value, content).astype(self.value.dtype)
        )


@dataclasses.dataclass(frozen=True)
class Outputs:
    """The flat outputs of one call: names for messages, values, and masks where there are some."""

    labels: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray | None, ...]


def widen(mask: np.ndarray, rank: int) -> np.ndarray:
    """Append axes of length one to `mask` until it has `rank` axes."""
    return mask.reshape(mask.shape + (1,) * (rank - mask.ndim))


def label(path: Sequence[Any], root: str) -> str:
    """Write `root` and a path in it as Python does: `root['image'][0]`."""
    return root + "".join(f"[{key!r}]" for key in path)


def output_labels(outputs: Tensor) -> list[str]:
    """Return the names of the tensors in a nest of outputs."""
    return [label(path, "output") for path, _ in keras.tree.flatten_with_path(outputs)]


def flatten_shapes(shapes: Shapes) -> list[tuple[int | None, ...]]:
    """Return the shapes in a nest of shapes, in the order of flattened tensors."""
    tensors = keras.tree.map_shape_structure(lambda shape: keras.KerasTensor(shape), shapes)
    return [tuple(tensor.shape) for tensor in keras.tree.flatten(tensors)]


def carried_masks(leaves: Sequence[Leaf]) -> list[Any]:
    """Return the mask that each tensor carries, as a tensor, or None."""
    masks = [leaf.carried_mask for leaf in leaves]
    return [None if mask is None else ops.convert_to_tensor(mask) for mask in masks]


def content(leaves: Sequence[Leaf]) -> tuple[Any, ...]:
    """Return all that a call sees of `leaves`, as a key of a dict."""
    masks = [leaf.carried_mask for leaf in leaves]
    return tuple(
        (leaf.value.shape, leaf.value.tobytes(), None if mask is None else mask.tobytes())
        for leaf, mask in zip(leaves, masks, strict=True)
    )


def as_array(value: Tensor) -> np.ndarray:
    array = np.asarray(value)
    return array.astype("float32") if array.dtype == "float64" else array


def has_flag(value: Tensor) -> bool:
    """Return whether `value` is `[values, present]`, as an encoder takes an optional modality.

    `present` is a flag for each row, or for each step of each row.
    """
    if not isinstance(value, list) or len(value) != 2 or isinstance(value[1], (list, dict)):
        return False
    values, flag = np.asarray(value[0]), np.asarray(value[1])
    fits = flag.ndim in (1, 2) and flag.shape == values.shape[: flag.ndim]
    return flag.dtype == bool and fits and values.ndim > 1


def validate(leaf: Leaf, rows: int) -> None:
    """Raise unless `leaf` has `rows` rows, as the others, and a mask with both kinds of places."""
    if leaf.value.ndim == 0 or len(leaf.value) != rows or rows < 2:
        raise ValueError(
            "`inputs` must have the same number of rows, two or more. Received: "
            f"{leaf.label} of shape {leaf.value.shape}, and {rows} rows in the first input"
        )
    if leaf.mask is None:
        return
    if leaf.mask.dtype != bool:
        raise ValueError(
            f"`masks` must be boolean. Received: the mask of {leaf.label} is {leaf.mask.dtype}"
        )
    if leaf.mask.ndim == 0 or leaf.mask.shape != leaf.value.shape[: leaf.mask.ndim]:
        raise ValueError(
            "`masks` must have the leading axes of their inputs. Received: a mask of shape "
            f"{leaf.mask.shape} for {leaf.label} of shape {leaf.value.shape}"
        )
    if leaf.mask.all() or not leaf.mask.any():
        raise ValueError(
            "`masks` must have both valid and masked places, or the checks would see nothing. "
            f"Received: the mask of {leaf.label} is {bool(leaf.mask.all())} everywhere"
        )
