"""Classes in an order: differences of sigmoids, exact where the plain formula is not."""

import keras
import numpy as np
import pytest

from keras_multimodal import data
from keras_multimodal.layers import OrdinalLogits
from keras_multimodal.schema import ClassTarget, Features, Schema
from keras_multimodal.tasks import classifier


def test_probabilities_are_differences_of_sigmoids(rng):
    layer = OrdinalLogits(4)
    inputs = rng.normal(size=(6, 3)).astype("float32")
    found = np.exp(keras.ops.convert_to_numpy(layer(inputs)))
    kernel, first, steps = sorted(
        (keras.ops.convert_to_numpy(weight) for weight in layer.weights),
        key=lambda weight: (-weight.ndim, weight.size),
    )
    thresholds = np.cumsum([first[0], *np.log1p(np.exp(steps))])
    np.testing.assert_allclose(thresholds, [-1, 0, 1], atol=0.01)  # as they begin
    above = 1 / (1 + np.exp(-(inputs @ kernel - thresholds)))
    above = np.concatenate([np.ones((6, 1)), above, np.zeros((6, 1))], 1)
    np.testing.assert_allclose(found, above[:, :-1] - above[:, 1:], rtol=1e-4, atol=1e-6)


def test_scores_far_away_stay_finite():
    layer = OrdinalLogits(3)
    inputs = np.array([[300.0], [-300.0]], "float32")
    layer.build((None, 1))
    layer._score.set_weights([np.ones((1, 1), "float32")])
    logits = keras.ops.convert_to_numpy(layer(inputs))
    assert np.isfinite(logits).all()
    assert logits.argmax(1).tolist() == [2, 0]
    # A difference of two sigmoids of 300 would be a logarithm of zero.
    np.testing.assert_allclose(logits[0, 0], -300.5, atol=0.1)


@pytest.mark.parametrize("fusion", ["mean", "logits"])
def test_a_classifier_of_grades(fusion, rng):
    """One number says the grade, give or take; mistakes are to neighbours."""
    grades = ["poor", "fair", "good", "great"]
    values = rng.uniform(0, 4, 400)
    labels = [grades[int(np.clip(v + rng.normal(scale=0.2), 0, 3.99))] for v in values]
    import pandas as pd

    frame = pd.DataFrame({"a": values, "b": values**2})
    table = data.TableProcessor().from_dataframe(frame, numeric=["a"], name="first")
    other = data.TableProcessor().from_dataframe(frame, numeric=["b"], name="second")
    records = data.pair(table, other, labels=labels, classes=grades, ordered=True)
    assert records.schema.target == ClassTarget(classes=tuple(grades), ordered=True)
    train, test = records.split(test=0.25)
    keras.utils.set_random_seed(0)
    model = classifier(
        train.schema, fusion=fusion, dim=8, dropout=0.0, learning_rate=0.02, steps=15 * 15
    )
    model.fit(train.batch(20, training=True), epochs=15, shuffle=False, verbose=0)
    found = model.predict(test.batch(50), verbose=0)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-4)
    assert (found.argmax(1) == test.labels).mean() > 0.75
    assert np.abs(found.argmax(1) - test.labels).max() <= 1


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="`classes` must be at least 2"):
        OrdinalLogits(1)
    with pytest.raises(ValueError, match=r"`inputs` must be \(batch, width\)"):
        OrdinalLogits(3)(np.ones((2, 3, 4), "float32"))
    schema = Schema([Features(length=2, dim=4)], ClassTarget(classes=("a", "b"), ordered=True))
    assert Schema.from_json(schema.to_json()) == schema
