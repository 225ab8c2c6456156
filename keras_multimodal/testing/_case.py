"""One layer with the inputs it is tried on, and the ways of calling it that the checks share."""

import copy
import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.testing._leaves import (
    Leaf,
    Outputs,
    as_array,
    carried_masks,
    content,
    flatten_shapes,
    has_flag,
    label,
    output_labels,
    validate,
)
from keras_multimodal.testing._probes import AttachMask, ReadMask
from keras_multimodal.types import Masks, Shapes, Tensor, Tensors

_NOT_TENSORS = ("self", "training", "mask")


@dataclasses.dataclass(frozen=True)
class Symbolic:
    """A Functional model around one layer, and the layer's symbolic outputs in it."""

    model: keras.Model
    outputs: Any


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
        inputs: Tensors,
        masks: Masks,
        call_kwargs: Mapping[str, Any],
        expected_output_shape: Shapes,
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
        self._attach, self._read = AttachMask(), ReadMask()
        self._made: dict[Any, Any] = {}
        self._state: list[tuple[keras.Variable, np.ndarray]] = []

    def _name(self, values: Tensor, source: str = "inputs") -> dict[str, Any]:
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
                if has_flag(value):
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
            Leaf(name, as_array(value), None if mask is None else np.asarray(mask))
            for (name, value), mask in zip(paths, flat_masks, strict=True)
        ]
        for i, flag in flags.items():
            leaves[i] = dataclasses.replace(leaves[i], mask=leaves[flag].value, flag=flag)
        for leaf in leaves:
            validate(leaf, len(leaves[0].value) if leaves[0].value.ndim else 0)
        return leaves

    @property
    def masked(self) -> list[int]:
        """Positions in `leaves` of the inputs that have a mask."""
        return [i for i, leaf in enumerate(self.leaves) if leaf.mask is not None]

    @property
    def all_maskable(self) -> bool:
        """Return whether every input has a mask, presence flags aside."""
        flags = {leaf.flag for leaf in self.leaves}
        return all(leaf.mask is not None or i in flags for i, leaf in enumerate(self.leaves))

    def replace(self, changes: Mapping[int, Leaf]) -> list[Leaf]:
        """Return the inputs with some of them changed, and the presence flags with their masks."""
        leaves = [changes.get(i, leaf) for i, leaf in enumerate(self.leaves)]
        for leaf in changes.values():
            if leaf.flag is not None and leaf.mask is not None:
                leaves[leaf.flag] = dataclasses.replace(leaves[leaf.flag], value=leaf.mask)
        return leaves

    def pack(self, flat: Sequence[Any]) -> dict[str, Any]:
        """Return call arguments by name, nested as `inputs` was, from one value for each leaf."""
        remaining = list(flat)
        packed = {}
        for name, value in self.arguments.items():
            count = len(keras.tree.flatten(value))
            packed[name] = keras.tree.pack_sequence_as(value, remaining[:count])
            remaining = remaining[count:]
        return packed

    @property
    def unknown_shapes(self) -> list[tuple[int | None, ...]]:
        """Return the shapes of the inputs, with unknown batch and masked lengths."""
        flags = {leaf.flag: leaf for leaf in self.leaves if leaf.flag is not None}
        shapes = []
        for i, leaf in enumerate(self.leaves):
            mask = flags.get(i, leaf).mask
            known = 1 if mask is None else mask.ndim
            shapes.append((*[None] * known, *leaf.value.shape[known:]))
        return shapes

    def explicit_masks(self, leaves: Sequence[Leaf]) -> dict[str, Any]:
        """Return masks by the name of the call's mask argument; empty where `call` takes none."""
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
        """Return a new layer; nothing is shared with the layers made before."""
        return self.cls(**{**copy.deepcopy(self.init_kwargs), **overrides})

    def make_built(self, **overrides: Any) -> keras.layers.Layer:
        """Return a new layer, built by a call, with all trainable weights off their initial values.

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

    def once(self, key: Tensor, make: Callable[[], Any]) -> Any:
        """Return what `make` returns, made the first time that `key` is asked for.

        Building, tracing and calling are most of what a check costs, so that the checks share them.
        """
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @property
    def layer(self) -> keras.layers.Layer:
        """Return the built layer that the checks share."""
        return self.once("layer", self._make_shared)

    def _make_shared(self) -> keras.layers.Layer:
        layer = self.make_built()
        self._keep_state(layer)
        return layer

    def _keep_state(self, layer: keras.layers.Layer) -> None:
        self._state = [(variable, variable.numpy()) for variable in layer.variables]

    def build(self, weights: Sequence[np.ndarray]) -> None:
        """Make the shared layer with these weights, without a call.

        On JAX an eager call compiles each of its operations.
        """
        layer = self.make()
        tensors = [_symbol(leaf.value) for leaf in self.leaves]
        masks = [leaf.carried_mask for leaf in self.leaves]
        self.invoke(layer, tensors, [None if mask is None else _symbol(mask) for mask in masks])
        layer.set_weights(weights)
        self._keep_state(layer)
        self._made["layer"] = layer

    def restore(self) -> None:
        """Give the shared layer its first weights and seeds again, after a check that trains it."""
        for variable, value in self._state:
            variable.assign(value)

    @property
    def symbolic(self) -> Symbolic:
        """Return the Functional model around the shared layer."""
        return self.once("symbolic", lambda: self.functional(self.layer, ReadMask()))

    def outputs(self, leaves: Sequence[Leaf] | None = None) -> Outputs:
        """Return the outputs of the shared layer in eager inference."""
        leaves = self.leaves if leaves is None else leaves
        return self.once(("outputs", content(leaves)), lambda: self.call(self.layer, leaves))

    def invoke(
        self,
        function: Callable[..., Any],
        tensors: Sequence[Any],
        masks: Sequence[Any],
        *,
        training: bool | None = False,
        **kwargs: Any,
    ) -> Any:
        """Call `function` as the layer is called, with `tensors` in the place of the arrays.

        The `masks`, one or None for each tensor, travel on the tensors, as in a model.
        """
        if training is not None:
            kwargs["training"] = training
        tensors = [
            tensor if mask is None else self._attach([tensor, mask])
            for tensor, mask in zip(tensors, masks, strict=True)
        ]
        return function(*self.pack(tensors).values(), **self.call_kwargs, **kwargs)

    def call(
        self,
        function: Callable[..., Any],
        leaves: Sequence[Leaf] | None = None,
        *,
        explicit_masks: bool = False,
        training: bool | None = False,
    ) -> Outputs:
        """Call `function`, a layer or what is called as the layer is, eagerly."""
        leaves = self.leaves if leaves is None else leaves
        tensors = [ops.convert_to_tensor(leaf.value) for leaf in leaves]
        masks = [None] * len(leaves) if explicit_masks else carried_masks(leaves)
        kwargs = self.explicit_masks(leaves) if explicit_masks else {}
        return self.read(self.invoke(function, tensors, masks, training=training, **kwargs))

    def read(self, outputs: Tensor) -> Outputs:
        """Flatten tensors and their masks into NumPy."""
        return self.unpack(output_labels(outputs), self._read(outputs))

    def unpack(self, labels: Sequence[str], flat: Mapping[str, Any]) -> Outputs:
        """Turn what `ReadMask` returned into `Outputs`."""
        arrays = {name: ops.convert_to_numpy(value) for name, value in flat.items()}
        return Outputs(
            tuple(labels),
            tuple(arrays[f"output_{i}"] for i in range(len(labels))),
            tuple(arrays.get(f"output_{i}_mask") for i in range(len(labels))),
        )

    def functional(self, layer: keras.layers.Layer, probe: keras.layers.Layer) -> Symbolic:
        """Return a Functional model of `layer` and `probe`, with unknown batch and lengths."""
        inputs, tensors = {}, []
        for i, (leaf, shape) in enumerate(zip(self.leaves, self.unknown_shapes, strict=True)):
            tensor = keras.Input(shape[1:], dtype=_symbol(leaf.value).dtype, name=f"input_{i}")
            inputs[f"input_{i}"] = tensor
            if leaf.carried_mask is not None:
                lengths = shape[1 : leaf.carried_mask.ndim]
                carried = keras.Input(lengths, dtype="bool", name=f"input_{i}_mask")
                inputs[f"input_{i}_mask"] = carried
                tensor = AttachMask()([tensor, carried])
            tensors.append(tensor)
        outputs = layer(*self.pack(tensors).values(), **self.call_kwargs)
        return Symbolic(keras.Model(inputs, probe(outputs)), outputs)

    def feed(self) -> dict[str, np.ndarray]:
        """Return the inputs of the model that `functional` makes."""
        feed = {}
        for i, leaf in enumerate(self.leaves):
            feed[f"input_{i}"] = leaf.value
            if leaf.carried_mask is not None:
                feed[f"input_{i}_mask"] = leaf.carried_mask
        return feed


def _symbol(value: np.ndarray) -> keras.KerasTensor:
    """Return a symbolic tensor for an array, of the dtype that the backend gives it."""
    dtype = keras.backend.standardize_dtype(ops.convert_to_tensor(value).dtype)
    return keras.KerasTensor(value.shape, dtype=dtype)
