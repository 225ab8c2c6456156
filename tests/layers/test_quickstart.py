"""The layers together, as the README's quickstart puts them."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import (
    CrossModalAttention,
    ModalityDropout,
    ModalityWeighting,
    SharedProjection,
)

ROWS = 24
LENGTHS = np.arange(ROWS) % 7
FEED = {
    "places": np.random.default_rng(14).normal(size=(ROWS, 9, 10)).astype("float32"),
    "words": np.where(
        np.arange(6) < LENGTHS[:, None], np.random.default_rng(15).integers(1, 20, (ROWS, 6)), 0
    ),
}
LABELS = np.random.default_rng(16).integers(0, 3, ROWS)


def make_model():
    places = keras.Input((9, 10), name="places")
    words = keras.Input((None,), dtype="int32", name="words")
    p = keras.layers.Dense(12)(places)
    t = keras.layers.Embedding(20, 16, mask_zero=True)(words)
    p, t = SharedProjection(32)([p, t])
    f = CrossModalAttention(num_heads=4)(t, p)
    z, weights = ModalityWeighting()([f, p, t], return_weights=True)
    probabilities = keras.layers.Dense(3, "softmax", name="label")(z)
    inputs = {"places": places, "words": words}
    return keras.Model(inputs, probabilities), keras.Model(inputs, weights)


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model, weighting = make_model()
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=True)
    history = model.fit(FEED, LABELS, batch_size=ROWS, epochs=8, verbose=0)
    return model, weighting, history.history["loss"]


def test_it_learns_under_jit(trained):
    _, _, loss = trained
    assert loss[-1] < 0.7 * loss[0]


def test_masks_flow_from_layer_to_layer(trained):
    """Rows without a word have all their weight on the places, and what stands there is unseen."""
    model, weighting, _ = trained
    weights = np.asarray(weighting(FEED))
    empty = LENGTHS == 0
    np.testing.assert_array_equal(weights[empty][:, [0, 2]], 0)
    # The CPU's own exp and division settle whether a softmax of one place is 1 to the last bit.
    np.testing.assert_allclose(weights[empty][:, 1], 1, rtol=1e-6)
    assert (weights[~empty] > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    padded = {**FEED, "words": np.pad(FEED["words"], ((0, 0), (0, 3)))}
    np.testing.assert_allclose(model(padded), model(FEED), rtol=1e-5, atol=1e-6)


def test_it_comes_back_from_a_keras_file(trained, tmp_path):
    model, _, _ = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(FEED), model(FEED), rtol=1e-6, atol=1e-7)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="SavedModel is the TensorFlow backend's format"
)
def test_it_is_served_from_a_saved_model(trained, tmp_path):
    import tensorflow as tf

    model, _, _ = trained
    model.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "exported"))
    served = loaded.serve({**FEED, "words": FEED["words"].astype("int32")})
    np.testing.assert_allclose(served, model(FEED), rtol=1e-5, atol=1e-6)


def test_dropped_modalities_train_under_jit():
    """With one of two left out of three rows in four, each weight is 5/7 and not the half of 1."""
    flags = {name: keras.Input((), dtype="bool", name=name) for name in ("image", "text")}
    kept = ModalityDropout(0.5, seed=0)(flags)
    vector = keras.layers.Concatenate()(
        [keras.ops.cast(kept[name][:, None], "float32") for name in ("image", "text")]
    )
    model = keras.Model(flags, keras.layers.Dense(1, use_bias=False)(vector))
    model.compile(keras.optimizers.SGD(0.2), "mse", jit_compile=True)
    feed = {name: np.ones(512, bool) for name in flags}
    model.fit(feed, np.ones((512, 1)), batch_size=512, epochs=40, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [[5 / 7], [5 / 7]], atol=0.08)
