"""One layer with the inputs it is tried on, and the ways of calling it that the checks share."""

import copy
import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.testing._probes import AttachMask, ReadMask

_NOT_TENSORS = ("self", "training", "mask")


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
        """The mask that the tensor carries."""
        return self.mask if self.flag is None else None

    @property
    def has_length(self) -> bool:
        """Whether the mask runs along a length, and not over rows only."""
        return self.mask is not None and self.mask.ndim > 1

    def with_mask(self, mask: np.ndarray | None) -> "Leaf":
        """The same array under another mask, or none."""
        return dataclasses.replace(self, mask=mask)

    def with_masked_content(self, fill: float) -> "Leaf":
        """The same array with `fill` at its masked places.

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
    """What one call returned, flat: names for messages, values, and masks where there are some."""

    labels: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray | None, ...]


@dataclasses.dataclass(frozen=True)
class Symbolic:
    """A Functional model around one layer, and the layer's symbolic outputs in it."""

    model: keras.Model
    outputs: Any


def widen(mask: np.ndarray, rank: int) -> np.ndarray:
    """Append axes of length one to `mask` until it has `rank` axes."""
    return mask.reshape(mask.shape + (1,) * (rank - mask.ndim))


def label(path: Sequence[Any], root: str) -> str:
    """`root` and a path in it, as Python would write it: `root['image'][0]`."""
    return root + "".join(f"[{key!r}]" for key in path)


def flatten_shapes(shapes: Any) -> list[tuple[int | None, ...]]:
    """The shapes in a nest of shapes, in the order in which the tensors would be flattened."""
    tensors = keras.tree.map_shape_structure(lambda shape: keras.KerasTensor(shape), shapes)
    return [tuple(tensor.shape) for tensor in keras.tree.flatten(tensors)]


def _array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    return array.astype("float32") if array.dtype == "float64" else array


class Case:
    """A layer class, how it is made, and what it is called with.

    Args:
        cls: The layer class.
        init_kwargs: Its constructor's arguments.
        inputs: As for `run_layer_conformance`.
        masks: As for `run_layer_conformance`.
        call_kwargs: Further keyword arguments of every call.
        expected_output_shape: Shapes of the outputs.
        expected_output_mask: Masks of the outputs.
    """

    def __init__(
        self,
        cls: type[keras.layers.Layer],
        init_kwargs: Mapping[str, Any],
        inputs: Any,
        masks: Any,
        call_kwargs: Mapping[str, Any],
        expected_output_shape: Any,
        expected_output_mask: Any,
    ) -> None:
        self.cls = cls
        self.init_kwargs = dict(init_kwargs)
        self.call_kwargs = dict(call_kwargs)
        self.expected_shapes = flatten_shapes(expected_output_shape)
        self.expected_masks = (
            [None] * len(self.expected_shapes)
            if expected_output_mask is None
            else keras.tree.flatten(expected_output_mask)
        )
        if len(self.expected_masks) != len(self.expected_shapes):
            raise ValueError(
                "`expected_output_mask` must have one mask or None for each output. Received: "
                f"{len(self.expected_masks)} masks for {len(self.expected_shapes)} outputs"
            )
        self._parameters = inspect.signature(cls.call).parameters
        self.arguments = self._name(inputs)
        named_masks = {} if masks is None else self._name(masks, "masks")
        self.leaves = self._pair_leaves(named_masks)

    def _name(self, values: Any, source: str = "inputs") -> dict[str, Any]:
        """Name the values of a tuple, or one value, after the call's arguments."""
        names = [
            name
            for name in self._parameters
            if name not in _NOT_TENSORS and not name.endswith("_mask")
        ]
        values = values if isinstance(values, tuple) else (values,)
        if len(values) > len(names):
            raise ValueError(
                f"`{source}` must have no more entries than {self.cls.__name__}.call has tensor "
                f"arguments {names}; put several tensors for one argument in a list or a dict. "
                f"Received: a tuple of {len(values)}"
            )
        return dict(zip(names, values, strict=False))

    def _pair_leaves(self, masks: Mapping[str, Any]) -> list[Leaf]:
        flat_masks: list[Any] = []
        flags = {}
        for name, value in self.arguments.items():
            mask = masks.get(name)
            if mask is None:
                if _has_flag(value):
                    flags[len(flat_masks)] = len(flat_masks) + 1
                flat_masks += [None] * len(keras.tree.flatten(value))
            else:
                keras.tree.assert_same_structure(value, mask)
                flat_masks += keras.tree.flatten(mask)
        paths = [
            (label(path, name), leaf)
            for name, value in self.arguments.items()
            for path, leaf in keras.tree.flatten_with_path(value)
        ]
        leaves = [
            Leaf(name, _array(value), None if mask is None else np.asarray(mask))
            for (name, value), mask in zip(paths, flat_masks, strict=True)
        ]
        for i, flag in flags.items():
            leaves[i] = dataclasses.replace(leaves[i], mask=leaves[flag].value, flag=flag)
        for leaf in leaves:
            _validate(leaf, len(leaves[0].value) if leaves[0].value.ndim else 0)
        return leaves

    @property
    def masked(self) -> list[int]:
        """Positions in `leaves` of the inputs that have a mask."""
        return [i for i, leaf in enumerate(self.leaves) if leaf.mask is not None]

    @property
    def all_maskable(self) -> bool:
        """Whether every input has a mask, presence flags aside."""
        flags = {leaf.flag for leaf in self.leaves}
        return all(leaf.mask is not None or i in flags for i, leaf in enumerate(self.leaves))

    def replace(self, changes: Mapping[int, Leaf]) -> list[Leaf]:
        """The inputs with some of them changed, and the presence flags with their masks."""
        leaves = [changes.get(i, leaf) for i, leaf in enumerate(self.leaves)]
        for leaf in changes.values():
            if leaf.flag is not None and leaf.mask is not None:
                leaves[leaf.flag] = dataclasses.replace(leaves[leaf.flag], value=leaf.mask)
        return leaves

    def pack(self, flat: Sequence[Any]) -> dict[str, Any]:
        """Call arguments by name, nested as `inputs` was, from one value for each leaf."""
        remaining = list(flat)
        packed = {}
        for name, value in self.arguments.items():
            count = len(keras.tree.flatten(value))
            packed[name] = keras.tree.pack_sequence_as(value, remaining[:count])
            remaining = remaining[count:]
        return packed

    def explicit_masks(self, leaves: Sequence[Leaf]) -> dict[str, Any]:
        """Masks by the name of the call's mask argument; empty where `call` takes none."""
        packed = self.pack([leaf.carried_mask for leaf in leaves])
        explicit = {}
        for i, (name, mask) in enumerate(packed.items()):
            if all(part is None for part in keras.tree.flatten(mask)):
                continue
            if f"{name}_mask" in self._parameters:
                explicit[f"{name}_mask"] = mask
            elif i == 0 and "mask" in self._parameters:
                explicit["mask"] = mask
        return keras.tree.map_structure(
            lambda part: None if part is None else ops.convert_to_tensor(part), explicit
        )

    def make(self, **overrides: Any) -> keras.layers.Layer:
        """A new layer; nothing is shared with the layers made before."""
        return self.cls(**{**copy.deepcopy(self.init_kwargs), **overrides})

    def make_built(self, **overrides: Any) -> keras.layers.Layer:
        """A new layer, built by a call, with every trainable weight moved off its initial value.

        A zero gate, a zero bias or a unit scale hides what stands behind it: a leak through a
        closed gate cannot be seen, nor can a missing gradient.
        """
        layer = self.make(**overrides)
        self.call(layer)
        rng = np.random.default_rng(0)
        for variable in layer.trainable_variables:
            if keras.backend.is_float_dtype(variable.dtype):
                value = variable.numpy() + 0.25 * rng.normal(size=variable.shape)
                constraint = getattr(variable, "constraint", None)
                variable.assign(value if constraint is None else constraint(value))
        return layer

    def invoke(
        self,
        function: Callable[..., Any],
        tensors: Sequence[Any],
        leaves: Sequence[Leaf],
        *,
        explicit_masks: bool = False,
        training: bool | None = False,
    ) -> Any:
        """Call `function` as the layer is called, with `tensors` in the place of the arrays.

        The masks of `leaves` travel on the tensors, as in a model, unless `explicit_masks`.
        """
        kwargs = dict(self.call_kwargs)
        if training is not None:
            kwargs["training"] = training
        if explicit_masks:
            kwargs |= self.explicit_masks(leaves)
        else:
            tensors = [
                tensor
                if leaf.carried_mask is None
                else AttachMask()([tensor, ops.convert_to_tensor(leaf.carried_mask)])
                for tensor, leaf in zip(tensors, leaves, strict=True)
            ]
        return function(*self.pack(tensors).values(), **kwargs)

    def call(
        self,
        layer: keras.layers.Layer,
        leaves: Sequence[Leaf] | None = None,
        *,
        explicit_masks: bool = False,
        training: bool | None = False,
    ) -> Outputs:
        """Call `layer` eagerly."""
        leaves = self.leaves if leaves is None else leaves
        tensors = [ops.convert_to_tensor(leaf.value) for leaf in leaves]
        return self.read(
            self.invoke(layer, tensors, leaves, explicit_masks=explicit_masks, training=training)
        )

    def read(self, outputs: Any) -> Outputs:
        """Flatten tensors and their masks into NumPy."""
        labels = [label(path, "output") for path, _ in keras.tree.flatten_with_path(outputs)]
        return self.unpack(labels, ReadMask()(outputs))

    def unpack(self, labels: Sequence[str], flat: Mapping[str, Any]) -> Outputs:
        """Turn what `ReadMask` returned into `Outputs`."""
        arrays = {name: ops.convert_to_numpy(value) for name, value in flat.items()}
        return Outputs(
            tuple(labels),
            tuple(arrays[f"output_{i}"] for i in range(len(labels))),
            tuple(arrays.get(f"output_{i}_mask") for i in range(len(labels))),
        )

    def functional(self, layer: keras.layers.Layer, probe: keras.layers.Layer) -> Symbolic:
        """A Functional model around `layer`, its batch and its lengths unknown, read by `probe`."""
        inputs, tensors = {}, []
        flags = {leaf.flag: leaf for leaf in self.leaves if leaf.flag is not None}
        for i, leaf in enumerate(self.leaves):
            mask = flags.get(i, leaf).mask
            known = 1 if mask is None else mask.ndim
            shape = (*[None] * (known - 1), *leaf.value.shape[known:])
            dtype = keras.backend.standardize_dtype(ops.convert_to_tensor(leaf.value).dtype)
            tensor = keras.Input(shape, dtype=dtype, name=f"input_{i}")
            inputs[f"input_{i}"] = tensor
            if leaf.carried_mask is not None:
                carried = keras.Input(shape[: known - 1], dtype="bool", name=f"input_{i}_mask")
                inputs[f"input_{i}_mask"] = carried
                tensor = AttachMask()([tensor, carried])
            tensors.append(tensor)
        outputs = layer(*self.pack(tensors).values(), **self.call_kwargs)
        return Symbolic(keras.Model(inputs, probe(outputs)), outputs)

    def feed(self) -> dict[str, np.ndarray]:
        """The inputs of the model that `functional` makes."""
        feed = {}
        for i, leaf in enumerate(self.leaves):
            feed[f"input_{i}"] = leaf.value
            if leaf.carried_mask is not None:
                feed[f"input_{i}_mask"] = leaf.carried_mask
        return feed


def _has_flag(value: Any) -> bool:
    """Whether `value` is `[values, present]`, as an encoder takes an optional modality.

    `present` is a flag for each row, or for each step of each row.
    """
    if not isinstance(value, list) or len(value) != 2 or isinstance(value[1], (list, dict)):
        return False
    values, flag = np.asarray(value[0]), np.asarray(value[1])
    fits = flag.ndim in (1, 2) and flag.shape == values.shape[: flag.ndim]
    return flag.dtype == bool and fits and values.ndim > 1


def _validate(leaf: Leaf, rows: int) -> None:
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
