"""SentencePiece tokenizers: the pieces of Google's own library, in the pipeline and exported."""

import io

import keras
import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import Preprocessor, TextProcessor, pair
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.schema import Schema

CORPUS = ["the black cat sat on the mat", "a dog ran over the mat", "黑猫 sat", "caf\u00e9 cats"]
TEXTS = [
    "the cat ran",
    "黑猫 on a mat",
    "cafe\u0301 dogs \U0001f408",
    "the black dog sat over there",
]
LENGTH = 9


def train(**options):
    """A small SentencePiece model, as bytes."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS * 20),
        model_writer=model,
        vocab_size=45,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return model.getvalue()


def padded(rows, offset=0):
    cut = [[number + offset for number in row[:LENGTH]] for row in rows]
    return [row + [0] * (LENGTH - len(row)) for row in cut]


def served_ids(column, folder):
    """The ids that an exported model, which returns what it is given, answers with."""
    schema = Schema([column.spec])
    assert Schema.from_json(schema.to_json()) == schema
    inputs = tasks.inputs(schema)
    saved_model(keras.Model(inputs, keras.ops.add(inputs["text"], 0)), folder, schema)
    return tf.saved_model.load(folder).signatures["serving_default"](text=tf.constant(TEXTS))


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("padding", [True, False], ids=["pads", "no padding"])
def test_ids_are_sentencepieces_own(tmp_path, kind, padding):
    import keras_hub

    special = {"pad_id": 0, "unk_id": 1, "bos_id": 2, "eos_id": 3} if padding else {}
    proto = train(model_type=kind, **special)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=proto).encode(TEXTS)
    assert {len(row) > LENGTH for row in pieces} == {True, False}
    # Without padding of its own id 0 is the unknown piece, which must not be taken for it.
    expected = padded(pieces, offset=0 if padding else 1)
    tokenizer = keras_hub.tokenizers.SentencePieceTokenizer(proto)
    column = TextProcessor(length=LENGTH, tokenizer=tokenizer).load_data(TEXTS)
    batch = pair(column).batch(4).get_single_element()
    assert batch["text"].numpy().tolist() == expected
    assert column.truncated().count == sum(len(row) > LENGTH for row in pieces)
    assert batch["text"].numpy().max() < column.spec.vocabulary_size
    answer = served_ids(column, tmp_path / "model")
    assert answer["output"].numpy().tolist() == expected


@pytest.mark.real_process
def test_albert_with_its_special_tokens(tmp_path):
    import keras_hub

    proto = train(
        model_type="unigram",
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        user_defined_symbols=["[MASK]"],
    )
    tokenizer = keras_hub.models.AlbertTokenizer(proto)
    processor = TextProcessor(length=LENGTH, tokenizer=tokenizer, special_tokens=True)
    column = processor.load_data(TEXTS)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=proto).encode(TEXTS)
    expected = padded([[2, *row[: LENGTH - 2], 3] for row in pieces])
    batch = pair(column).batch(4).get_single_element()
    assert batch["text"].numpy().tolist() == expected
    assert served_ids(column, tmp_path / "model")["output"].numpy().tolist() == expected
    fresh = serve_in_fresh_process(tmp_path / "model", {"text": TEXTS})
    np.testing.assert_array_equal(fresh["output"], expected)
    prepared = Preprocessor(Schema([column.spec]))({"text": TEXTS})["text"]
    assert prepared.numpy().tolist() == expected
