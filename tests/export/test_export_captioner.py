"""A captioner served: raw cells in, texts out."""

import keras
import keras_hub
import pytest
import tensorflow as tf

from keras_multimodal import data, export, inference, tasks
from keras_multimodal.schema import ClassTarget, Schema

WORDS = ["red cat", "dog", "big red dog", "cat"]


def trained(**options):
    keras.utils.set_random_seed(0)
    notes = [f"note {place % 4}" for place in range(32)]
    texts = data.TextProcessor(length=3).load_data(notes, name="note")
    names = data.TextProcessor(length=12, **options).load_data(
        [WORDS[place % 4] for place in range(32)], name="name"
    )
    records = data.pair(texts, captions=names).adapt()
    model = tasks.captioner(records.schema, dim=16, learning_rate=1e-2, seed=0)
    model.fit(records.batch(16, training=True), epochs=25, shuffle=False, verbose=0)
    return records, model


def word_pieces():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "cat", "dog", "big"]
    return keras_hub.models.BertTokenizer(words, lowercase=True)


@pytest.mark.parametrize(
    "options",
    [{}, {"tokenizer": word_pieces(), "special_tokens": True}],
    ids=["words", "word pieces"],
)
def test_a_fresh_process_writes_the_same(tmp_path, options):
    records, model = trained(**options)
    raw = {"note": ["note 2", "note 0", "note 3"]}
    assert inference.TextGenerator(model, records.schema).generate(raw) == [
        "big red dog",
        "red cat",
        "cat",
    ]
    export.saved_model(model, tmp_path / "served", preprocessing=records.schema)
    answer = export.serve_in_fresh_process(tmp_path / "served", {"note": [*raw["note"], ""]})
    assert answer["name"].tolist() == ["big red dog", "red cat", "cat", ""]
    assert answer["note_status"].tolist() == [0, 0, 0, 1]


def test_signatures_samplers_and_lengths(tmp_path):
    records, model = trained()
    notes = tf.constant(["note 2", "note 0"])
    sampler = keras_hub.samplers.RandomSampler(seed=1, temperature=3.0)
    for folder, options in (
        ("beam", {"sampler": "beam", "max_length": 2}),
        ("random", {"sampler": sampler}),
    ):
        export.saved_model(model, tmp_path / folder, preprocessing=records.schema, **options)
    beam = tf.saved_model.load(str(tmp_path / "beam"))
    assert set(beam.signatures) == {"serving_default", "generate"}
    for signature in beam.signatures.values():
        assert signature(note=notes)["name"].numpy().tolist() == [b"big red", b"red cat"]
    served = tf.saved_model.load(str(tmp_path / "random"))
    write = served.signatures["generate"]
    texts = {tuple(write(note=notes)["name"].numpy()) for _ in range(8)}
    assert len(texts) > 1  # random numbers go on from call to call


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sampler": "best"}, "`sampler` must be one of"),
        ({"max_length": 13}, "`max_length` must be from 1 to 12"),
    ],
)
def test_bad_arguments_are_named(tmp_path, options, message):
    texts = data.TextProcessor(length=3).load_data(["a", "b"], name="note")
    names = data.TextProcessor(length=12).load_data(["c", "d"], name="name")
    records = data.pair(texts, captions=names).adapt()
    model = tasks.captioner(records.schema, dim=8)
    with pytest.raises(ValueError, match=message):
        export.saved_model(model, tmp_path / "served", preprocessing=records.schema, **options)
    assert not list(tmp_path.iterdir())


def test_other_targets_take_no_sampler(tmp_path):
    texts = data.TextProcessor(length=3).load_data(["a", "b"], name="note")
    schema = Schema(data.pair(texts).adapt().schema.inputs, ClassTarget(classes=("a", "b")))
    model = tasks.classifier(schema, dim=8)
    with pytest.raises(ValueError, match="must come with a target that is a text"):
        export.saved_model(model, tmp_path / "served", preprocessing=schema, sampler="beam")
