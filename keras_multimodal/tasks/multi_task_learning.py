"""A model of several targets."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import keras

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers import LogitFusion
from keras_multimodal.layers import fusion as fusions
from keras_multimodal.layers.heads.learned_weight import LearnedWeight
from keras_multimodal.schema import ClassTarget, Schema, Targets
from keras_multimodal.tasks._heads import (
    Head,
    check_label_smoothing,
    check_number,
    class_head,
    class_logits,
    number_head,
)
from keras_multimodal.tasks._trunk import Encoders, Trunk
from keras_multimodal.tasks.compilation import CompileOptions, compiled


def multi_task(
    schema: Schema,
    *,
    loss_weights: Mapping[str, float] | Literal["uncertainty"] | None = None,
    number_loss: Literal["mse", "huber", "quantile"] = "mse",
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
    encoders: Encoders | None = None,
    fusion: str | keras.layers.Layer = fusions.DEFAULT,
    dim: int = 64,
    dropout: float = 0.3,
    modality_dropout: float | None = None,
    label_smoothing: float = 0.0,
    compile: bool = True,
    seed: int | None = None,
    **options: Unpack[CompileOptions],
) -> keras.Model:
    """Return a model from a record to several targets, compiled.

    Encoders and fusion are one for all targets; each has a head of its own, that of
    `tasks.classifier` or `tasks.regressor`. Rows that lack some of the targets are learned from for
    the others: `records.batch` gives their labels no weight. Metrics are weighted too.

    Args:
        schema: The description of the training rows, `records.schema`, with several targets, as
            `pair(labels=frame[["mood", "season"]], values=frame["price"])` makes them.
        loss_weights: By target, what its loss is multiplied by, at least 0; those not named have 1.
            Default `None`: all have 1. Numbers are standardised, so that none drowns the others.
            Or `"uncertainty"`: weights are learned, a noisy target weighs less
            (`losses.UncertaintyLoss`); `model.get_layer("price_weight").loss.weight` is one of
            them, and the losses, `log(noise)` included, may be negative.
        number_loss: `"mse"` (default), `"huber"` or `"quantile"`, as `loss` of `tasks.regressor`.
        quantiles: The shares of rows below each quantile, in (0, 1), rising. Default
            `(0.1, 0.5, 0.9)`.
        encoders: By modality, what stands in place of the default encoder
            (`tasks.default_encoder`): an encoder, a name for `encoders.pretrained`, or any layer or
            model, as `tasks.classifier` says.
        fusion: A name of `layers.fusion.names()` or a layer, but not `"logits"`. Default
            `"co_attention"`.
        dim: Width of the tokens, a multiple of 4. Default 64.
        dropout: Rate in the default encoders and before the heads, in [0, 1). Default 0.3.
        modality_dropout: Rate at which whole modalities are withheld in training, in [0, 1].
            Default `None`: 0.2 where one of several is optional, else 0.
        label_smoothing: Share of the target probability that is spread over all classes, in
            [0, 1). Default 0.
        compile: Whether to compile, with `tasks.compile_for`. Default True.
        seed: Seed of what is dropped in training.
        **options: Of `tasks.compile_for`: `learning_rate`, `weight_decay`, `steps` and
            `jit_compile`.

    Returns:
        The model, with the inputs of `tasks.inputs(schema)`. Its output is a dict by target, its
        `inner_name`: probabilities `(batch, classes)`, or numbers `(batch, columns)` or
        `(batch, columns, quantiles)`. `tasks.calibrate(model, dataset, target)` fits the
        temperature of a target of classes.

    Raises:
        ValueError: If the schema has not several targets, or one of numbers that has not been
            measured; if there is an encoder for what it has not, or one that cannot read what it
            describes; or if an argument is out of its range.

    Example:

    >>> from keras_multimodal.schema import NumberTarget, Text
    >>> mood = ClassTarget(name="mood", classes=("good", "bad"))
    >>> price = NumberTarget(name="price", columns=("price",), mean=(20.0,), std=(4.0,))
    >>> text = Text(length=5, vocabulary=("cat", "dog"))
    >>> model = multi_task(Schema([text], Targets((mood, price))), dim=8)
    >>> {name: output.shape for name, output in model.output.items()}
    {'mood': (None, 2), 'price': (None, 1)}

    Reference:
        Caruana, "Multitask Learning", 1997; Kendall, Gal and Cipolla, "Multi-Task Learning Using
        Uncertainty to Weigh Losses for Scene Geometry and Semantics", 2018.
    """
    targets = schema.target
    if not isinstance(targets, Targets):
        raise ValueError(
            "`schema` must have several targets; pair the rows with a frame of `labels`, or with "
            "`labels` and `values`. For one there are `tasks.classifier` and `tasks.regressor`. "
            f"Received: target={targets!r}"
        )
    check_label_smoothing(label_smoothing)
    for target in targets:
        if not isinstance(target, ClassTarget):
            check_number(target, number_loss, "number_loss")
    if fusion == "logits" or isinstance(fusion, LogitFusion):
        raise ValueError(
            "`fusion` must not be late where there are several targets: they are read off one "
            f"vector. Received: fusion={fusion!r}"
        )
    uncertain = loss_weights == "uncertainty"
    weights = None if uncertain else _weights(loss_weights, targets)
    trunk = Trunk(schema, encoders, dim, dropout, modality_dropout, seed)
    vector = trunk.fuse(fusion)
    vector = keras.layers.Dropout(dropout, seed=seed, name=trunk.layer_name("dropout"))(vector)
    heads: dict[str, Head] = {}
    for target in targets:
        inner = inner_name(target.name)
        call = functools.partial(_layer_name, trunk, inner)
        if isinstance(target, ClassTarget):
            logits = class_logits(target, vector, call("logits"))
            heads[inner] = class_head(target, logits, label_smoothing, call)
        else:
            heads[inner] = number_head(
                target, vector, number_loss, quantiles, call, call("numbers")
            )
    outputs = {name: head.output for name, head in heads.items()}
    losses: dict[str, keras.losses.Loss] = {name: head.loss for name, head in heads.items()}
    if uncertain:
        for name, head in heads.items():
            dtype = keras.backend.standardize_dtype(head.output.dtype)
            layer = LearnedWeight(head.weigh(), dtype=dtype, name=f"{name}_weight")
            outputs[name], losses[name] = layer(head.output), layer.loss
    model = keras.Model(trunk.inputs, outputs, name="multi_task")
    return compiled(model, schema, compile, options, loss=losses, loss_weights=weights)


def _layer_name(trunk: Trunk, target: str, name: str) -> str:
    return trunk.layer_name(f"{target}_{name}")


def _weights(given: Any, targets: Targets) -> dict[str, float] | None:
    """Return the weight of each target's loss."""
    if given is None:
        return None
    if not isinstance(given, Mapping) or set(given) - set(targets.names):
        raise ValueError(
            "`loss_weights` must be 'uncertainty', or a dict of weights of the targets "
            f"{list(targets.names)}. Received: loss_weights={given!r}"
        )
    weights = {name: float(given.get(name, 1.0)) for name in targets.names}
    if not all(0 <= weight < float("inf") for weight in weights.values()):
        raise ValueError(
            f"`loss_weights` must be finite numbers of at least 0. Received: loss_weights={given!r}"
        )
    return weights
