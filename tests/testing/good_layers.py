"""Layers that keep every promise, and what they are called with."""

from typing import Any

import keras
import numpy as np
from keras import ops

RNG = np.random.default_rng(0)
TOKENS = RNG.normal(size=(3, 4, 6))
MASK = np.array([[1, 1, 1, 0], [1, 0, 1, 1], [1, 0, 0, 0]], bool)
OTHER = RNG.normal(size=(3, 2, 6))
OTHER_MASK = np.array([[1, 0], [1, 1], [0, 1]], bool)
IDS = np.array([[3, 1, 2, 0], [2, 2, 0, 0], [1, 0, 0, 0]], "int32")
PRESENT = np.array([True, False, True])


def register(cls: type) -> type:
    return keras.saving.register_keras_serializable("tests")(cls)


def zero(x: Any, mask: Any) -> Any:
    return x if mask is None else ops.where(mask[..., None], x, ops.zeros_like(x))


@register
class Projection(keras.layers.Layer):
    """A good layer: one product for each token, zero at masked places."""

    def __init__(self, units: int = 5, rate: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.rate = rate
        self.supports_masking = True
        self.dense = keras.layers.Dense(units, dtype=self.dtype_policy)
        self.seeds = keras.random.SeedGenerator()

    def build(self, input_shape: Any) -> None:
        if not self.dense.built:
            self.dense.build(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = zero(self.dense(zero(inputs, mask)), mask)
        return self.drop(x, training)

    def drop(self, x: Any, training: Any) -> Any:
        return keras.random.dropout(x, self.rate, seed=self.seeds) if training else x

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "rate": self.rate}


@register
class ProjectionDropout(Projection):
    """A good layer with a dropout."""


@register
class Pool(keras.layers.Layer):
    """A good layer: the mean of the real tokens, zero where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return ops.mean(inputs, axis=1)
        total = ops.sum(zero(inputs, mask), axis=1)
        return total / self.count(mask, total.dtype)

    def count(self, mask: Any, dtype: Any) -> Any:
        return ops.maximum(ops.sum(ops.cast(mask, dtype), axis=1, keepdims=True), 1)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], input_shape[-1])


@register
class Join(keras.layers.Layer):
    """A good layer: the tokens of a dict of modalities, one after the other."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.names = sorted(input_shape)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if sorted(inputs) != self.names:
            raise ValueError(f"`inputs` must be {self.names}. Received: {sorted(inputs)}")
        masks = mask or dict.fromkeys(self.names)
        return ops.concatenate([zero(inputs[name], masks[name]) for name in self.names], axis=1)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        masks = previous_mask or dict.fromkeys(self.names)
        return ops.concatenate(
            [
                ops.ones_like(inputs[name][..., 0], dtype="bool")
                if masks[name] is None
                else masks[name]
                for name in self.names
            ],
            axis=1,
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        first, *others = (input_shape[name] for name in sorted(input_shape))
        lengths = [first[1], *(shape[1] for shape in others)]
        length = None if None in lengths else sum(lengths)
        return (first[0], length, first[-1])


@register
class Attend(keras.layers.Layer):
    """A good layer with two call arguments: each query's weighted mean of the context."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape: Any, context_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(query_shape[-1], context_shape[-1]), name="kernel")

    def call(self, query: Any, context: Any, query_mask: Any = None, context_mask: Any = None):
        query, context = zero(query, query_mask), zero(context, context_mask)
        scores = ops.einsum("bqd,de,bke->bqk", query, self.kernel, context)
        if context_mask is not None:
            scores = self.exclude(scores, context_mask[:, None])
        weights = ops.cast(ops.softmax(ops.cast(scores, "float32")), self.compute_dtype)
        attended = zero(ops.matmul(weights, context), query_mask)
        if context_mask is None:
            return attended
        return ops.where(ops.any(context_mask, axis=1)[:, None, None], attended, 0.0)

    def exclude(self, scores: Any, mask: Any) -> Any:
        # Finite in float16, and far below every score.
        return ops.where(mask, scores, -6e4)

    def compute_output_shape(self, query_shape: Any, context_shape: Any) -> Any:
        return (*query_shape[:-1], context_shape[-1])


TOKENS_CASE = {
    "inputs": TOKENS,
    "masks": MASK,
    "expected_output_shape": (3, 4, 5),
    "expected_output_mask": MASK,
}
POOL_CASE = {"inputs": TOKENS, "masks": MASK, "expected_output_shape": (3, 6)}
DICT_CASE = {
    "inputs": {"text": TOKENS, "image": OTHER},
    "masks": {"text": MASK, "image": OTHER_MASK},
    "expected_output_shape": (3, 6, 6),
    "expected_output_mask": np.concatenate([OTHER_MASK, MASK], axis=1),
}
PAIR_CASE = {
    "inputs": (TOKENS, OTHER),
    "masks": (MASK, OTHER_MASK),
    "expected_output_shape": (3, 4, 6),
    "expected_output_mask": MASK,
}


@register
class StepsThere(Projection):
    """A good layer for a series: `[values, there]` in, `there` of shape `(batch, steps)`."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape[0])

    def call(self, inputs: Any, training: Any = None) -> Any:
        values, there = inputs
        values = ops.where(there[..., None], values, ops.zeros_like(values))
        return zero(self.dense(values), there)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return inputs[1]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return super().compute_output_shape(input_shape[0])


@register
class PresentOnly(Projection):
    """A good layer for an optional modality: `[values, present]` in, as an encoder takes them."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape[0])

    def call(self, inputs: Any, training: Any = None) -> Any:
        values, present = inputs
        values = ops.where(present[:, None, None], values, ops.zeros_like(values))
        return zero(self.dense(values), self.compute_mask(inputs))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        values, present = inputs
        return ops.logical_and(ops.ones_like(values[..., 0], dtype="bool"), present[:, None])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return super().compute_output_shape(input_shape[0])
