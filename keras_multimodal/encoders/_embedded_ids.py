"""Whether there is an embedding for each id that a schema's modality has.

On a CPU an id without one ends the training with an error of TensorFlow's that names no modality;
on a GPU it is read as zeros, without a word.
"""

from collections.abc import Iterator, Set
from typing import Any

import keras

from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality, Schema, Tabular, Text

# Where `tasks.inputs` notes what an input is of, on the symbolic tensor.
_MODALITY = "_keras_multimodal_modality"


def note_modality(tensor: keras.KerasTensor, modality: Modality) -> keras.KerasTensor:
    """Return a model's input that encoders can ask what it is of."""
    setattr(tensor, _MODALITY, modality)
    return tensor


def noted_modalities(inputs: Any) -> list[Modality]:
    """Return what was noted of the tensors that a layer is called with."""
    noted = (getattr(tensor, _MODALITY, None) for tensor in keras.tree.flatten(inputs))
    return [modality for modality in noted if modality is not None]


def check_embedded_ids(encoder: keras.layers.Layer, modality: Modality, argument: str) -> None:
    """Raise a ValueError if a layer would look ids up that its embedding has not.

    Args:
        encoder: A layer or model that reads the modality, such as `keras.layers.Embedding`, or a
            model that begins with one.
        modality: The modality's description.
        argument: What holds the layer, for the message.
    """
    for layer in first_layers(encoder):
        _check(layer, modality, argument)


def check_model_ids(model: keras.Model, schema: Schema) -> None:
    """Raise a ValueError if a layer of a model would look ids up that its embedding has not.

    Args:
        model: A model; only of a Functional one can be said what reads which input.
        schema: The description of what it is to read.
    """
    for tensor in getattr(model, "inputs", None) or ():
        for modality in schema.inputs:
            if tensor.name in modality.tensors:
                for layer in first_layers(model, {id(tensor)}):
                    _check(layer, modality, "model")


def first_layers(
    layer: keras.layers.Layer, tensors: Set[int] | None = None
) -> Iterator[keras.layers.Layer]:
    """Yield the layers that read what a model is called with, or the layer itself.

    Args:
        layer: A layer or model.
        tensors: The identities of the inputs looked at. Default `None`: all.
    """
    if isinstance(layer, keras.Sequential):
        yield from (each for first in layer.layers[:1] for each in first_layers(first))
    elif isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
        given = {id(tensor) for tensor in layer.inputs} if tensors is None else tensors
        for part in layer.layers:
            if not isinstance(part, keras.layers.InputLayer) and given & _read(part):
                yield from first_layers(part)
    else:
        yield layer


def _read(layer: keras.layers.Layer) -> set[int]:
    """Return the identities of the symbolic tensors that a layer of a model is called with."""
    try:
        return {id(tensor) for tensor in keras.tree.flatten(layer.input)}
    except (AttributeError, ValueError):  # of a model within another, which was never called
        return set()


def _check(layer: Any, modality: Modality, argument: str) -> None:
    check = getattr(layer, "check_ids", None)
    if check is not None:
        check(modality)
    if not isinstance(layer, keras.layers.Embedding):
        return
    if isinstance(modality, Text):
        count, where = modality.vocabulary_size, f"schema[{modality.name!r}].vocabulary_size"
    elif isinstance(modality, Tabular) and modality.categorical:
        count, where = (
            max(modality.category_counts),
            f"max(schema[{modality.name!r}].category_counts)",
        )
    else:
        return
    if layer.input_dim < count:
        raise ArgumentError(
            argument,
            f"must have an embedding for each of the {count} ids of {modality.name!r}, those of "
            f"padding and of what is unknown included: `input_dim={where}`. "
            f"Received: {layer.name!r} with input_dim={layer.input_dim}",
        )
