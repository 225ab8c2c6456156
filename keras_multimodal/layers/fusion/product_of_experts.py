"""The product of Gaussian experts, one for each modality."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._vector_fusion import (
    VectorFusion,
    known_rows,
    shares,
    stacked_presence,
    zero_unknown,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Initializer, Mask, Regularizer, Tensor, Tensors

# exp of it is still a number in float16, of which the greatest is 65504.
_GREATEST_LOG_VARIANCE = 10.0


@register
class ProductOfExperts(VectorFusion):
    """Multiplies Gaussians, one for each modality: the surer a modality is, the more it counts.

    With `h_m` modality `m`'s vector (tokens are pooled first), `p_m` 1 where it is present, and 1
    for the prior, a Gaussian of mean 0 and variance 1:

    `precision = 1 + sum_m p_m exp(-v_m)`, `output = sum_m p_m exp(-v_m) mu_m / precision`

    `mu_m = W_m h_m + b_m`, `v_m = V_m h_m + c_m`, the logarithm of a variance

    Args:
        units: Width of the output.
        prior: Whether the prior is one of the experts; without it there is no 1 in `precision`.
            Default True.
        sample: Whether the output is drawn from the product in training, as
            `output + noise / sqrt(precision)`, instead of being its mean. Default False.
        kl_weight: Factor of a loss that is added in training, at least 0: how far the product is
            from the prior (Kullback-Leibler divergence, summed over `units`), the mean over the
            rows. Default 0: none.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        kernel_initializer: Initializer of the `W_m` and `V_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `W_m` and `V_m`. Default `None`.
        seed: Seed of the noise. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        return_variance: Whether to return the variance, `1 / precision`, too. Default False.
        training: Whether the call is part of training.

    Returns:
        Vectors `(batch, units)`; with `return_variance`, also variances `(batch, units)`.

    Masking:
        A modality without a real token in a row is not among the experts there, and has no
        gradient. A row without any modality gives zeros, in training too, and doesn't count in the
        loss; its variance is the prior's, 1, or 0 without prior. The output's mask, `(batch,)`, is
        True where some modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> layer = ProductOfExperts(8)
    >>> mean, variance = layer({"image": picture, "text": title}, return_variance=True)
    >>> tuple(mean.shape), tuple(variance.shape)
    ((2, 8), (2, 8))

    Reference:
        Wu and Goodman, "Multimodal Generative Models for Scalable Weakly-Supervised Learning",
        2018, section 2.2. Here the experts are linear in what they are given, `v_m` is kept
        between -10 and 10, and the decoders, with their part of the loss, are yours to add.
    """

    one_width = False

    def __init__(
        self,
        units: int,
        prior: bool = True,
        sample: bool = False,
        kl_weight: float = 0.0,
        pooling: str = "mean",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if not units > 0:
            raise ValueError(f"`units` must be positive. Received: units={units}")
        if not kl_weight >= 0:
            raise ValueError(f"`kl_weight` must be at least 0. Received: kl_weight={kl_weight}")
        self.units = units
        self.prior = prior
        self.sample = sample
        self.kl_weight = kl_weight
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.seed = seed
        self._seed_generator = keras.random.SeedGenerator(seed) if sample else None

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make what gives each modality's mean and logarithm of the variance."""
        self._means = [self._linear("mean", name, width) for name, width in widths.items()]
        self._log_variances = [
            self._linear("log_variance", name, width) for name, width in widths.items()
        ]

    def _linear(self, what: str, name: Name, width: int) -> tuple[Any, Any]:
        part = part_name(name)
        kernel = self.add_weight(
            name=f"{what}_kernel_{part}",
            shape=(width, self.units),
            initializer=clone_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )
        bias = self.add_weight(name=f"{what}_bias_{part}", shape=(self.units,), initializer="zeros")
        return kernel, bias

    def call(
        self,
        inputs: Tensors,
        mask: Mask = None,
        return_variance: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Multiply the experts; see the class."""
        vectors, present = self.pool(inputs, mask)
        mean, variance = self._product(vectors, present)  # in float32 at least
        if training and self.kl_weight:
            self.add_loss(self.kl_weight * _divergence(mean, variance, known_rows(present)))
        output = mean
        if training and self.sample:
            noise = keras.random.normal(
                ops.shape(mean), dtype=mean.dtype, seed=self._seed_generator
            )
            output = zero_unknown(mean + ops.sqrt(variance) * noise, present)
        output = ops.cast(output, self.compute_dtype)
        if not return_variance:
            return output
        if not self.prior:
            variance = zero_unknown(variance, present)
        return output, ops.cast(variance, self.compute_dtype)

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality, `(batch, modalities)`, 0 where a row lacks it.

        They are the shares of the precision, the means over the features; a prior has none.

        Args:
            inputs: As for a call.
            mask: As for a call.
        """
        vectors, present = self.pool(inputs, mask)
        precisions = self._precisions(vectors, present)
        each = ops.swapaxes(shares(ops.swapaxes(precisions, 1, 2)), 1, 2)  # of each feature
        return ops.mean(each, axis=-1)

    def _precisions(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return one over each modality's variance, `(batch, modalities, units)`; 0 if absent."""
        bound = _GREATEST_LOG_VARIANCE
        log_variances = self._stack(vectors, self._log_variances)
        precisions = ops.exp(-ops.clip(log_variances, -bound, bound))
        return zero_masked(precisions, stacked_presence(vectors, present))

    def _product(self, vectors: list[Any], present: list[Any]) -> tuple[Any, Any]:
        """Return the product's mean and variance, `(batch, units)`; 0 and 1 of nothing."""
        means = self._stack(vectors, self._means)
        known = known_rows(present)
        precisions = self._precisions(vectors, present)
        precision = ops.sum(precisions, axis=1)
        if self.prior:
            precision = precision + 1.0
        elif known is not None:
            precision = ops.where(known[:, None], precision, ops.ones_like(precision))
        mean = ops.sum(precisions * means, axis=1) / precision
        return mean, 1.0 / precision

    def _stack(self, vectors: list[Any], layers: list[tuple[Any, Any]]) -> Tensor:
        """Project each modality by a linear layer of its own, `(batch, modalities, units)`."""
        parts = [
            ops.matmul(vector, kernel) + bias
            for vector, (kernel, bias) in zip(vectors, layers, strict=True)
        ]
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        return ops.cast(ops.stack(parts, axis=1), dtype)

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return `units`."""
        return self.units

    def compute_output_spec(
        self,
        inputs: Tensors,
        mask: Mask = None,
        return_variance: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Return the vectors, and the variances where they are asked for."""
        output = super().compute_output_spec(inputs, mask)
        if not return_variance:
            return output
        return output, keras.KerasTensor(output.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "prior": self.prior,
            "sample": self.sample,
            "kl_weight": self.kl_weight,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "seed": self.seed,
        }


def _divergence(mean: Tensor, variance: Tensor, known: Mask) -> Tensor:
    """Return the product's distance from the prior, the mean over rows that are not empty."""
    divergence = 0.5 * ops.sum(ops.square(mean) + variance - 1 - ops.log(variance), axis=-1)
    if known is None:
        return ops.mean(divergence)
    # Nothing to leave out of the sum: where nothing is known the product is the prior.
    count = ops.sum(ops.cast(known, divergence.dtype))
    return ops.sum(divergence) / ops.maximum(count, 1.0)
