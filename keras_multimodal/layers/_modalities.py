"""Several modalities in one argument: a list of them, or a dict by name.

A Functional model sorts the dicts that go through it, so a layer that walked a dict would meet its
modalities in another order eagerly than in the model. Layers therefore settle the order when they
are built, and walk that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from keras import ops

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.types import Mask, Shapes, Tensors

Name = str | int
Names = tuple[Name, ...]


def modality_names(inputs_shape: Shapes) -> Names:
    """Return the modalities' names, in the order in which the layer is to walk them.

    Args:
        inputs_shape: A list of shapes, or a dict of them.

    Returns:
        The names of a dict, sorted; the positions of a list.

    Raises:
        ValueError: If `inputs_shape` is one shape, or empty.
    """
    if isinstance(inputs_shape, dict) and inputs_shape:
        return tuple(sorted(inputs_shape))
    if inputs_shape and all(isinstance(shape, (list, tuple)) for shape in inputs_shape):
        return tuple(range(len(inputs_shape)))
    raise ValueError(
        "`inputs` must be a list or a dict of at least one modality. "
        f"Received: shape {inputs_shape}"
    )


def part_name(name: Name) -> str:
    """Return what a layer's parts for a modality are called by: its name, as Keras takes it."""
    return inner_name(name) if isinstance(name, str) else str(name)


def in_order(structure: Tensors, names: Names, argument: str = "inputs") -> list[Any]:
    """Return the values of a list or dict, in the order of `names`.

    Args:
        structure: A list, or a dict by name.
        names: What `modality_names` returned.
        argument: The structure's name in messages.

    Raises:
        ValueError: If `structure` doesn't have the modalities `names`, those and no others.
    """
    if isinstance(structure, dict):
        values = structure
        fits = tuple(sorted(structure)) == names
    else:
        values = dict(enumerate(structure)) if isinstance(structure, (list, tuple)) else {}
        fits = tuple(values) == names
    if not fits:
        raise ValueError(
            f"`{argument}` must be {_describe(like_inputs(names, names))}, as when the layer was "
            f"built. Received: {_describe(structure)}"
        )
    return [values[name] for name in names]


def masks_in_order(mask: Mask, names: Names) -> list[Any]:
    """Return the masks in the order of `names`; None for each modality that has no mask."""
    return [None] * len(names) if mask is None else in_order(mask, names, "mask")


def values_and_masks(inputs: Tensors, mask: Mask, names: Names) -> list[tuple[Any, Any]]:
    """Return each modality's tensor and mask, in the order of `names`.

    Args:
        inputs: A list or dict of tokens `(batch, length, dim)` or vectors `(batch, dim)`.
        mask: A list or dict of masks, or None. Where a modality's is None, the tensor's own serves,
            as Keras does with an argument of its own: what is masked must not be read by mistake.
        names: What `modality_names` returned.

    Raises:
        TypeError: If a mask is no tensor.
        ValueError: If a tensor isn't of a float dtype, or a mask isn't a boolean that fits.
    """
    pairs = [
        (value, getattr(value, "_keras_mask", None) if value_mask is None else value_mask)
        for value, value_mask in zip(
            in_order(inputs, names), masks_in_order(mask, names), strict=True
        )
    ]
    for name, (value, value_mask) in zip(names, pairs, strict=True):
        check_float(value, argument_name(name))
        check_mask(value_mask, value, argument_name(name, "mask"))
    return pairs


def modality_widths(inputs_shape: Shapes, names: Names) -> dict[Name, int]:
    """Return the last axis of each modality, by name.

    Raises:
        ValueError: If a modality is neither tokens nor vectors of known width.
    """
    widths: dict[Name, int] = {}
    for name, shape in zip(names, in_order(inputs_shape, names), strict=True):
        if len(shape) not in (2, 3) or shape[-1] is None:
            raise ValueError(
                f"`{argument_name(name)}` must be tokens (batch, length, dim) or vectors "
                f"(batch, dim), dim known. Received: shape {tuple(shape)}"
            )
        widths[name] = shape[-1]
    return widths


def single_width(widths: Mapping[Name, int]) -> int:
    """Return the width that all modalities have.

    Raises:
        ValueError: If they have several.
    """
    if len(set(widths.values())) > 1:
        raise ValueError(
            "`inputs` must have one width; `SharedProjection(units)` gives them one. "
            f"Received: widths {dict(widths)}"
        )
    return next(iter(widths.values()))


def merged_tokens(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """Return all modalities' tokens, one modality after the other, and their mask.

    Args:
        pairs: What `values_and_masks` returned, of one width; a vector is one token.

    Returns:
        Tokens `(batch, sum of the lengths, dim)` and their boolean mask, None if there is no mask.
    """
    values, masks = [], []
    for value, mask in pairs:
        if len(value.shape) == 2:
            value = ops.expand_dims(value, 1)
            mask = None if mask is None else ops.expand_dims(mask, 1)
        values.append(value)
        masks.append(mask)
    merged = values[0] if len(values) == 1 else ops.concatenate(values, axis=1)
    return merged, merged_mask(list(zip(values, masks, strict=True)))


def merged_mask(pairs: Sequence[tuple[Any, Any]]) -> Mask:
    """Return the mask that `merged_tokens` makes, boolean `(batch, sum of the lengths)`.

    Args:
        pairs: Tokens `(batch, length, dim)` and masks; None if there is no mask.
    """
    if all(mask is None for _, mask in pairs):
        return None
    masks = [
        ops.ones_like(value[..., 0], dtype="bool") if mask is None else mask
        for value, mask in pairs
    ]
    return masks[0] if len(masks) == 1 else ops.concatenate(masks, axis=1)


def merged_length(shapes: Sequence[Any]) -> int | None:
    """Return the length that `merged_tokens` makes of these shapes; None if unknown."""
    lengths = [1 if len(shape) == 2 else shape[1] for shape in shapes]
    return None if None in lengths else sum(lengths)


def span_of(name: Name, tokens: Mapping[Name, Any]) -> slice:
    """Return where a modality's tokens are among those of several, one after the other.

    Args:
        name: The modality.
        tokens: By name, each modality's `(batch, length, dim)` or `(batch, dim)`, in their order.

    Raises:
        ValueError: If there is no such modality.
    """
    begin = 0
    for each, values in tokens.items():
        length = 1 if len(values.shape) == 2 else values.shape[1]
        if each == name:
            return slice(begin, begin + length)
        begin += length
    raise ValueError(f"`name` must be one of {list(tokens)}. Received: name={name!r}")


def like_inputs(values: Sequence[Any], names: Names, inputs: Tensors | Shapes = ()) -> Any:
    """Return `values` as the layer received its inputs: a list, a tuple or a dict by name.

    Args:
        values: One for each modality.
        names: What `modality_names` returned.
        inputs: What the layer received; a tuple where that is to be returned, and anything else
            where a list serves.
    """
    if isinstance(names[0], str):
        return dict(zip(names, values, strict=True))
    return tuple(values) if inputs and isinstance(inputs, tuple) else list(values)


def argument_name(name: Name, argument: str = "inputs") -> str:
    """Return how messages call one modality: `inputs['text']` or `inputs[0]`."""
    return f"{argument}[{name!r}]"


def _describe(structure: Tensors) -> str:
    if isinstance(structure, dict):
        return f"a dict with the names {sorted(structure)}"
    if isinstance(structure, (list, tuple)):
        return f"a list of {len(structure)}"
    return type(structure).__name__
