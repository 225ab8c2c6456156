"""A text network that has learned before, such as BERT, as an encoder."""

from typing import Any, cast

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._backbone import BackboneEncoder, check_backbone, sequence_output
from keras_multimodal.encoders._checks import check_ids, check_ids_shape, check_text
from keras_multimodal.encoders._embedded_ids import first_layers
from keras_multimodal.schema import Modality, Text
from keras_multimodal.types import Mask, Tensor

_IDS, _MASK, _SEGMENTS = "token_ids", "padding_mask", "segment_ids"
# What the names begin with in a network that has a decoder too, such as T5.
_HALF = "encoder_"


@register
class PretrainedTextEncoder(BackboneEncoder):
    """Reads token ids into tokens with a text backbone of keras_hub, such as BERT or RoBERTa.

    `keras_multimodal.encoders.pretrained` makes one from the name of a preset or a folder, and
    `pretrained_tokenizer` the tokenizer that goes with it.

    Frozen, with `trainable=False`, the network runs as in inference, without dropout.

    Args:
        backbone: A Functional model from `token_ids` and `padding_mask`, and `segment_ids` if it
            has those, to one tensor `(batch, length, dim)`, or to a dict with one called
            `"sequence_output"`. All these names may begin with `encoder_`.
        offset: What the ids of the schema's tokenizer are above those of the network: 1 where the
            network's id 0 is not its padding, else 0. Default 0.
        vocabulary_size: How many ids the network has an embedding for. Default `None`: as many as
            the embedding that reads them, or any where there is none.
        max_length: The number of positions that the network has learned: no text may be longer.
            Default `None`, for any length.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer. The network keeps the
            dtype policy that it was made with.

    Call arguments:
        inputs: Token ids `(batch, length)` of an integer dtype with 0 for padding, or the list
            `[ids, present]` with `present` a boolean `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`, of the width of the network.

    Masking:
        The output's mask is True where an id is not 0 and the text is present. Padding is attended
        to by nobody, and its tokens are zero.

    Raises:
        TypeError: If `backbone` is no Functional model.
        ValueError: If its inputs or outputs are others, or `offset` is negative; or if the ids are
            not integers of rank 2, or more than the network has positions for.

    Example:

    >>> import keras_hub
    >>> backbone = keras_hub.models.BertBackbone(
    ...     vocabulary_size=50, num_layers=1, num_heads=2, hidden_dim=8, intermediate_dim=16
    ... )
    >>> encoder = PretrainedTextEncoder(backbone, trainable=False)
    >>> ids = keras.ops.convert_to_tensor([[4, 7, 0], [2, 0, 0]])
    >>> tuple(encoder(ids).shape), len(encoder.trainable_weights)
    ((2, 3, 8), 0)

    Reference:
        Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
        Understanding", 2019, section 5.3 (features of a frozen network).
    """

    kind = "text"

    def __init__(
        self,
        backbone: keras.Model,
        offset: int = 0,
        vocabulary_size: int | None = None,
        max_length: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_backbone(backbone)
        named = not isinstance(backbone, keras.Sequential) and isinstance(backbone.input, dict)
        inputs = backbone.input if named else {}
        names = {name.removeprefix(_HALF) for name in inputs}
        if not {_IDS, _MASK} <= names <= {_IDS, _MASK, _SEGMENTS}:
            raise ValueError(
                f"`backbone` must take {_IDS!r} and {_MASK!r} by name, and may take "
                f"{_SEGMENTS!r}. Received: inputs {[tensor.name for tensor in backbone.inputs]}"
            )
        self._output_name, output = sequence_output(backbone)
        if len(output.shape) != 3:
            raise ValueError(
                "`backbone` must return (batch, length, dim). "
                f"Received: an output of shape {tuple(output.shape)}"
            )
        if offset < 0:
            raise ValueError(f"`offset` must not be negative. Received: offset={offset}")
        super().__init__(backbone, output.shape[-1], **kwargs)
        if max_length is not None and max_length < 1:
            raise ValueError(f"`max_length` must be at least 1. Received: max_length={max_length}")
        self.offset = offset
        self.vocabulary_size = vocabulary_size
        self.max_length = max_length

    def check_modality(self, modality: Modality) -> None:
        """Check that the ids are those of the network's tokenizer, and fit."""
        super().check_modality(modality)
        text = cast("Text", modality)
        tokenizer = text.tokenizer
        if tokenizer is None or tokenizer.offset != self.offset:
            raise ValueError(
                f"{text.name!r} must be cut by the tokenizer of {self.backbone.name}, "
                "`TextProcessor(tokenizer=encoders.pretrained_tokenizer(name))`. Received: "
                + ("no tokenizer" if tokenizer is None else f"one of the offset {tokenizer.offset}")
            )
        self.check_ids(modality)

    def check_ids(self, modality: Modality) -> None:
        """Check that the network has an embedding for each id and a position for each token."""
        if isinstance(modality, Text):
            known = self.vocabulary_size or self._embedded_ids()
            check_text(modality, None if known is None else known + self.offset, self.max_length)

    def _embedded_ids(self) -> int | None:
        """Return how many ids the network looks up; None if that cannot be told."""
        ids = next(
            tensor
            for name, tensor in self.backbone.input.items()
            if name.removeprefix(_HALF) == _IDS
        )
        layers = first_layers(self.backbone, {id(ids)})
        sizes = [each.input_dim for each in layers if isinstance(each, keras.layers.Embedding)]
        return min(sizes, default=None)

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Check the ids' shape `(batch, length)`."""
        check_ids_shape(values_shape)
        length, longest = values_shape[1], self.max_length
        if length is not None and longest is not None and length > longest:
            raise ValueError(
                f"`inputs` must have at most {longest} ids, the positions that {self.backbone.name}"
                f" has learned. Received: shape {values_shape}. Cut the texts, with "
                f"`TextProcessor(length={longest})`"
            )

    def values_mask(self, values: Tensor) -> Mask:
        """Return True where an id is not padding."""
        check_ids(values)
        return ops.not_equal(values, 0)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return what the network says of each token, `(batch, length, dim)`."""
        ids = ops.cast(values, "int32")
        inputs = {
            _IDS: ops.where(mask, ids - self.offset, ops.zeros_like(ids)),
            _MASK: ops.cast(mask, "int32"),
            _SEGMENTS: ops.zeros_like(ids),
        }
        outputs = self.backbone(
            {name: inputs[name.removeprefix(_HALF)] for name in self.backbone.input},
            training=bool(training) and self.trainable,
        )
        tokens = outputs if self._output_name is None else outputs[self._output_name]
        return ops.cast(tokens, self.compute_dtype)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Count one token for each id."""
        return values_shape[1]

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "offset": self.offset,
            "vocabulary_size": self.vocabulary_size,
            "max_length": self.max_length,
        }
