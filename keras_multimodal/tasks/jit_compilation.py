"""Whether a model had better be compiled by XLA."""

import keras

_CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)
_RECURRENT = (keras.layers.RNN, keras.layers.GRU, keras.layers.LSTM, keras.layers.Bidirectional)


def jit_policy(model: keras.Model) -> bool:
    """Return whether to compile a model with `jit_compile=True`, by the device and its layers.

    On a GPU or TPU: yes. On a CPU: yes for what is products, attention and elementwise work, which
    XLA makes faster, such as fusions on features; no where there are convolutions or recurrent
    layers that are trained or run, or half precision, all of which XLA makes slower there.

    Args:
        model: The model.

    Example:

    >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3)])
    >>> jit_policy(model)
    False
    """
    accelerated = any(
        device.split(":")[0] in ("gpu", "tpu") for device in keras.distribution.list_devices()
    )
    if accelerated:
        return True
    layers = list(model._flatten_layers())  # those in encoders too, which Keras lists nowhere else
    slow = any(isinstance(layer, (*_CONVOLUTIONS, *_RECURRENT)) for layer in layers)
    return not slow and all(layer.compute_dtype in (None, "float32") for layer in layers)
