"""The model inputs that a schema describes."""

import keras

from keras_multimodal.encoders._embedded_ids import note_modality
from keras_multimodal.schema import Schema


def inputs(schema: Schema) -> dict[str, keras.KerasTensor]:
    """Make one `keras.Input` for each tensor of a batch.

    Args:
        schema: The record's description.

    Returns:
        Inputs by name: `(batch, *shape)` for each modality, beside it a boolean `<name>_mask` of
        shape `(batch, length)` if it has a mask, and a boolean `<name>_present` of shape `(batch,)`
        if it is optional. These are the names and shapes of the
        batches that `keras_multimodal.data` makes from the same schema. An encoder of texts that is
        called with one refuses a vocabulary that is larger than its own.

    Example:

    >>> from keras_multimodal.schema import Image, Schema, Text
    >>> schema = Schema([Image(height=72, width=72, optional=True), Text(length=12)])
    >>> {name: tensor.shape for name, tensor in inputs(schema).items()}
    {'image': (None, 72, 72, 3), 'image_present': (None,), 'text': (None, 12)}
    """
    return {
        name: note_modality(keras.Input(shape, dtype=dtype, name=name), modality)
        for modality in schema.inputs
        for name, (shape, dtype) in modality.tensors.items()
    }
