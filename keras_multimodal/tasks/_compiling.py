"""How tasks are compiled."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_multimodal.layers.heads.learned_weight import LearnedWeight
from keras_multimodal.tasks.jit_compilation import jit_policy


def compile_task(
    model: keras.Model,
    loss: keras.losses.Loss | Mapping[str, keras.losses.Loss],
    metrics: Sequence[keras.metrics.Metric] | Mapping[str, Sequence[keras.metrics.Metric]],
    *,
    loss_weights: Mapping[str, float] | None = None,
    learning_rate: float,
    weight_decay: float,
    steps: int | None,
    jit_compile: bool | None,
) -> None:
    """Compile with AdamW, at a rate that falls to zero over `steps` if there are any.

    The metrics of several outputs are weighted: what a row lacks has no say in them.
    """
    rate: Any = learning_rate
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay)
    held = [layer.log_variance for layer in model.layers if isinstance(layer, LearnedWeight)]
    optimizer.exclude_from_weight_decay(var_list=held)
    several = isinstance(metrics, Mapping)
    model.compile(
        optimizer,
        loss,
        loss_weights=loss_weights,
        metrics=None if several else list(metrics),
        weighted_metrics=metrics if several else None,
        jit_compile=jit_policy(model) if jit_compile is None else jit_compile,
    )
    # Built by the first step, as Keras does, it would have TensorFlow trace that step twice.
    optimizer.build(model.trainable_variables)
