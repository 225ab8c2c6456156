"""A decoder of a language model by its name, for texts that its tokenizer has cut."""

import keras_hub
import pytest

from keras_multimodal import data, decoders
from keras_multimodal.data.targets.texts import as_target
from keras_multimodal.encoders import pretrained_tokenizer

TEXTS = ["red cat", "dog"]
LETTERS = sorted({letter for text in TEXTS for letter in text if letter != " "})
NAMES = ["<|endoftext|>", *LETTERS, "Ġ", *(f"Ġ{letter}" for letter in LETTERS)]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A small GPT-2 in a folder."""
    folder = tmp_path_factory.mktemp("gpt2")
    keras_hub.models.GPT2Backbone(
        vocabulary_size=len(NAMES),
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        max_sequence_length=24,
    ).save_to_preset(folder)
    keras_hub.models.GPT2Tokenizer(
        vocabulary={name: number for number, name in enumerate(NAMES)},
        merges=[f"Ġ {letter}" for letter in LETTERS],
    ).save_to_preset(folder)
    return folder


def target(**options):
    column = data.TextProcessor(length=9, **options).load_data(TEXTS, name="caption")
    return as_target(column.adapt().spec)


@pytest.mark.parametrize("trainable", [False, True])
def test_it_is_for_the_texts_of_its_tokenizer(preset, trainable):
    texts = target(tokenizer=pretrained_tokenizer(preset), special_tokens=True)
    decoder = decoders.pretrained(preset, texts, prefix_length=3, trainable=trainable)
    assert isinstance(decoder, decoders.PrefixDecoder)
    assert (decoder.length, decoder.prefix_length, decoder.offset) == (10, 3, 1)
    assert decoder.vocabulary_size == len(NAMES) + 1
    assert decoder.backbone.trainable is decoder.train_backbone is trainable


def word_pieces():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "cat", "dog"]
    return keras_hub.models.BertTokenizer(words)


@pytest.mark.parametrize(
    ("options", "received"),
    [({}, "no tokenizer"), ({"tokenizer": word_pieces(), "special_tokens": True}, "another one")],
)
def test_texts_cut_otherwise_are_refused(preset, options, received):
    with pytest.raises(ValueError, match=rf"'caption' must be cut by.*Received: {received}"):
        decoders.pretrained(preset, target(**options))


def test_a_network_for_pictures_is_refused():
    with pytest.raises(ValueError, match=r"`name` must be a language model.*'ResNet50'"):
        decoders.pretrained("ResNet50", target())
