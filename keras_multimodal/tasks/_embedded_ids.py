"""Whether a layer that knows nothing of schemas has an embedding for each id of a text."""

from collections.abc import Iterator
from typing import Any

import keras

from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality, Text


def check_embedded_ids(encoder: keras.layers.Layer, spec: Modality) -> None:
    """Raise a ValueError if a layer would look ids up that its embedding has not.

    Those embeddings are looked at that read the model's inputs themselves. On a CPU such an id
    ends the training with an error of TensorFlow's, on a GPU it is read as zeros, without a word.

    Args:
        encoder: A layer or model that reads the modality.
        spec: The modality's description.
    """
    for layer in _first_layers(encoder):
        check = getattr(layer, "check_modality", None)
        if check is not None:
            check(spec)
        if not isinstance(layer, keras.layers.Embedding) or not isinstance(spec, Text):
            continue
        if layer.input_dim < spec.vocabulary_size:
            raise ArgumentError(
                f"encoders[{spec.name!r}]",
                f"must have an embedding for each of the {spec.vocabulary_size} ids of "
                f"{spec.name!r}, padding and unknown included: "
                f"`input_dim=schema[{spec.name!r}].vocabulary_size`. "
                f"Received: {layer.name!r} with input_dim={layer.input_dim}",
            )


def _first_layers(encoder: keras.layers.Layer) -> Iterator[Any]:
    """Yield the layers that read what a model is called with, or the layer itself."""
    if isinstance(encoder, keras.Sequential):
        yield from (each for layer in encoder.layers[:1] for each in _first_layers(layer))
    elif isinstance(encoder, keras.Model) and getattr(encoder, "inputs", None):
        given = {id(tensor) for tensor in encoder.inputs}
        for layer in encoder.layers:
            if not isinstance(layer, keras.layers.InputLayer) and given & _read(layer):
                yield from _first_layers(layer)
    else:
        yield encoder


def _read(layer: keras.layers.Layer) -> set[int]:
    """Return the identities of the symbolic tensors that a layer of a model is called with."""
    try:
        return {id(tensor) for tensor in keras.tree.flatten(layer.input)}
    except (AttributeError, ValueError):  # called more than once, or not by symbolic tensors
        return set()
