"""The calls of a Functional model's layers, to be made once more in other ways."""

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

import keras

from keras_multimodal.schema import Schema
from keras_multimodal.types import Mask, Tensor, Tensors


class BatchedRows(Protocol):
    """The part of `data.Records` that the analysis needs."""

    @property
    def keys(self) -> Sequence[Hashable]:
        """The rows' keys."""

    @property
    def schema(self) -> Schema:
        """The description of a row."""

    def batch(self, batch_size: int = 32) -> Any:
        """Return the rows in their order, as batches."""


@dataclasses.dataclass(frozen=True)
class LayerCall:
    """One call of a layer in a model.

    Args:
        layer: The layer.
        inputs: Its first argument.
        mask: Its argument `mask`, where it was given one.
        outputs: What it returned.
    """

    layer: Any
    inputs: Any
    mask: Any
    outputs: Any

    def repeated(self, function: Callable[..., Any]) -> Any:
        """Return the symbolic tensor of a function that is called as the layer was.

        Args:
            function: It takes the inputs and, as `mask`, their masks.
        """
        stand_in = _StandIn(function, dtype=self.layer.dtype_policy)
        return stand_in(self.inputs, mask=self.mask)


def layer_calls(model: keras.Model) -> tuple[Any, list[LayerCall]]:
    """Return new inputs of a model's structure, and the calls of all its layers on them.

    Raises:
        TypeError: If it is no Functional model.
    """
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise TypeError(
            "`model` must be a Functional model, as those of the tasks are. "
            f"Received: {type(model).__name__}"
        )
    calls: list[LayerCall] = []

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        calls.append(LayerCall(layer, args[0] if args else None, kwargs.get("mask"), outputs))
        return outputs

    # Another model of the same layers: nothing is compiled, and the user's stays as it is.
    plain = keras.Model(model.input, model.output)
    copy = keras.models.clone_model(plain, clone_function=_as_it_is, call_function=call)
    return copy.input, calls


def model_within(model: keras.Model) -> str:
    """Return what to do where a model within a model fuses, as behind `tasks.attach_encoders`."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and any(
            hasattr(part, "modality_weights") or hasattr(part, "attention_to")
            for part in layer.layers
        ):
            return (
                f"Ask the model within, `model.get_layer({layer.name!r})`, and give it records of "
                "what that reads."
            )
    return ""


def inputs_of(batch: Any) -> Any:
    """Return a batch's inputs, without labels and weights."""
    return batch[0] if isinstance(batch, tuple) else batch


def _as_it_is(layer: Any) -> Any:
    return layer


class _StandIn(keras.layers.Layer):
    """Calls a function as a layer would be called."""

    def __init__(self, function: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make nothing."""

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return what the function does."""
        return self._function(inputs, mask=mask)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> None:
        """Return None."""
