"""An encoder says which of a schema's modalities it cannot read, and why."""

import dataclasses
import re

import keras
import pytest

from keras_multimodal.encoders import (
    BagEncoder,
    ConvImageEncoder,
    ConvSensorEncoder,
    PatchImageEncoder,
    PretrainedImageEncoder,
    PretrainedTextEncoder,
    RecurrentTextEncoder,
    ResidualImageEncoder,
    SpectrogramEncoder,
    TabularEncoder,
    TransformerTextEncoder,
)
from keras_multimodal.schema import Audio, Image, Sensor, Tabular, Text, Tokenizer

IMAGE = Image(height=8, width=8, rescale=1 / 255)
TEXT = Text(length=4, vocabulary=("a", "b", "c"))
AUDIO = Audio(sample_rate=8000, num_samples=100)
SENSOR = Sensor(channels=("x",), length=5)
TABLE = Tabular(numeric=("n",), categorical=("c",), categories=(("u", "v"),))
SUBWORDS = Text(
    length=4,
    standardize=None,
    tokenizer=Tokenizer(config="{}", vocabulary_size=9, offset=1),
)


def image_network():
    pictures = keras.Input((None, None, 3))
    return PretrainedImageEncoder(keras.Model(pictures, keras.layers.Conv2D(2, 3)(pictures)))


def text_network(**options):
    ids, mask = (keras.Input((None,), dtype="int32", name=n) for n in ("token_ids", "padding_mask"))
    tokens = keras.layers.Embedding(8, 4)(ids) + keras.ops.cast(mask, "float32")[..., None]
    model = keras.Model({"token_ids": ids, "padding_mask": mask}, tokens)
    return PretrainedTextEncoder(model, offset=1, vocabulary_size=8, max_length=4, **options)


SUITED = [
    (ConvImageEncoder(4), IMAGE),
    (ConvImageEncoder(4), dataclasses.replace(IMAGE, rescale=1.0, mean=(1,) * 3, std=(9,) * 3)),
    (ResidualImageEncoder(4), IMAGE),
    (PatchImageEncoder(4, patch_size=2), IMAGE),
    (BagEncoder(ConvImageEncoder(4)), IMAGE),
    (image_network(), IMAGE),
    (image_network(), dataclasses.replace(IMAGE, channels=1)),
    (RecurrentTextEncoder(5, 4), TEXT),
    (TransformerTextEncoder(5, 4, max_length=4), TEXT),
    (text_network(), SUBWORDS),
    (SpectrogramEncoder(4, sample_rate=8000), AUDIO),
    (ConvSensorEncoder(4), SENSOR),
    (TabularEncoder(1, (4,), 4), TABLE),
]


@pytest.mark.parametrize(("encoder", "modality"), SUITED, ids=lambda x: type(x).__name__)
def test_what_suits(encoder, modality):
    encoder.check_modality(modality)


REFUSED = [
    (ConvImageEncoder(4), TEXT, r"the kind 'image', which ConvImageEncoder reads.*kind 'text'"),
    (ConvSensorEncoder(4), AUDIO, "the kind 'sensor'.*kind 'audio'"),
    (TabularEncoder(1, (4,), 4), SENSOR, "must be a table.*'sensor'"),
    (
        ResidualImageEncoder(4),
        dataclasses.replace(IMAGE, data_format="channels_first"),
        "channels last",
    ),
    (
        PatchImageEncoder(4, patch_size=2),
        dataclasses.replace(IMAGE, rescale=1.0, output_dtype="uint8"),
        r"float32 pixels in \[0, 1\].*Load it with `rescale=1/255`",
    ),
    (image_network(), dataclasses.replace(IMAGE, channels=4), "3 channels, or 1.*channels=4"),
    (
        image_network(),
        dataclasses.replace(IMAGE, mean=(0.5,) * 3),
        r"prepares them for functional\w* itself.*mean=\(0.5",
    ),
    (RecurrentTextEncoder(4, 4), TEXT, "at most 4 ids.*a vocabulary of 5"),
    (
        TransformerTextEncoder(5, 4, max_length=3),
        TEXT,
        "at most 3 tokens.*length=4",
    ),
    (text_network(), TEXT, r"must be cut by the tokenizer.*no tokenizer"),
    (
        text_network(),
        dataclasses.replace(SUBWORDS, tokenizer=Tokenizer(config="{}", vocabulary_size=9)),
        "one of the offset 0",
    ),
    (
        text_network(),
        dataclasses.replace(
            SUBWORDS, tokenizer=Tokenizer(config="{}", vocabulary_size=10, offset=1)
        ),
        "at most 9 ids.*a vocabulary of 10",
    ),
    (text_network(), dataclasses.replace(SUBWORDS, length=5), "at most 4 tokens.*length=5"),
    (SpectrogramEncoder(4, sample_rate=16_000), AUDIO, "16000 Hz.*sample_rate=8000"),
    (TabularEncoder(1, (5,), 4), TABLE, r"\(5,\) ids.*\(4,\).*from_schema"),
    (BagEncoder(ConvImageEncoder(4)), TEXT, "the kind 'image'"),
]


@pytest.mark.parametrize(("encoder", "modality", "message"), REFUSED)
def test_what_does_not(encoder, modality, message):
    with pytest.raises(ValueError, match=re.compile(message, re.DOTALL)):
        encoder.check_modality(modality)


@pytest.mark.parametrize(("bits", "channels", "largest"), [(8, 3, "255"), (16, 1, "65535")])
def test_large_pixels_are_warned_of(bits, channels, largest):
    image = Image(height=8, width=8, bits=bits, channels=channels)
    with pytest.warns(UserWarning, match=rf"pixels up to {largest}, .*rescale=1/{largest}"):
        ConvImageEncoder(4).check_modality(image)
