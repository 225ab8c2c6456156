"""How tasks are compiled."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_multimodal.tasks.jit_policy import jit_policy


def compile_task(
    model: keras.Model,
    loss: keras.losses.Loss,
    metrics: Sequence[Any],
    *,
    learning_rate: float,
    weight_decay: float,
    steps: int | None,
    jit_compile: bool | None,
) -> None:
    """Compile with AdamW, at a rate that falls to zero over `steps` if there are any."""
    rate: Any = learning_rate
    if steps is not None:
        rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=weight_decay),
        loss,
        metrics=list(metrics),
        jit_compile=jit_policy(model) if jit_compile is None else jit_compile,
    )
