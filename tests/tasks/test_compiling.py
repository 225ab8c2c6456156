"""A task is compiled for its target, with all the variables that its first step needs."""

import keras
import numpy as np
import pytest

from keras_multimodal import tasks
from keras_multimodal.schema import (
    ClassTarget,
    Features,
    NumberTarget,
    PairTarget,
    Schema,
    Targets,
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
        (tasks.retriever, PairTarget(towers=TOWERS), np.stack([SIX] * 2, 1)),
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


SMOOTHED = {"label_smoothing": 0.2}
MADE = [
    (tasks.classifier, KIND, SMOOTHED),
    (tasks.classifier, TAGS, SMOOTHED),
    (tasks.regressor, PRICE, {"loss": "huber"}),
    (tasks.regressor, PRICE, {"loss": "quantile", "quantiles": (0.2, 0.5, 0.8)}),
    (tasks.retriever, PairTarget(towers=TOWERS), {"loss": "sig_lip"}),
    (tasks.captioner, NOTE, {}),
    (tasks.multi_task, Targets((KIND, PRICE)), {"loss_weights": {"price": 0.25}}),
    (tasks.multi_task, Targets((KIND, PRICE)), {"loss_weights": "uncertainty"}),
]


def described(model):
    """What a model is compiled with, but for its optimizer."""
    config = model.get_compile_config()
    return {name: value for name, value in config.items() if name != "optimizer"}


@pytest.mark.parametrize(("build", "target", "options"), MADE)
def test_compiled_again_it_keeps_all_but_the_optimizer(build, target, options):
    schema = Schema(FEATURES, target)
    model = build(schema, dim=8, **options)
    before, loss = described(model), model.loss
    model.layers[-1].trainable = False
    tasks.compile_for(model, schema, learning_rate=0.25, weight_decay=0.5)
    assert described(model) == before
    assert model.loss == loss  # the very losses, perhaps in another dict
    assert float(model.optimizer.learning_rate) == 0.25
    assert model.optimizer.weight_decay == 0.5


@pytest.mark.parametrize(
    ("build", "target", "options"),
    [
        *((build, target, {}) for build, target, _ in MADE[:3]),
        (tasks.regressor, PRICE, {"loss": "quantile"}),
        (tasks.retriever, PairTarget(towers=TOWERS), {}),
        (tasks.captioner, NOTE, {}),
        (tasks.multi_task, Targets((KIND, PRICE)), {}),
        (tasks.multi_task, Targets((KIND, PRICE)), {"number_loss": "quantile"}),
    ],
)
def test_without_a_loss_it_is_the_targets(build, target, options):
    """As a task compiles it that is told nothing else."""
    schema = Schema(FEATURES, target)
    expected = build(schema, dim=8, **options)
    model = build(schema, dim=8, compile=False, **options)
    tasks.compile_for(model, schema)
    assert described(model)["metrics"] == described(expected)["metrics"]
    assert described(model)["weighted_metrics"] == described(expected)["weighted_metrics"]
    losses = [
        {name: each.get_config() for name, each in m.loss.items()}
        if isinstance(m.loss, dict)
        else m.loss.get_config()
        for m in (model, expected)
    ]
    assert losses[0] == losses[1]


def test_what_is_said_of_compiling_needs_it():
    schema = Schema(FEATURES, KIND)
    with pytest.raises(ValueError, match=r"`compile` must be True.*\['learning_rate'\]"):
        tasks.classifier(schema, dim=8, compile=False, learning_rate=0.1)
    with pytest.raises(TypeError, match="learning_rates"):
        tasks.classifier(schema, dim=8, learning_rates=0.1)
    model = tasks.classifier(schema, dim=8, steps=10, learning_rate=0.1)
    assert isinstance(model.optimizer._learning_rate, keras.optimizers.schedules.CosineDecay)
    with pytest.raises(ValueError, match="must have a target to compile for"):
        tasks.compile_for(model, Schema(FEATURES))
