"""What all tasks have in common: the encoders, what is withheld in training, and the fusion."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers import MaskedMeanPooling, ModalityDropout, PooledFusion
from keras_multimodal.schema import Schema
from keras_multimodal.tasks._encoding import Encoder, encoded, encoder_layer, masked_by
from keras_multimodal.tasks.default_encoders import default_encoder
from keras_multimodal.tasks.model_inputs import inputs
from keras_multimodal.types import Tensor

Encoders = Mapping[str, Encoder]


class Trunk:
    """A schema's inputs and the tokens of each modality.

    Args:
        schema: The record's description.
        encoders: By modality, an encoder in place of the default one.
        dim: Width of the tokens of the default encoders, and of the fusion.
        dropout: Rate of the default encoders.
        modality_dropout: Rate of the modalities that are withheld in training; `None` for 0.2
            where one of several is optional, else 0.
        seed: Seed of all that is dropped.
    """

    def __init__(
        self,
        schema: Schema,
        encoders: Encoders | None,
        dim: int,
        dropout: float,
        modality_dropout: float | None,
        seed: int | None,
    ) -> None:
        unknown = set(encoders or ()) - set(schema.names)
        if unknown:
            raise ValueError(
                f"`encoders` must be for modalities of the schema, {list(schema.names)}. "
                f"Received: encoders for {sorted(unknown)} too"
            )
        self.schema = schema
        self.dim = dim
        self.inputs = inputs(schema)
        self.tokens: dict[str, Any] = {}
        self.masks: dict[str, Any] = {}
        rate = modality_dropout
        if rate is None:
            rate = 0.2 if len(schema.inputs) > 1 and any(m.optional for m in schema.inputs) else 0.0
        flags = self._flags(rate, seed)
        for number, spec in enumerate(schema.inputs):
            given = (encoders or {}).get(spec.name)
            if given is None:
                encoder_seed = None if seed is None else seed + number
                encoder = default_encoder(spec, dim, dropout, seed=encoder_seed)
            else:
                encoder = encoder_layer(given, spec.name)
            tensors = {name: self.inputs[name] for name in spec.tensors}
            flag = flags.get(spec.name)
            if encoder is None:  # features are tokens already
                self.tokens[spec.name] = tensors[spec.inner_name]
                self.masks[spec.name] = masked_by(tensors[spec.mask_name], flag)
                continue
            self.tokens[spec.name] = encoded(encoder, spec, tensors, flag)
            self.masks[spec.name] = None  # the tensor's own

    def layer_name(self, name: str) -> str:
        """Return a layer's name, which is another where an input is called so: a column may be."""
        return f"{name}_layer" if name in self.inputs else name

    def fuse(self, fusion: str | keras.layers.Layer) -> Tensor:
        """Fuse all modalities to `(batch, width)`; of a single one take the mean of its tokens."""
        if len(self.tokens) == 1:
            ((name, tokens),) = self.tokens.items()
            return MaskedMeanPooling(name=self.layer_name("pool"))(tokens, mask=self.masks[name])
        fuse = PooledFusion(fusion, dim=self.dim, name=self.layer_name("fusion"))
        return fuse(self.tokens, mask=self.masks)

    def pooled(self) -> dict[str, Any]:
        """Return the mean of each modality's tokens, `(batch, dim)`."""
        return {
            name: MaskedMeanPooling(name=f"{inner_name(name)}_pool")(tokens, mask=self.masks[name])
            for name, tokens in self.tokens.items()
        }

    def _flags(self, rate: float, seed: int | None) -> dict[str, Any]:
        """Return the presence flags of the modalities that may be absent, here or in training."""
        specs = self.schema.inputs
        flags = {m.name: self.inputs[m.present_name] for m in specs if m.optional}
        if not rate:
            return flags
        for spec in specs:
            if not spec.optional:
                first = next(iter(spec.tensors))
                tensor = self.inputs[first]
                place = (slice(None), *(0,) * (len(tensor.shape) - 1))
                flags[spec.name] = ops.ones_like(tensor[place], dtype="bool")
        ordered = {name: flags[name] for name in self.schema.names}
        return ModalityDropout(rate, seed=seed, name=self.layer_name("modality_dropout"))(ordered)
