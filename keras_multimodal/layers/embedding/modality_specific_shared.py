"""What a modality shares with the others, and what it has of its own."""

import itertools
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import (
    Name,
    in_order,
    like_inputs,
    masks_in_order,
    modality_names,
    part_name,
)
from keras_multimodal.layers.embedding._subspace_losses import (
    central_moments,
    mean_of_rows,
    moment_discrepancy,
    overlap,
)
from keras_multimodal.layers.embedding.shared_projection import SharedProjection
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion, presence
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import (
    Activation,
    Initializer,
    Mask,
    Masks,
    Regularizer,
    Shapes,
    Tensor,
    Tensors,
)


@register
class ModalitySpecificShared(VectorFusion):
    """Takes each modality apart: into what all of them share, and what is its own.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `f` the activation:

    `u_m = norm(W_m h_m + b_m)`, `shared_m = f(C u_m + c)`, `specific_m = f(P_m u_m + p_m)`

    `output = [shared_1, ..., shared_M, specific_1, ..., specific_M]`

    as tokens, for attention or a pooling to go on with. Only the losses, added in training, make
    the parts what they are called:

    Args:
        units: Width of each part, at least 2.
        similarity_weight: Factor of the first loss, at least 0: how different the distributions of
            the shared parts are, the mean over all pairs of modalities. Default 0: none.
        difference_weight: Factor of the second: how far the shared and the specific part of each
            modality, and the specific parts of each pair of modalities, are from orthogonal; the
            sum. Default 0: none.
        reconstruction_weight: Factor of the third: the squared error of
            `D (shared_m + specific_m) + d` as an estimate of `u_m`, the mean over features, rows
            and modalities. Default 0: none, and neither `D` nor `d`.
        activation: The `f`. Default `"sigmoid"`; the first loss takes the parts to be between 0
            and 1.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        kernel_initializer: Initializer of the kernels. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the kernels. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, 2 * modalities, units)`: the shared parts in the order of `modality_names`,
        that of a list or a dict's names sorted, and then the specific parts in the same order.

    Masking:
        Both tokens of a modality without a real token in a row are zeros there, have no gradient
        and count in no loss. The output's mask, `(batch, 2 * modalities)`, is True for the tokens
        of the modalities that are there; there is none if no modality has a mask.

    Raises:
        ValueError: If an argument is out of its range; if `similarity_weight` is above 0 and there
            is a single modality; if the inputs aren't a list or dict of float tensors, or have
            other names than those the layer was built for; or if a mask isn't a boolean that fits
            its modality.

    Example:

    >>> picture, title = keras.random.normal((2, 3)), keras.random.normal((2, 5, 4))
    >>> layer = ModalitySpecificShared(8, similarity_weight=1.0, difference_weight=0.3)
    >>> tuple(layer({"image": picture, "text": title}, training=True).shape)
    (2, 4, 8)
    >>> len(layer.losses)
    2

    Reference:
        Hazarika et al., "MISA: Modality-Invariant and -Specific Representations for Multimodal
        Sentiment Analysis", 2020, the encoders and the losses of similarity (Zellinger et al.,
        "Central Moment Discrepancy (CMD) for Domain-Invariant Representation Learning", 2017, of
        order 5), difference and reconstruction. For the difference each part is centred, as in the
        authors' code, its rows are of length one, and the squared Frobenius norm is divided by the
        square of the number of rows, so that the factor needn't change with the batch.
    """

    one_width = False

    def __init__(
        self,
        units: int,
        similarity_weight: float = 0.0,
        difference_weight: float = 0.0,
        reconstruction_weight: float = 0.0,
        activation: Activation = "sigmoid",
        pooling: str = "mean",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if units < 2:
            raise ValueError(
                "`units` must be at least 2: normalized, a single feature says nothing. "
                f"Received: units={units}"
            )
        factors = {
            "similarity_weight": similarity_weight,
            "difference_weight": difference_weight,
            "reconstruction_weight": reconstruction_weight,
        }
        for argument, factor in factors.items():
            if not factor >= 0:
                raise ValueError(f"`{argument}` must be at least 0. Received: {argument}={factor}")
        self.units = units
        self.similarity_weight = similarity_weight
        self.difference_weight = difference_weight
        self.reconstruction_weight = reconstruction_weight
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the projections, the encoders and, where there is something to decode, a decoder."""
        if self.similarity_weight and len(widths) < 2:
            raise ValueError(
                "`similarity_weight` must be 0 where there is a single modality. "
                f"Received: similarity_weight={self.similarity_weight}"
            )
        # Normalized, the projections cannot make their reconstruction easy by vanishing.
        self._projection = SharedProjection(
            self.units,
            normalization="layer",
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name="projection",
        )
        shapes = [(None, width) for width in widths.values()]
        self._projection.build(like_inputs(shapes, self.modality_names))
        self._shared = self._dense("shared", self.activation)
        self._specific = [
            self._dense(f"specific_{part_name(name)}", self.activation) for name in widths
        ]
        if self.reconstruction_weight:
            self._decoder = self._dense("decoder", None)

    def _dense(self, name: str, activation: Activation) -> keras.layers.Dense:
        layer = keras.layers.Dense(
            self.units,
            activation=activation,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.build((None, self.units))
        return layer

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Take the modalities apart; see the class."""
        vectors, present = self.pool(inputs, mask)
        names = self.modality_names
        projected = in_order(
            self._projection(like_inputs(vectors, names), mask=like_inputs(present, names)), names
        )
        shared = [self._shared(x) for x in projected]
        specific = [encode(x) for encode, x in zip(self._specific, projected, strict=True)]
        if training:
            self._add_losses(projected, shared, specific, present)
        parts = zip([*shared, *specific], [*present, *present], strict=True)
        return ops.stack([zero_masked(part, flag) for part, flag in parts], axis=1)

    def _add_losses(
        self, projected: list[Any], shared: list[Any], specific: list[Any], present: list[Any]
    ) -> None:
        """Add what has a factor."""
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        projected, shared_parts, specific_parts = (
            [ops.cast(part, dtype) for part in parts] for parts in (projected, shared, specific)
        )
        rows = [
            ops.ones_like(part[:, 0], dtype="bool") if flag is None else flag
            for part, flag in zip(projected, present, strict=True)
        ]
        pairs = list(itertools.combinations(range(len(rows)), 2))
        if self.similarity_weight:
            moments = list(map(central_moments, shared_parts, rows))
            some = [ops.any(flag) for flag in rows]
            discrepancies = [
                moment_discrepancy(moments[i], moments[j], ops.logical_and(some[i], some[j]))
                for i, j in pairs
            ]
            self.add_loss(self.similarity_weight * sum(discrepancies) / len(pairs))
        if self.difference_weight:
            overlaps = [
                *map(overlap, shared_parts, specific_parts, rows),
                *(
                    overlap(specific_parts[i], specific_parts[j], ops.logical_and(rows[i], rows[j]))
                    for i, j in pairs
                ),
            ]
            self.add_loss(self.difference_weight * sum(overlaps))
        if self.reconstruction_weight:
            errors = [
                ops.mean(mean_of_rows(ops.square(self._decode(common, private) - target), flag))
                for common, private, target, flag in zip(
                    shared, specific, projected, rows, strict=True
                )
            ]
            self.add_loss(self.reconstruction_weight * sum(errors) / len(errors))

    def _decode(self, shared: Tensor, specific: Tensor) -> Tensor:
        """Return the estimate of `u_m`, in float32 at least."""
        estimate = self._decoder(shared + specific)
        return ops.cast(estimate, keras.backend.result_type(self.compute_dtype, "float32"))

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True for both tokens of each modality that is there; None if none has a mask."""
        masks = masks_in_order(previous_mask, self.modality_names)
        flags = [None if mask is None else presence(mask) for mask in masks]
        known = next((flag for flag in flags if flag is not None), None)
        if known is None:
            return None
        flags = [ops.ones_like(known) if flag is None else flag for flag in flags]
        return ops.stack([*flags, *flags], axis=1)

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, 2 * modalities, units)`."""
        names = modality_names(input_shape)
        return (in_order(input_shape, names)[0][0], 2 * len(names), self.units)

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return the spec, in training the same."""
        return super().compute_output_spec(inputs, mask)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "similarity_weight": self.similarity_weight,
            "difference_weight": self.difference_weight,
            "reconstruction_weight": self.reconstruction_weight,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
