"""The encoder of a modality where nobody names another."""

import keras

from keras_multimodal import encoders
from keras_multimodal.schema import Audio, Image, Modality, Sensor, Tabular, Text
from keras_multimodal.tasks.encoder_registry import encoder_maker, register_encoder

# Pixels on the longer side that a stage of convolutions halves, down to a grid of 3 to 6 places.
_SMALLEST_GRID = 6
_WIDTHS = (24, 48, 96, 128, 160, 192)
_HEADS = 4


def default_encoder(
    modality: Modality, dim: int, dropout: float = 0.3, seed: int | None = None
) -> keras.layers.Layer | None:
    """Return an encoder trained from scratch, good on some hundred to some thousand rows.

    Convolutions for pictures, recordings and series, and a GRU for texts, which know before they
    have seen anything that what is near belongs together; columns as tokens for a table. A kind of
    your own gets one with `tasks.register_encoder`.

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
    make = encoder_maker(modality)
    return make(modality, dim, dropout=dropout, seed=seed, name=f"{modality.inner_name}_encoder")


@register_encoder("image")
def _encode_image(
    modality: Image, dim: int, *, dropout: float, seed: int | None, name: str
) -> keras.layers.Layer:
    stages = 1
    longer = max(modality.height, modality.width)
    while stages < len(_WIDTHS) and longer / 2**stages > _SMALLEST_GRID:
        stages += 1
    return encoders.ConvImageEncoder(
        dim, filters=_WIDTHS[:stages], dropout=dropout, seed=seed, name=name
    )


@register_encoder("text")
def _encode_text(
    modality: Text, dim: int, *, dropout: float, seed: int | None, name: str
) -> keras.layers.Layer:
    size = modality.vocabulary_size
    return encoders.RecurrentTextEncoder(size, dim, dropout=dropout, seed=seed, name=name)


@register_encoder("audio")
def _encode_audio(
    modality: Audio, dim: int, *, dropout: float, seed: int | None, name: str
) -> keras.layers.Layer:
    return encoders.SpectrogramEncoder(
        dim,
        modality.sample_rate,
        filters=(16, 32, 64),
        band_dropout=0.25,
        dropout=dropout,
        seed=seed,
        name=name,
    )


@register_encoder("sensor")
def _encode_sensor(
    modality: Sensor, dim: int, *, dropout: float, seed: int | None, name: str
) -> keras.layers.Layer:
    # Each stage halves the steps; a short series keeps some.
    filters = (32, 64, 128) if modality.length >= 64 else (32, 64)
    return encoders.ConvSensorEncoder(dim, filters=filters, dropout=dropout, seed=seed, name=name)


@register_encoder("table")
def _encode_table(
    modality: Tabular, dim: int, *, dropout: float, seed: int | None, name: str
) -> keras.layers.Layer:
    del dropout, seed  # the table's encoder has its own
    return encoders.TabularEncoder.from_schema(
        modality, dim, num_layers=1, num_heads=_HEADS, name=name
    )


@register_encoder("features")
def _encode_nothing(modality: Modality, dim: int, **options: object) -> None:
    """Return features as they are, tokens already."""
