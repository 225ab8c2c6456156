"""Where the other modalities look in a picture."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.analysis._layer_calls import (
    BatchedRows,
    LayerCall,
    inputs_of,
    layer_calls,
    model_within,
)
from keras_multimodal.analysis.picture_attention import PictureAttention
from keras_multimodal.errors import ArgumentError
from keras_multimodal.layers.fusion._fusion_wrapper import FusionWrapper
from keras_multimodal.schema import Image, Schema
from keras_multimodal.types import Mask, Tensor, Tensors


def attention_maps(
    model: keras.Model,
    records: BatchedRows,
    modality: str | None = None,
    *,
    batch_size: int = 32,
) -> PictureAttention:
    """Return how much each place of the rows' pictures is attended to by the other modalities.

    It is the mean of the weights of the fusion's attention over its heads and over the tokens that
    attend, such as the words of a text. The fusions `"co_attention"`, the tasks' default,
    `"merged_attention"`, of which the last block is taken, `"cross_attention"` and
    `"gated_cross_attention"` have such weights.

    Args:
        model: A model that fuses pictures with something else, such as `tasks.classifier` makes, or
            the same loaded from a file.
        records: The rows, `data.Records`.
        modality: The pictures' name. Default `None`: the only ones.
        batch_size: Rows that are read at a time. Default 32.

    Returns:
        The maps, in the height and width of the pictures, with the pictures; `figure()` draws them.
        All of them are in memory: `records.select(keys)` has fewer.

    Raises:
        TypeError: If `model` is no Functional model.
        ValueError: If there are no such pictures; if the fusion has no attention to them; or if
            their tokens are not the places of a grid, as a pooled network's are not.

    Example:

    >>> maps = attention_maps(model, records.select(["cat.png"]))  # doctest: +SKIP
    >>> maps.figure().savefig("cat_attention.png")  # doctest: +SKIP
    """
    name = _pictures(records.schema, modality)
    inputs, calls = layer_calls(model)
    call = _fusion_call(model, calls, name)
    rows, columns = _grid(call, calls, name)

    def weigh(tokens: Tensors, mask: Mask = None) -> Tensor:
        return call.layer.attention_to(name, tokens, mask)

    attend = keras.Model(inputs, call.repeated(weigh))
    weights, pictures = [], []
    for batch in records.batch(batch_size):
        given = inputs_of(batch)
        received = attend.predict_on_batch(given)[:, -rows * columns :]
        weights.append(received.reshape(-1, rows, columns))
        pictures.append(np.asarray(given[records.schema[name].inner_name]))
    shown = np.concatenate(pictures)
    if getattr(records.schema[name], "data_format", "") == "channels_first":
        shown = np.moveaxis(shown, 1, -1)
    grids = np.concatenate(weights)
    maps = ops.image.resize(grids[..., None], shown.shape[1:3], data_format="channels_last")
    return PictureAttention(list(records.keys), ops.convert_to_numpy(maps)[..., 0], grids, shown)


def _pictures(schema: Schema, modality: str | None) -> str:
    names = [spec.name for spec in schema.inputs if isinstance(spec, Image)]
    if modality is None and len(names) == 1:
        return names[0]
    if modality not in names:
        raise ArgumentError(
            "modality", f"must be one of the pictures {names}. Received: {modality!r}"
        )
    return modality


def _fusion_call(model: keras.Model, calls: list[LayerCall], name: str) -> LayerCall:
    """Return the call of the only fusion that the pictures go to, which must attend to them."""
    found = [
        call
        for call in calls
        if hasattr(call.layer, "attention_to")
        if isinstance(call.inputs, dict) and name in call.inputs
    ]
    if len(found) != 1:
        raise ArgumentError(
            "model",
            f"must fuse {name!r} with other modalities once, as `tasks.classifier` does where "
            f"there are several. Received: {model.name!r}, which does so {len(found)} times.",
            model_within(model),
        )
    (call,) = found
    fusion = call.layer.fusion if isinstance(call.layer, FusionWrapper) else call.layer
    if not hasattr(fusion, "attention_to"):
        raise ArgumentError(
            "model",
            "must have a fusion in which tokens attend to those of the pictures: 'co_attention', "
            "'merged_attention', 'cross_attention' or 'gated_cross_attention'. "
            f"Received: {model.name!r}, which fuses by {type(fusion).__name__}.",
            "`analysis.modality_weights` has the modalities' weights of other fusions.",
        )
    return call


def _grid(call: LayerCall, calls: list[LayerCall], name: str) -> tuple[int, int]:
    """Return the rows and columns whose places the pictures' tokens are."""
    tokens = call.inputs[name]
    maker = next((each for each in calls if each.outputs is tokens), None)
    grid = None
    if maker is not None and hasattr(maker.layer, "grid"):
        inputs: Any = maker.inputs
        values = inputs[0] if isinstance(inputs, (list, tuple)) else inputs
        grid = maker.layer.grid(tuple(values.shape))
    if grid is None or math.prod(grid) > tokens.shape[1]:
        made = "nothing" if maker is None else repr(maker.layer.name)
        raise ArgumentError(
            "model",
            f"must have an encoder of {name!r} whose tokens are the places of a grid, such as "
            "`ConvImageEncoder` or a network without its pooling. "
            f"Received: tokens {tuple(tokens.shape)} of {made}",
        )
    return grid
