"""How the tasks' models are compiled."""

from collections.abc import Mapping
from typing import Any, TypedDict

import keras

from keras_multimodal._inner_names import inner_name
from keras_multimodal.encoders._embedded_ids import check_model_ids
from keras_multimodal.layers import LearnedWeight, OrderedQuantiles
from keras_multimodal.losses import (
    InfoNCE,
    QuantileLoss,
    SmoothedCrossentropy,
    StandardizedError,
)
from keras_multimodal.metrics import MedianRank, RecallAtK
from keras_multimodal.schema import (
    ClassTarget,
    NumberTarget,
    PairTarget,
    Schema,
    Targets,
    TextTarget,
)
from keras_multimodal.tasks._heads import number_dtype
from keras_multimodal.tasks.jit_compilation import jit_policy

_QUANTILES = (0.1, 0.5, 0.9)


class CompileOptions(TypedDict, total=False):
    """The arguments that the tasks hand on to `compile_for`, where they are described."""

    learning_rate: float
    weight_decay: float
    steps: int | None
    jit_compile: bool | None


def compile_for(
    model: keras.Model,
    schema: Schema,
    *,
    loss: keras.losses.Loss | Mapping[str, keras.losses.Loss] | None = None,
    loss_weights: Mapping[str, float] | None = None,
    learning_rate: float = 2e-3,
    weight_decay: float = 0.05,
    steps: int | None = None,
    jit_compile: bool | None = None,
) -> None:
    """Compile a model for the target of a schema: AdamW, the target's loss and its metrics.

    The tasks do so when they make a model. Call it again where layers have been frozen or unfrozen,
    or for another learning rate: what the model was compiled with stays, but for the optimizer.

    Args:
        model: The model, with the outputs that a task for such a target has.
        schema: The description of the training rows, `records.schema`, with a target.
        loss: The loss; of several targets a dict of them. Default `None`: the one that the model
            was compiled with; of a model that was not, cross-entropy of classes, the squared error
            of numbers, or the quantile loss for 0.1, 0.5 and 0.9 where there are three outputs,
            InfoNCE of parts that belong together, and cross-entropy of the next token of texts.
        loss_weights: Of several targets, the factor on each loss. Default `None`: those that the
            model was compiled with, or 1.
        learning_rate: Of AdamW. Default 0.002.
        weight_decay: Of AdamW. Weights of losses that are learned are left out. Default 0.05.
        steps: Training steps, over which the rate falls to zero as a cosine does. Default `None`:
            it stays.
        jit_compile: Whether to compile with XLA. Default `None`: as `tasks.jit_policy` says.

    Raises:
        ValueError: If the schema has no target, or the model not the outputs that it asks for, or
            fewer embeddings than a text has ids.

    Example:

    >>> from keras_multimodal import tasks
    >>> from keras_multimodal.schema import Features
    >>> schema = Schema([Features(length=2, dim=4)], ClassTarget(classes=("dry", "wet")))
    >>> model = tasks.classifier(schema, dim=8)
    >>> model.get_layer("logits").trainable = False
    >>> compile_for(model, schema, learning_rate=1e-4)
    >>> round(float(model.optimizer.learning_rate), 6)
    0.0001
    """
    if schema.target is None:
        raise ValueError("`schema` must have a target to compile for. Received: target=None")
    check_model_ids(model, schema)
    if loss is None:
        loss = model.loss if model.compiled else _default_loss(model, schema)
    if isinstance(loss, Mapping):
        loss = {inner_name(name): each for name, each in loss.items()}
    if loss_weights is not None:
        loss_weights = {inner_name(name): weight for name, weight in loss_weights.items()}
    elif model.compiled:
        loss_weights = model.get_compile_config().get("loss_weights")
    rate: Any = learning_rate
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay)
    held = [layer.log_variance for layer in model.layers if isinstance(layer, LearnedWeight)]
    optimizer.exclude_from_weight_decay(var_list=held)
    metrics, weighted = _metrics(model, schema)
    model.compile(
        optimizer,
        loss,
        loss_weights=loss_weights,
        metrics=metrics,
        # What a row lacks has no say in them.
        weighted_metrics=weighted,
        jit_compile=jit_policy(model) if jit_compile is None else jit_compile,
    )
    # Built by the first step, as Keras does, it would have TensorFlow trace that step twice.
    optimizer.build(model.trainable_variables)


def compiled(
    model: keras.Model,
    schema: Schema,
    compile: bool,
    options: CompileOptions,
    loss: keras.losses.Loss | Mapping[str, keras.losses.Loss] | None = None,
    loss_weights: Mapping[str, float] | None = None,
) -> keras.Model:
    """Return the model, compiled if it is to be.

    Raises:
        ValueError: If it is not to be, and there are options.
    """
    if compile:
        compile_for(model, schema, loss=loss, loss_weights=loss_weights, **options)
    elif options:
        raise ValueError(
            "`compile` must be True where something is said of it. "
            f"Received: compile=False and {sorted(options)}"
        )
    return model


def _default_loss(
    model: keras.Model, schema: Schema
) -> keras.losses.Loss | dict[str, keras.losses.Loss]:
    if isinstance(schema.target, Targets):
        return {
            name: _loss(model, target, f"{name}_")
            for name, target in _by_inner_name(schema.target).items()
        }
    return _loss(model, schema.target)


def _by_inner_name(targets: Targets) -> dict[str, Any]:
    """Return targets by the names of the model's outputs."""
    return {inner_name(target.name): target for target in targets}


def _loss(model: keras.Model, target: Any, prefix: str = "") -> keras.losses.Loss:
    if isinstance(target, ClassTarget):
        return keras.losses.BinaryCrossentropy() if target.multi_label else SmoothedCrossentropy()
    if isinstance(target, NumberTarget):
        if _quantiles(model, prefix):
            return QuantileLoss(_QUANTILES, target.std, dtype=number_dtype(target))
        return StandardizedError(target.std, dtype=number_dtype(target))
    if isinstance(target, PairTarget):
        return InfoNCE()
    # Padding is no token to learn.
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)


def _metrics(model: keras.Model, schema: Schema) -> tuple[Any, Any]:
    """Return the metrics, and those that are weighted."""
    target = schema.target
    if isinstance(target, Targets):
        return None, {
            name: _own_metrics(model, each, f"{name}_")
            for name, each in _by_inner_name(target).items()
        }
    return _own_metrics(model, target), None


def _own_metrics(model: keras.Model, target: Any, prefix: str = "") -> list[keras.metrics.Metric]:
    """Return objects: of a metric's name the first step makes one, and is then traced twice."""
    if isinstance(target, ClassTarget) and target.multi_label:
        return [keras.metrics.BinaryAccuracy()]
    # Of texts, those of real tokens: the output has a mask.
    if isinstance(target, (ClassTarget, TextTarget)):
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
    if isinstance(target, NumberTarget) and not _quantiles(model, prefix):
        return [keras.metrics.MeanAbsoluteError(name="mae", dtype=number_dtype(target))]
    if isinstance(target, PairTarget):
        return [RecallAtK(1), RecallAtK(10), MedianRank()]
    return []


def _quantiles(model: keras.Model, prefix: str) -> bool:
    """Return whether the model has quantiles of a target's numbers."""
    names = (f"{prefix}standardized", f"{prefix}standardized_layer")  # see `Trunk.layer_name`
    return any(
        isinstance(layer, OrderedQuantiles) and layer.name in names for layer in model.layers
    )
