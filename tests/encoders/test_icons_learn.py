"""Encoders of pictures and texts learn what they are for: the category of real icons."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.encoders import ResidualImageEncoder, TransformerTextEncoder
from keras_multimodal.layers import MaskedMeanPooling

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the data are TensorFlow's"),
]
SIZE, WORDS = 48, 12


@pytest.fixture(scope="module")
def parts(shared_icons):
    """Training and test rows."""
    folder = shared_icons()
    frame = pd.read_csv(folder / "openmoji.csv").set_index("key")
    images = data.ImageStream(
        rescale=1 / 255, width_shift_range=0.08, height_shift_range=0.08, horizontal_flip=True
    ).flow_from_dataframe(frame, directory=folder / "icons", x_col="file", target_size=(SIZE, SIZE))
    texts = data.TextProcessor(length=WORDS, word_dropout=0.3).from_dataframe(frame, column="name")
    records = data.pair(images, texts, labels=frame["category"])
    train, _, test = records.split_by(frame["split"])
    return train, test


def accuracy(parts, name, make_tokens, epochs, rate):
    """On the test rows, of a classifier of what `make_tokens` makes."""
    keras.utils.set_random_seed(0)
    train, test = (part.select_modalities(name) for part in parts)
    spec = train.schema[name]
    inputs = keras.Input(spec.shape, dtype=spec.dtype, name=name)
    vector = keras.layers.Dropout(0.3)(make_tokens(inputs, spec))
    classes = len(train.schema.target.classes)
    model = keras.Model({name: inputs}, keras.layers.Dense(classes, activation="softmax")(vector))
    steps = epochs * -(-len(train) // 32)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(rate, steps), weight_decay=0.05
        ),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = train.batch(32, training=True, seed=0)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model.evaluate(test.batch(64), verbose=0)[1]


def test_residual_blocks_see_more_than_pixels(parts):
    def residual(inputs, spec):
        encoder = ResidualImageEncoder(64, filters=(24, 48, 96), blocks=1, dropout=0.2)
        return MaskedMeanPooling()(encoder(inputs))

    pixels = accuracy(parts, "image", lambda x, spec: keras.layers.Flatten()(x), 12, 1e-3)
    found = accuracy(parts, "image", residual, 12, 4e-3)
    assert found > pixels + 0.05, (found, pixels)


def test_a_transformer_reads_what_words_alone_say(parts):
    def transformer(inputs, spec):
        encoder = TransformerTextEncoder(
            spec.vocabulary_size, 64, max_length=WORDS, num_layers=1, dropout=0.3, seed=0
        )
        return MaskedMeanPooling()(encoder(inputs))

    def words(inputs, spec):
        return keras.layers.CategoryEncoding(spec.vocabulary_size, "multi_hot")(inputs)

    bag = accuracy(parts, "text", words, 20, 5e-3)
    found = accuracy(parts, "text", transformer, 20, 2e-3)
    majority = np.bincount(parts[1].labels).max() / len(parts[1])
    assert found > majority + 0.2, (found, bag, majority)
    assert found > bag - 0.02, (found, bag)
