"""The weight of each modality in each row."""

import keras
import numpy as np
import pandas as pd

from keras_multimodal.analysis._layer_calls import (
    BatchedRows,
    LayerCall,
    inputs_of,
    layer_calls,
    model_within,
)
from keras_multimodal.errors import ArgumentError
from keras_multimodal.layers.fusion._fusion_wrapper import FusionWrapper


def modality_weights(
    model: keras.Model, records: BatchedRows, *, batch_size: int = 32
) -> pd.DataFrame:
    """Return the weight that a model's fusion gives to each modality in each row.

    The fusions `"weighted"`, `"gated"`, `"mean"`, `"product_of_experts"` and `"logits"` have them:
    what the sum's weights are, the mean of the gates, one over the number of those that are there,
    the share of the precision, and the weight of each opinion. They say what the fusion took, and
    not what the answer would have been without: for that, take a modality away and score the model
    again, `model.evaluate(records.mask_modality("image").batch(32))`.

    Args:
        model: A model of several modalities, such as `tasks.classifier` makes, or the same loaded
            from a file; or a Functional model of yours with one such fusion.
        records: The rows, `data.Records`.
        batch_size: Rows that are read at a time. Default 32.

    Returns:
        A column for each modality and a row for each key. Weights are at least 0 and sum to one;
        that of a modality that the row lacks is 0.

    Raises:
        TypeError: If `model` is no Functional model.
        ValueError: If the model fuses nothing, fuses more than once, or has a fusion without
            weights.

    Example:

    >>> from keras_multimodal import tasks
    >>> from keras_multimodal.data import TextProcessor, pair
    >>> words = TextProcessor(length=2)
    >>> titles = words.load_data(["a cat", "a dog"], name="title")
    >>> notes = words.load_data(["small", None], name="note", optional=True)
    >>> records = pair(titles, notes, labels=["cat", "dog"]).adapt()
    >>> model = tasks.classifier(records.schema, fusion="mean", dim=8)
    >>> weights = modality_weights(model, records)
    >>> weights.columns.tolist(), weights.to_numpy().tolist()
    (['note', 'title'], [[0.5, 0.5], [0.0, 1.0]])
    """
    inputs, calls = layer_calls(model)
    call = _fusion_call(model, calls)
    weigh = keras.Model(inputs, call.repeated(call.layer.modality_weights))
    rows = [weigh.predict_on_batch(inputs_of(batch)) for batch in records.batch(batch_size)]
    index = pd.Index(list(records.keys), name="key", tupleize_cols=False)
    return pd.DataFrame(np.concatenate(rows), index, list(call.layer.modality_names))


def _fusion_call(model: keras.Model, calls: list[LayerCall]) -> LayerCall:
    """Return the call of the only fusion, which must have weights."""
    found = [call for call in calls if hasattr(call.layer, "modality_weights")]
    if len(found) != 1:
        raise ArgumentError(
            "model",
            "must fuse its modalities once, as `tasks.classifier` does where there are several. "
            f"Received: {model.name!r}, which fuses {len(found)} times.",
            model_within(model),
        )
    (call,) = found
    fusion = call.layer.fusion if isinstance(call.layer, FusionWrapper) else call.layer
    if not hasattr(fusion, "modality_weights"):
        raise ArgumentError(
            "model",
            "must have a fusion that weighs modalities: 'weighted', 'gated', 'mean', "
            "'product_of_experts' or 'logits'. "
            f"Received: {model.name!r}, which fuses by {type(fusion).__name__}.",
            "See what is lost without a modality: "
            "`model.evaluate(records.mask_modality(name).batch(32))`; or what of a picture is "
            "attended to: `analysis.attention_maps(model, records)`.",
        )
    return call
