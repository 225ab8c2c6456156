"""The encoder of a modality where nobody names another."""

from typing import cast

import keras

from keras_multimodal import encoders
from keras_multimodal.schema import Audio, Image, Modality, Sensor, Tabular, Text

# Pixels on the longer side that a stage of convolutions halves, down to a grid of 3 to 6 places.
_SMALLEST_GRID = 6
_WIDTHS = (24, 48, 96, 128, 160, 192)
_HEADS = 4


def default_encoder(
    modality: Modality, dim: int, dropout: float = 0.3, seed: int | None = None
) -> keras.layers.Layer | None:
    """An encoder trained from scratch that is good on some hundred to some thousand rows.

    Convolutions for pictures, recordings and series, and a GRU for texts, which know before they
    have seen anything that what is near belongs together; columns as tokens for a table.

    Args:
        modality: The modality's description, with its state, such as a vocabulary.
        dim: Width of the tokens, a multiple of 4.
        dropout: Rate of what is dropped in training, in [0, 1).
        seed: Seed of the dropout.

    Returns:
        The encoder, not yet built; `None` for features, which are tokens already.

    Raises:
        ValueError: If there is none for the kind of modality, or `dim` is no multiple of 4.

    Example:

    >>> encoder = default_encoder(Image(height=72, width=72), dim=64)
    >>> type(encoder).__name__, encoder.filters
    ('ConvImageEncoder', (24, 48, 96, 128))
    """
    if dim < _HEADS or dim % _HEADS:
        raise ValueError(f"`dim` must be a positive multiple of {_HEADS}. Received: dim={dim}")
    name = f"{modality.name}_encoder"
    if modality.kind == "image":
        image = cast(Image, modality)
        stages = 1
        while stages < len(_WIDTHS) and max(image.height, image.width) / 2**stages > _SMALLEST_GRID:
            stages += 1
        return encoders.ConvImageEncoder(
            dim, filters=_WIDTHS[:stages], dropout=dropout, seed=seed, name=name
        )
    if modality.kind == "text":
        size = cast(Text, modality).vocabulary_size
        return encoders.RecurrentTextEncoder(size, dim, dropout=dropout, seed=seed, name=name)
    if modality.kind == "audio":
        rate = cast(Audio, modality).sample_rate
        return encoders.SpectrogramEncoder(
            dim,
            rate,
            filters=(16, 32, 64),
            band_dropout=0.25,
            dropout=dropout,
            seed=seed,
            name=name,
        )
    if modality.kind == "sensor":
        # Each stage halves the steps; a short series keeps some.
        filters = (32, 64, 128) if cast(Sensor, modality).length >= 64 else (32, 64)
        return encoders.ConvSensorEncoder(
            dim, filters=filters, dropout=dropout, seed=seed, name=name
        )
    if modality.kind == "table":
        return encoders.TabularEncoder.from_schema(
            cast(Tabular, modality), dim, num_layers=1, num_heads=_HEADS, name=name
        )
    if modality.kind == "features":
        return None
    raise ValueError(
        f"`modality` must be of a kind that has a default encoder; give {modality.name!r} one with "
        f"`encoders`. Received: the kind {modality.kind!r}"
    )
