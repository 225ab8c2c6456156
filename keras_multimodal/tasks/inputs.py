"""The model inputs that a schema describes."""

import keras

from keras_multimodal.schema import Schema


def inputs(schema: Schema) -> dict[str, keras.KerasTensor]:
    """One `keras.Input` for each modality, and one for each presence flag.

    Args:
        schema: The record's description.

    Returns:
        Inputs by name: `(batch, *shape)` for each modality, and beside each optional one a
        boolean `<name>_present` of shape `(batch,)`. These are the names and shapes of the
        batches that `keras_multimodal.data` makes from the same schema.

    Example:

    >>> from keras_multimodal.schema import Image, Schema, Text
    >>> schema = Schema([Image(height=72, width=72, optional=True), Text(length=12)])
    >>> {name: tensor.shape for name, tensor in inputs(schema).items()}
    {'image': (None, 72, 72, 3), 'image_present': (None,), 'text': (None, 12)}
    """
    tensors = {}
    for modality in schema.inputs:
        tensors[modality.name] = keras.Input(
            modality.shape, dtype=modality.dtype, name=modality.name
        )
        if modality.optional:
            tensors[modality.present_name] = keras.Input(
                (), dtype="bool", name=modality.present_name
            )
    return tensors
