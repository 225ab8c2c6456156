"""Whole modalities left out at random."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import (
    Names,
    argument_name,
    in_order,
    like_inputs,
    modality_names,
)
from keras_multimodal.types import Shapes, Tensors


@register
class ModalityDropout(keras.layers.Layer):
    """Withholds modalities at random in training, never a row's last one.

    It works on presence flags, so that a modality that is dropped is to the model just what one
    that was never there is: give the flags it returns to the encoders. With `u_m` uniform in
    [0, 1) for each row and modality, and `p_m` the flags:

    `kept_m = p_m and u_m >= min(rate, max_k {u_k : p_k})`

    that is, each modality is dropped with the probability `rate`, except that a row which would
    lose all it has keeps one of them, each as likely.

    Args:
        rate: Probability of dropping a modality, in [0, 1]; at 1 each row keeps exactly one.
        seed: Seed of the draws. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of presence flags, boolean `(batch,)`, one for each modality. One
            that is never absent needs a flag too if it is to be dropped.
        training: Whether the call is part of training; otherwise the flags are returned as they
            are.

    Returns:
        Flags in the structure of `inputs`, boolean `(batch,)`.

    Masking:
        Flags have no mask of their own. They become masks in the encoders.

    Raises:
        ValueError: If `rate` is out of its range; if the inputs aren't a list or dict of boolean
            flags `(batch,)`, or have other names than those the layer was built for.

    Example:

    >>> flags = {"image": keras.Input((), dtype="bool"), "text": keras.Input((), dtype="bool")}
    >>> kept = ModalityDropout(0.3, seed=0)(flags)
    >>> kept["image"].shape, kept["image"].dtype
    ((None,), 'bool')

    Reference:
        Neverova et al., "ModDrop: Adaptive Multi-Modal Gesture Recognition", 2016. There a row may
        lose everything; here it doesn't.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ValueError(f"`rate` must be in [0, 1]. Received: rate={rate}")
        self.rate = rate
        self.seed = seed
        self._seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order."""
        self.modality_names: Names = modality_names(input_shape)
        shapes = in_order(input_shape, self.modality_names)
        for name, shape in zip(self.modality_names, shapes, strict=True):
            if len(shape) != 1:
                raise ValueError(
                    f"`{argument_name(name)}` must be presence flags of shape (batch,). "
                    f"Received: shape {tuple(shape)}"
                )

    def call(self, inputs: Tensors, training: bool | None = None) -> Tensors:
        """Withhold; see the class."""
        flags = self._checked(inputs)
        if not training or self.rate == 0:
            return like_inputs(flags, self.modality_names)
        present = ops.stack(flags, axis=1)  # (batch, modalities)
        draws = keras.random.uniform(ops.shape(present), dtype="float32", seed=self._seed_generator)
        # A row's highest draw always stays, whatever the rate.
        highest = ops.max(ops.where(present, draws, 0.0), axis=1, keepdims=True)
        remaining = ops.logical_and(present, draws >= ops.minimum(highest, self.rate))
        return like_inputs(ops.unstack(remaining, len(flags), axis=1), self.modality_names)

    def _checked(self, inputs: Tensors) -> list[Any]:
        """Return the flags, in order."""
        flags = in_order(inputs, self.modality_names)
        for name, flag in zip(self.modality_names, flags, strict=True):
            dtype = keras.backend.standardize_dtype(flag.dtype)
            if dtype != "bool":
                raise ValueError(
                    f"`{argument_name(name)}` must be boolean. Received: dtype {dtype}"
                )
        return flags

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shape of the inputs."""
        names = modality_names(input_shape)
        shapes = [tuple(shape) for shape in in_order(input_shape, names)]
        return like_inputs(shapes, names)

    def compute_output_spec(self, inputs: Tensors, training: bool | None = None) -> Tensors:
        """Return boolean flags, whatever the layer's dtype."""
        flags = [keras.KerasTensor(flag.shape, dtype="bool") for flag in self._checked(inputs)]
        return like_inputs(flags, self.modality_names)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
