"""Layers that each break one promise, as a layer of the package easily could."""

from typing import Any

import keras
import numpy as np
from good_layers import (
    Attend,
    Join,
    Pool,
    Projection,
    ProjectionDropout,
    register,
    zero,
)
from keras import ops


class Unregistered(Projection):
    pass


@register
class WeightsInConstructor(Projection):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.offset = self.add_weight(shape=(self.units,), name="offset")

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return zero(super().call(inputs, mask) + self.offset, mask)


@register
class MutatesArgument(Projection):
    def __init__(self, units: int = 5, sizes: Any = (), **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.sizes = list(sizes)
        sizes.sort()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes}


@register
class ArgumentMissing(Projection):
    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["units"]
        return config


@register
class ArgumentChanged(Projection):
    def __init__(self, units: int = 5, scale: float = 1.0, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.scale = max(scale, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}


@register
class ForgetsOnLoading(Projection):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**{**config, "rate": 0.0})


@register
class WrongShape(Projection):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


@register
class NoShape(keras.layers.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


@register
class WrongDtype(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return ops.cast(x, "float16" if x.dtype == "float32" else "float32")


@register
class FixedBatch(Projection):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (3, *super().compute_output_shape(input_shape)[1:])


@register
class MixesRows(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return zero(x - ops.mean(x, axis=0, keepdims=True), mask)


@register
class DropsMask(Projection):
    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        return None


@register
class FloatMask(Projection):
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None if previous_mask is None else ops.cast(previous_mask, "float32")


@register
class IgnoresExplicitMask(Projection):
    def build(self, input_shape: Any) -> None:
        self.inner = Projection(self.units, dtype=self.dtype_policy)
        self.inner.build(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return self.inner(inputs)


@register
class NeedsMask(Pool):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        return super().call(inputs, mask) if mask is not None else ops.sum(inputs, axis=1)


@register
class PoolsMasked(Pool):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        return ops.mean(inputs, axis=1)


@register
class MultipliesByMask(Pool):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        mask = ops.ones_like(inputs[..., 0], dtype="bool") if mask is None else mask
        total = ops.sum(inputs * ops.cast(mask, inputs.dtype)[..., None], axis=1)
        return total / self.count(mask, inputs.dtype)


@register
class LeavesNaNAtMasked(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = self.dense(zero(inputs, mask))
        return x if mask is None else ops.where(mask[..., None], x, inputs[..., : self.units])


@register
class LeaksIntoGradients(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return zero(self.dense(inputs), mask)


@register
class DividesByNothing(Pool):
    def count(self, mask: Any, dtype: Any) -> Any:
        return ops.sum(ops.cast(mask, dtype), axis=1, keepdims=True)


@register
class AttendsToNothing(Attend):
    def exclude(self, scores: Any, mask: Any) -> Any:
        return scores + ops.cast(ops.where(mask, 0.0, -float("inf")), scores.dtype)


@register
class ValidFromNothing(Projection):
    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        if previous_mask is None:
            return None
        return ops.logical_or(previous_mask, ops.logical_not(ops.any(previous_mask, 1)[:, None]))


@register
class CountsPadding(Pool):
    def count(self, mask: Any, dtype: Any) -> Any:
        return ops.sum(ops.ones_like(mask, dtype=dtype), axis=1, keepdims=True)


@register
class BranchesOnValue(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return x if float(ops.sum(ops.abs(x))) > 0 else -x


@register
class BakesLengthIn(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return super().call(inputs, mask) + ops.zeros((inputs.shape[1], self.units), inputs.dtype)


@register
class LosesWeights(Projection):
    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return super().call(inputs, mask) * self.scale

    def load_own_variables(self, store: Any) -> None:
        pass


@register
class CountsCalls(Projection):
    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        self.calls.assign_add(1.0)
        return super().call(inputs, mask)


@register
class DropoutScalesInference(ProjectionDropout):
    def drop(self, x: Any, training: Any) -> Any:
        return super().drop(x, training) if training else x * (1 - self.rate)


@register
class DropoutNever(ProjectionDropout):
    def drop(self, x: Any, training: Any) -> Any:
        return x


@register
class DropoutAlwaysTheSame(ProjectionDropout):
    def drop(self, x: Any, training: Any) -> Any:
        return keras.random.dropout(x, self.rate, seed=3) if training else x


@register
class OneOfTwoDropouts(ProjectionDropout):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dropouts = [keras.layers.Dropout(self.rate, dtype=self.dtype_policy) for _ in "ab"]

    def drop(self, x: Any, training: Any) -> Any:
        return self.dropouts[0](x, training=training)


@register
class InnerDropoutNever(ProjectionDropout):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = ProjectionDropout(self.units, self.rate, dtype=self.dtype_policy)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.inner.build(self.compute_output_shape(input_shape))

    def drop(self, x: Any, training: Any) -> Any:
        return super().drop(self.inner(x, training=False), training)


@register
class DropoutOfOneRate(ProjectionDropout):
    def __init__(self, last_dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.last_dropout = last_dropout

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "last_dropout": self.last_dropout}


@register
class EmptiesDict(Join):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        output = super().call(inputs, mask)
        inputs.clear()
        return output


@register
class WalksDict(Join):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        first, *others = inputs
        output = super().call(inputs, mask)
        return output if first < max(others) else -output


@register
class TakesAnyNames(Join):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        return super().call(self.known(inputs), mask and self.known(mask))

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return super().compute_mask(self.known(inputs), previous_mask and self.known(previous_mask))

    def known(self, values: Any) -> Any:
        return {name: values.get(name, next(iter(values.values()))) for name in self.names}


@register
class HalfWeights(Projection):
    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.scale = self.add_weight(
            shape=(), initializer="ones", name="scale", dtype=self.compute_dtype
        )

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return super().call(inputs, mask) * self.scale


@register
class OverflowsInHalf(Pool):
    def count(self, mask: Any, dtype: Any) -> Any:
        return super().count(mask, dtype) * 1e5 / 1e5


@register
class FullPrecisionSublayer(Projection):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(self.units)

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return ops.cast(super().call(inputs, mask), self.compute_dtype)


@register
class ReturnsFullPrecision(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        return ops.cast(super().call(inputs, mask), "float32")


@register
class DeadWeight(Projection):
    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.unused = self.add_weight(shape=(2,), name="unused")


@register
class InfiniteGradient(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return x + ops.sqrt(ops.sum(ops.square(x * 0.0)))


@register
class LeavesTheGraphInTraining(Projection):
    def drop(self, x: Any, training: Any) -> Any:
        return x * float(ops.sum(x) * 0 + 1) if training else x


def is_compiled(x: Any) -> bool:
    try:
        np.asarray(x)
    except Exception:
        return True
    return False


@register
class DoublesCompiledTraining(Projection):
    def drop(self, x: Any, training: Any) -> Any:
        return x * 2.0 if training and is_compiled(x) else x


@register
class LearnsNothingCompiled(Projection):
    def drop(self, x: Any, training: Any) -> Any:
        x = super().drop(x, training)
        return ops.stop_gradient(x) if training and is_compiled(x) else x


@register
class NoisyInference(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        x = super().call(inputs, mask)
        return zero(x + keras.random.normal(ops.shape(x), seed=self.seeds, dtype=x.dtype), mask)


@register
class DropoutInInference(ProjectionDropout):
    def drop(self, x: Any, training: Any) -> Any:
        return keras.random.dropout(x, self.rate, seed=self.seeds if training else 3)


@register
class CannotBeCalled(Projection):
    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        raise KeyError("a name")
