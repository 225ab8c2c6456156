"""The demo's three models, written out in the Functional API."""

import keras

from keras_multimodal import encoders, layers, tasks
from keras_multimodal.schema import ClassTarget, Schema, Text

DIM = 64
WEIGHTING = "weighting"


def single_model(schema: Schema) -> keras.Model:
    """Return a classifier of one modality: its encoder, the mean of the tokens, a dense head.

    Args:
        schema: The description of a record with one modality and a target.
    """
    (name,) = schema.names
    inputs = tasks.inputs(schema)
    tokens = make_encoder(schema, name)([inputs[name], inputs[f"{name}_present"]])
    vector = layers.ModalityWeighting(mode="fixed")([tokens])  # (batch, DIM)
    return keras.Model(inputs, _probabilities(vector, schema), name=name)


def fused_model(schema: Schema, seed: int) -> keras.Model:
    """Return a classifier of pictures and names, either of which a row may lack.

    Args:
        schema: The description of a record with `"image"`, `"text"` and a target.
        seed: Seed of the modalities dropped in training.
    """
    inputs = tasks.inputs(schema)
    # Rows that lack something are rare or missing in training: withhold a modality now and then.
    present = layers.ModalityDropout(0.3, seed=seed)(
        {name: inputs[f"{name}_present"] for name in ("image", "text")}
    )
    places, words = (
        make_encoder(schema, name)([inputs[name], present[name]]) for name in ("image", "text")
    )
    places, words = layers.SharedProjection(DIM)([places, words])
    # Each word looks at the picture.
    attended = layers.CrossModalAttention(
        num_heads=4, residual=True, normalization="pre", dropout=0.1
    )(words, places)
    vector, _ = layers.ModalityWeighting(name=WEIGHTING)(
        {"picture": places, "name": words, "attention": attended}, return_weights=True
    )
    return keras.Model(inputs, _probabilities(vector, schema), name="fused")


def with_weights(fused: keras.Model) -> tuple[keras.Model, tuple[str, ...]]:
    """The fused model with a second output, the weights `(batch, modalities)`, and their names."""
    layer = fused.get_layer(WEIGHTING)
    return keras.Model(fused.input, [fused.output, layer.output[1]]), layer.modality_names


def make_encoder(schema: Schema, name: str) -> keras.layers.Layer:
    """Return the encoder of one modality, trained from scratch."""
    modality = schema[name]
    if isinstance(modality, Text):
        return encoders.RecurrentTextEncoder(
            modality.vocabulary_size, DIM, dropout=0.4, name="text_encoder"
        )
    return encoders.ConvImageEncoder(
        DIM, filters=(24, 48, 96, 128), dropout=0.3, name="image_encoder"
    )


def _probabilities(vector: keras.KerasTensor, schema: Schema) -> keras.KerasTensor:
    if not isinstance(schema.target, ClassTarget):
        raise ValueError(f"`schema` must have a target. Received: {schema.target}")
    vector = keras.layers.Dropout(0.3)(vector)
    return keras.layers.Dense(len(schema.target.classes), activation="softmax")(vector)
