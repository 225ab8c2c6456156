"""Compiled functions of Keras' backend, and what they are compared with in PyTorch."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


def compiled(function: Callable[..., Any], *arrays: Any, jit: bool = False) -> Callable[[], Any]:
    """`function` of the arrays, as a graph, to be called and waited for.

    Args:
        function: A function of tensors.
        *arrays: NumPy arrays, or tensors.
        jit: Whether TensorFlow compiles the graph with XLA, as JAX always does.
    """
    tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
    if keras.backend.backend() == "jax":
        import jax

        graph = jax.jit(function)
        return lambda: jax.block_until_ready(graph(*tensors))
    import tensorflow as tf

    graph = tf.function(function, jit_compile=jit)
    return lambda: [tf.reshape(x, (-1,))[0].numpy() for x in tf.nest.flatten(graph(*tensors))]


def bytes_of(function: Callable[..., Any], *tensors: Any) -> int:
    """What the function, compiled by JAX, takes beside its arguments."""
    import jax

    taken = jax.jit(function).lower(*tensors).compile().memory_analysis()
    return taken.temp_size_in_bytes + taken.output_size_in_bytes


def gradients(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gradients of `sum(function(*tensors) * upstream)`; `upstream` comes after the tensors."""

    def by_tensors(*tensors: Any) -> Any:
        *tensors, upstream = tensors
        if keras.backend.backend() == "jax":
            import jax

            return jax.vjp(function, *tensors)[1](upstream)
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            output = function(*tensors)
        return tape.gradient(output, tensors, output_gradients=upstream)

    return by_tensors


def train_step(layer: Callable[..., Any], variables: Sequence[Any], jit: bool, *arrays: Any) -> Any:
    """A step of gradient descent on the mean of the squares of what `layer(*arrays)` gives."""
    rate = 1e-3

    def loss(*tensors: Any) -> Any:
        outputs = keras.tree.flatten(layer(*tensors))
        return sum(keras.ops.mean(keras.ops.square(output)) for output in outputs)

    tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
    if keras.backend.backend() == "jax":
        import jax

        def step(values: list[Any], *tensors: Any) -> list[Any]:
            def of(values: list[Any]) -> Any:
                state = list(zip(variables, values, strict=True))
                with keras.StatelessScope(state_mapping=state):
                    return loss(*tensors)

            found = jax.grad(of)(values)
            return [x - rate * g for x, g in zip(values, found, strict=True)]

        graph, values = jax.jit(step), [variable.value for variable in variables]
        return lambda: jax.block_until_ready(graph(values, *tensors))
    import tensorflow as tf

    weights = [variable.value for variable in variables]

    @tf.function(jit_compile=jit)
    def step(*tensors: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(*tensors)
        for weight, gradient in zip(weights, tape.gradient(value, weights), strict=True):
            weight.assign_sub(rate * gradient)
        return value

    return lambda: step(*tensors).numpy()


class Torch:
    """PyTorch on the same kind of device, or nothing where it is not installed."""

    def __init__(self, dtype: str) -> None:
        import torch

        self.torch = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.dtype = getattr(torch, dtype)
        # As JAX does on GPUs: float32 products in TensorFloat-32. It changes nothing on CPUs.
        torch.set_float32_matmul_precision("high")

    def compiled(self, function: Any) -> Any:
        """`function` compiled for each shape anew."""
        self.torch._dynamo.config.recompile_limit = 256
        return self.torch.compile(function, dynamic=False)

    def tensor(self, array: np.ndarray, grad: bool = False) -> Any:
        """The array on the device."""
        tensor = self.torch.tensor(array, device=self.device, dtype=self.dtype)
        return tensor.requires_grad_(grad)

    def wait(self, result: Any) -> Any:
        """`result`, once the device is done."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()
        return result
