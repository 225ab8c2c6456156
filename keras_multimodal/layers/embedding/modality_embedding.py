"""A mark on each token that says which modality it is of."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer, embedding_initializer
from keras_multimodal.layers._modalities import (
    in_order,
    like_inputs,
    modality_names,
    modality_widths,
    part_name,
    values_and_masks,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Initializer, Mask, Shapes, Tensors


@register
class ModalityEmbedding(keras.layers.Layer):
    """Adds to each modality's tokens a learned vector of its own.

    With `x_mk` token `k` of modality `m`: `output_mk = x_mk + e_m`

    Once the modalities' tokens stand in one sequence, nothing else tells them apart.

    Args:
        embeddings_initializer: Initializer of the `e_m`. Default `None`: normal numbers of
            standard deviation 0.02.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities: tokens `(batch, length, dim)` or vectors
            `(batch, dim)`, of any widths, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        The modalities in the structure and the shapes of `inputs`.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included, and
        the output there is exactly zero.

    Raises:
        ValueError: If the inputs aren't a list or dict of float tensors, or have other names than
            those the layer was built for; or if a mask isn't a boolean that fits its modality.

    Example:

    >>> words, places = keras.ops.zeros((2, 5, 16)), keras.ops.zeros((2, 9, 24))
    >>> words, places = ModalityEmbedding(embeddings_initializer="ones")([words, places])
    >>> tuple(words.shape), tuple(places.shape), float(keras.ops.max(words))
    ((2, 5, 16), (2, 9, 24), 1.0)

    Reference:
        Kim et al., "ViLT: Vision-and-Language Transformer Without Convolution or Region
        Supervision", 2021, equations 1 and 2 (`t_type` and `v_type`).
    """

    def __init__(self, embeddings_initializer: Initializer = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.embeddings_initializer = embedding_initializer(embeddings_initializer)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the vectors."""
        self.modality_names = modality_names(input_shape)
        self._embeddings = [
            self.add_weight(
                name=f"embedding_{part_name(name)}",
                shape=(width,),
                initializer=clone_initializer(self.embeddings_initializer),
            )
            for name, width in modality_widths(input_shape, self.modality_names).items()
        ]

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Add the vectors; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        outputs = [
            zero_masked(value + ops.cast(embedding, value.dtype), value_mask)
            for (value, value_mask), embedding in zip(pairs, self._embeddings, strict=True)
        ]
        return like_inputs(outputs, self.modality_names)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs."""
        names = modality_names(input_shape)
        return like_inputs([tuple(shape) for shape in in_order(input_shape, names)], names)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return specs like the inputs."""
        outputs = [
            keras.KerasTensor(value.shape, dtype=self.compute_dtype)
            for value, _ in values_and_masks(inputs, mask, self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
