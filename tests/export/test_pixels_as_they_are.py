"""Pixels that reach the model as uint8, and pictures that are cut out, from `fit` to serving."""

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal import tasks
from keras_multimodal.data import ImageStream, pair
from keras_multimodal.encoders import ConvImageEncoder
from keras_multimodal.export import saved_model


def test_a_model_that_rescales_is_trained_and_served(tmp_path):
    generator = np.random.default_rng(0)
    names = [f"{row}.{'png' if row % 2 else 'jpg'}" for row in range(16)]
    for row, name in enumerate(names):
        pixels = generator.integers(0, 100, (40, 48, 3)) + 150 * (row % 4 > 1)
        Pillow.fromarray(pixels.astype("uint8")).save(tmp_path / name)
    labels = ["bright" if row % 4 > 1 else "dark" for row in range(16)]
    frame = pd.DataFrame({"file": names, "label": labels})
    images = ImageStream(random_crop=True, dtype="uint8", horizontal_flip=True)
    flow = images.flow_from_dataframe(frame, tmp_path, "file", target_size=(32, 32))
    records = pair(flow, labels=frame["label"])

    inputs = tasks.inputs(records.schema)
    assert inputs["image"].dtype == "uint8"
    pixels = keras.layers.Rescaling(1 / 255)(inputs["image"])
    tokens = ConvImageEncoder(dim=8, filters=(8,))(pixels)
    vector = keras.layers.GlobalAveragePooling1D()(tokens)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(vector))
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(records.batch(8, training=True), epochs=12, verbose=0)
    assert model.evaluate(records.batch(8), verbose=0, return_dict=True)["accuracy"] == 1.0

    saved_model(model, tmp_path / "served", preprocessing=records.schema)
    serve = tf.saved_model.load(tmp_path / "served").signatures["serving_default"]
    served = serve(image=tf.constant([(tmp_path / name).read_bytes() for name in names]))
    expected = model.predict(records.batch(16), verbose=0)
    np.testing.assert_allclose(served["probabilities"], expected, atol=1e-5)
