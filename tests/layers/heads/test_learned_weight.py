"""The layer trains, saves and shows what its loss learns.

`run_layer_conformance` asks of every weight a gradient of the layer's own output; this one's comes
through the loss.
"""

import pickle

import keras
import numpy as np
import pytest

from keras_multimodal.layers import LearnedWeight
from keras_multimodal.losses import UncertaintyLoss

ROWS = np.random.default_rng(6).normal(size=(256, 3)).astype("float32")
NOISE = np.random.default_rng(7).normal(size=(256, 1)).astype("float32")


def make_model(**options):
    inputs = keras.Input((3,))
    layer = LearnedWeight(UncertaintyLoss(keras.losses.MeanSquaredError(), 0.5), name="size")
    outputs = {"size": layer(keras.layers.Dense(1)(inputs))}
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.05), {"size": layer.loss}, **options)
    return model


@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_learns_the_variance_of_the_noise(jit_compile):
    keras.utils.set_random_seed(0)
    model = make_model(jit_compile=jit_compile)
    sizes = ROWS @ [[1.0], [2.0], [-1.0]] + 0.3 * NOISE
    model.fit(ROWS, {"size": sizes}, epochs=60, batch_size=32, verbose=0)
    layer = model.get_layer("size")
    assert np.exp(layer.log_variance.numpy()) == pytest.approx(0.09, rel=0.25)
    assert layer.loss.weight == pytest.approx(0.5 / np.exp(layer.log_variance.numpy()), rel=1e-5)


def test_a_loaded_model_goes_on_with_one_loss_and_one_weight(tmp_path):
    model = make_model()
    model.fit(ROWS, {"size": NOISE}, epochs=3, verbose=0)
    for number in range(2):  # and what was loaded is saved again
        model.save(tmp_path / f"{number}.keras")
        loaded, other = (keras.saving.load_model(tmp_path / f"{number}.keras") for _ in range(2))
        layer = loaded.get_layer("size")
        assert loaded.loss["size"] is layer.loss
        assert layer.log_variance is layer.loss.log_variance
        assert layer.loss.weight == model.get_layer("size").loss.weight != 0.5
        before = other.get_layer("size").loss.weight
        loaded.fit(ROWS, {"size": NOISE}, shuffle=False, verbose=0)
        assert layer.loss.weight != before == other.get_layer("size").loss.weight
        model = loaded
    copy = pickle.loads(pickle.dumps(model))
    assert copy.loss["size"] is copy.get_layer("size").loss


def test_weights_alone_are_saved_too(tmp_path):
    model, other = make_model(), make_model()
    model.fit(ROWS, {"size": NOISE}, epochs=2, verbose=0)
    other.fit(ROWS, {"size": NOISE}, verbose=0)
    assert other.get_layer("size").loss.weight != model.get_layer("size").loss.weight
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    assert other.get_layer("size").loss.weight == model.get_layer("size").loss.weight


def test_a_copy_has_a_weight_of_its_own():
    model = make_model()
    copy = keras.models.clone_model(model)
    assert copy.get_layer("size").loss is not model.get_layer("size").loss


def test_it_stays_where_it_is_frozen():
    model = make_model()
    model.get_layer("size").trainable = False
    model.fit(ROWS, {"size": NOISE}, verbose=0)
    assert model.get_layer("size").loss.weight == 0.5
    layer = LearnedWeight(UncertaintyLoss(keras.losses.MeanSquaredError()), trainable=False)
    layer.build((None, 1))
    assert not layer.trainable_weights


def test_it_changes_nothing_and_passes_masks_on():
    layer = LearnedWeight(UncertaintyLoss(keras.losses.MeanSquaredError()))
    np.testing.assert_array_equal(layer(ROWS), ROWS)
    assert layer.compute_output_shape((None, 3)) == (None, 3)
    assert layer.supports_masking
    with pytest.raises(TypeError, match=r"UncertaintyLoss\. Received: MeanSquaredError"):
        LearnedWeight(keras.losses.MeanSquaredError())
