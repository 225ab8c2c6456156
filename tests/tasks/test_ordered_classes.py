"""A classifier of classes in an order errs to neighbours."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.schema import ClassTarget, Features, Schema
from keras_multimodal.tasks import classifier


@pytest.mark.parametrize("fusion", ["mean", "logits"])
def test_a_classifier_of_grades(fusion, rng):
    """One number says the grade, give or take; mistakes are to neighbours."""
    grades = ["poor", "fair", "good", "great"]
    values = rng.uniform(0, 4, 400)
    labels = [grades[int(np.clip(v + rng.normal(scale=0.2), 0, 3.99))] for v in values]
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


def test_the_order_is_part_of_the_description():
    schema = Schema([Features(length=2, dim=4)], ClassTarget(classes=("a", "b"), ordered=True))
    assert Schema.from_json(schema.to_json()) == schema
