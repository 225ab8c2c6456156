"""How a modality's tensors go through its encoder, one of this package or any other layer."""

import os
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
from keras import ops

from keras_multimodal.encoders import pretrained
from keras_multimodal.encoders._embedded_ids import check_embedded_ids
from keras_multimodal.encoders.loading.architectures import known_architecture
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality
from keras_multimodal.tasks._as_tokens import AsTokens
from keras_multimodal.types import Mask, Tensor

Encoder: TypeAlias = keras.layers.Layer | str | os.PathLike[str]


def encoder_layer(encoder: Encoder, name: str) -> keras.layers.Layer:
    """Return the layer that `encoders` has for a modality.

    A network of `keras.applications` is shown what it was trained on, and keeps the statistics of
    its batch normalization, as under its name.

    Args:
        encoder: A layer, or the name of a pretrained network.
        name: The modality's name.

    Raises:
        TypeError: If it is neither.
    """
    if isinstance(encoder, (str, os.PathLike)):
        return pretrained(encoder)
    if not isinstance(encoder, keras.layers.Layer):
        raise TypeError(
            f"`encoders[{name!r}]` must be a Keras layer or model, or a name that "
            f"`encoders.pretrained` knows. Received: {encoder!r}"
        )
    if _is_application(encoder):
        return pretrained(encoder, trainable=encoder.trainable)
    return encoder


def _is_application(encoder: keras.layers.Layer) -> bool:
    """Return whether it is a network of `keras.applications`, which wants pixels of its own."""
    is_functional = isinstance(encoder, keras.Model) and getattr(encoder, "inputs", None)
    return bool(is_functional) and known_architecture(encoder) is not None


def encoded(
    encoder: keras.layers.Layer,
    spec: Modality,
    tensors: Mapping[str, Any],
    flag: Mask = None,
) -> Tensor:
    """Return what a modality's encoder makes of it: tokens `(batch, length, dim)` with their mask.

    An encoder of this package, or any layer with a `check_modality`, is called as
    `spec.encoder_inputs` says, with the mask or the flag of what is there. So is a model with as
    many inputs. Every other layer gets the values alone, zero where there are none, and its output
    is masked behind it.

    Args:
        encoder: The layer.
        spec: The modality's description.
        tensors: Those of the modality, `spec.tensors`.
        flag: Which rows have it, boolean `(batch,)`, in place of `<name>_present`. Default `None`.

    Raises:
        ValueError: If the layer cannot read what is made of the modality, or makes something else
            than tokens, a grid or a vector.
    """
    given = dict(tensors)
    if spec.mask_name in given:
        given[spec.mask_name] = masked_by(given[spec.mask_name], flag)
    elif flag is not None:
        given[spec.present_name] = flag
    there = given.get(spec.mask_name, given.get(spec.present_name))
    check = getattr(encoder, "check_modality", None)
    if check is not None:
        check(spec)
        names = [name for name in given if name != spec.present_name or there is given[name]]
        parts = [given[name] for name in names]
        return encoder(parts[0] if len(parts) == 1 else parts)
    check_embedded_ids(encoder, spec, f"encoders[{spec.name!r}]")
    values = [name for name in given if name not in (spec.mask_name, spec.present_name)]
    made = _called(encoder, spec, _inputs(encoder, given, values, there))
    shape = tuple(getattr(made, "shape", ()))
    known = shape[2:] if len(shape) == 3 else shape[1:]
    if not known or None in known:
        received = f"an output of shape {shape}" if shape else type(made).__name__
        raise ArgumentError(
            f"encoders[{spec.name!r}]",
            "must make a grid (batch, rows, columns, dim), tokens (batch, length, dim) or a "
            "vector (batch, dim), all but the tokens' length known. "
            f"Received: {encoder.name!r} with {received}",
        )
    if len(shape) == 3 and there is None:
        return made
    layer = AsTokens(name=f"{spec.inner_name}_tokens")
    return layer(made if there is None else [made, there])


def masked_by(mask: Mask, flag: Mask) -> Mask:
    """Return a mask `(batch, length)`, False in all rows whose `flag` `(batch,)` is."""
    return mask if flag is None else ops.logical_and(mask, flag[:, None])


def _inputs(
    encoder: keras.layers.Layer, given: Mapping[str, Any], values: list[str], there: Mask
) -> Any:
    """Return what a layer is called with that may know nothing of what is absent."""
    wanted = getattr(encoder, "inputs", None) if isinstance(encoder, keras.Model) else None
    if wanted is not None and len(wanted) > len(values):
        if isinstance(encoder.input, dict) and set(encoder.input) <= set(given):
            return {name: given[name] for name in encoder.input}
        return [*(given[name] for name in values), *([] if there is None else [there])]
    parts = [_where(given[name], there) for name in values]
    return parts[0] if len(parts) == 1 else parts


def _where(values: Tensor, there: Mask) -> Tensor:
    """Return `values`, zero in rows or at steps that are not there."""
    if there is None:
        return values
    if len(there.shape) == 2 and there.shape[1] != values.shape[1]:
        there = ops.any(there, axis=1)
    for _ in range(len(values.shape) - len(there.shape)):
        there = ops.expand_dims(there, -1)
    return ops.where(there, values, ops.zeros_like(values))


def _called(encoder: keras.layers.Layer, spec: Modality, inputs: Any) -> Any:
    try:
        return encoder(inputs)
    except (TypeError, ValueError) as error:
        shapes = ", ".join(str(tuple(x.shape)) for x in keras.tree.flatten(inputs))
        raise ArgumentError(
            f"encoders[{spec.name!r}]",
            f"must take what is made of {spec.name!r}, {spec.dtype} of the shape {shapes}. "
            f"Received: {encoder.name!r}, which says: {_reason(error)}.",
            "A layer that also wants to know what is there is an `encoders.Encoder`, or a model "
            "with another input for that.",
        ) from error


def _reason(error: Exception) -> str:
    """Return what Keras says, without its colors and its list of arguments."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("Arguments received")[0]
    return " ".join(re.sub(r"^Exception encountered when calling .*", "", text).split()).rstrip(".")
