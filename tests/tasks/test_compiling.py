"""A task's optimizer is ready before the first step."""

import numpy as np

from keras_multimodal.schema import Category, Features, Schema
from keras_multimodal.tasks import classifier

SCHEMA = Schema([Features(length=2, dim=4)], Category(classes=("a", "b")))


def test_the_first_step_is_traced_once(rng, monkeypatch):
    model = classifier(SCHEMA, dim=8)
    assert len(model.optimizer.variables) > 2 * len(model.trainable_variables)
    calls, call = [], model.call

    def counted(*args, **kwargs):
        calls.append(kwargs)
        return call(*args, **kwargs)

    monkeypatch.setattr(model, "call", counted)
    features = rng.normal(size=(6, 2, 4)).astype("float32")
    inputs = {"features": features, "features_mask": np.ones((6, 2), bool)}
    model.fit(inputs, np.arange(6) % 2, batch_size=2, epochs=2, verbose=0)
    assert len(calls) == 1
