"""A task is compiled with all the variables that its first step needs."""

import numpy as np
import pytest

from keras_multimodal import tasks
from keras_multimodal.schema import (
    ClassTarget,
    Features,
    NumberTarget,
    PairTarget,
    Schema,
    TextTarget,
)

FEATURES = [Features(name=name, length=2, dim=4) for name in ("one", "two")]
KIND = ClassTarget(name="kind", classes=("a", "b"))
TAGS = ClassTarget(name="tags", classes=("a", "b"), multi_label=True)
PRICE = NumberTarget(name="price", columns=("price",), mean=(0.0,), std=(1.0,))
NOTE = TextTarget(name="note", length=3, vocabulary=("red", "cat"))
TOWERS = (("a", ("one",)), ("b", ("two",)))
SIX = np.arange(6)
SEVERAL = np.stack([SIX % 2, SIX % 3 == 0], 1).astype("float32")


@pytest.mark.parametrize(
    ("build", "target", "labels"),
    [
        (tasks.classifier, KIND, SIX % 2),
        (tasks.classifier, TAGS, SEVERAL),
        (tasks.regressor, PRICE, SIX[:, None].astype("float32")),
        (
            tasks.retriever,
            PairTarget(towers=(("a", ("one",)), ("b", ("two",)))),
            np.stack([SIX] * 2, 1),
        ),
        (tasks.captioner, NOTE, np.tile([[3, 4, 1, 2]], (6, 1))),
    ],
)
def test_the_first_step_is_traced_once(build, target, labels, rng, monkeypatch):
    """Of several targets it is traced twice: Keras then makes a tracker of each one's loss."""
    model = build(Schema(FEATURES, target), dim=8)
    calls, call = [], model.call

    def counted(*args, **kwargs):
        calls.append(kwargs)
        return call(*args, **kwargs)

    monkeypatch.setattr(model, "call", counted)
    inputs = {}
    for name in ("one", "two"):
        inputs[name] = rng.normal(size=(6, 2, 4)).astype("float32")
        inputs[f"{name}_mask"] = np.ones((6, 2), bool)
    if target is NOTE:
        inputs["note"] = np.tile([[1, 3, 4, 1]], (6, 1)).astype("int32")
    model.fit(inputs, labels, batch_size=3, epochs=2, verbose=0)
    assert len(calls) == 1
