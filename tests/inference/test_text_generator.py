"""What a captioner writes of raw cells."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal import data, inference, tasks
from keras_multimodal.schema import ClassTarget, Schema

WORDS = ["red cat", "dog", "big red dog", "cat"]


@pytest.fixture(scope="module")
def trained():
    """Notes that say which name is to be written, learned by heart."""
    keras.utils.set_random_seed(0)
    notes = [f"note {place % 4}" for place in range(32)]
    texts = data.TextProcessor(length=3).load_data(notes, name="note")
    names = data.TextProcessor(length=4).load_data([WORDS[p % 4] for p in range(32)], name="name")
    records = data.pair(texts, captions=names, on_missing="mask").adapt()
    model = tasks.captioner(records.schema, dim=16, learning_rate=1e-2, seed=0)
    model.fit(records.batch(16, training=True), epochs=25, shuffle=False, verbose=0)
    return records, model


@pytest.fixture(scope="module")
def writer(trained):
    records, model = trained
    return inference.TextGenerator(model, records.schema)


def test_raw_cells_and_records_give_the_same(trained, writer):
    records, _ = trained
    expected = [WORDS[place % 4] for place in range(32)]
    assert writer.generate(records) == expected
    assert writer.generate({"note": records.columns[0].cells.tolist()}) == expected
    # In batches of which the last is smaller, and one row alone.
    assert writer.generate(records, batch_size=7) == expected
    assert writer.generate({"note": ["note 2"]}) == ["big red dog"]
    assert writer.generate({"note": []}) == []


@pytest.mark.parametrize(
    "sampler",
    ["beam", "top_k", "top_p", "random", keras_hub.samplers.BeamSampler(num_beams=2)],
    ids=["beam", "top_k", "top_p", "random", "two beams"],
)
def test_every_sampler_writes_what_is_all_but_certain(writer, sampler):
    found = writer.generate({"note": ["note 0", "note 1", "note 2", "note 3"]}, sampler=sampler)
    assert found == WORDS


def test_without_xla_it_is_the_same(trained):
    records, model = trained
    plain = inference.TextGenerator(model, records.schema, jit_compile=False)
    assert plain.generate({"note": ["note 0", "note 3"]}) == ["red cat", "cat"]


def test_texts_are_cut_after_max_length(writer):
    assert writer.generate({"note": ["note 2", "note 1"]}, max_length=1) == ["big", "dog"]
    assert writer.generate({"note": ["note 2", "note 1"]}, max_length=2) == ["big red", "dog"]


def test_random_texts_differ_and_come_again_with_a_seed(trained):
    records, _ = trained
    untrained = tasks.captioner(records.schema, dim=8)
    again = inference.TextGenerator(untrained, records.schema)
    notes = {"note": ["note 1"] * 8}

    def drawn(seed):
        return again.generate(notes, sampler=keras_hub.samplers.RandomSampler(seed=seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    sampler = keras_hub.samplers.RandomSampler(seed=1)
    first = again.generate(notes, sampler=sampler)
    assert again.generate(notes, sampler=sampler) != first  # the sampler goes on


def test_a_row_without_anything_is_written_too(writer):
    """The modality is optional: the text is then that of its own beginning alone."""
    (text,) = writer.generate({"note": [""]})
    assert set(text.split()) <= {"red", "cat", "dog", "big"}


def test_a_graph_is_made_once_for_each_sampler_and_length(trained):
    records, model = trained
    own = inference.TextGenerator(model, records.schema)
    for sampler in ("greedy", "greedy", "beam"):
        own.generate({"note": ["note 0"]}, sampler=sampler)
    assert len(own._loops) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": {"notes": ["a"]}}, ValueError, r"`rows` must have the columns \['note'\]"),
        ({"rows": {"note": "a"}}, TypeError, "`rows` must have a list in each column"),
        ({"rows": {"note": [3.5]}}, ValueError, "cells that can be read.*in row 0"),
        ({"rows": {"note": ["a"]}, "sampler": "best"}, ValueError, "`sampler` must be one of"),
        (
            {"rows": {"note": ["a"]}, "max_length": 5},
            ValueError,
            "`max_length` must be from 1 to 4",
        ),
        ({"rows": {"note": ["a"]}, "batch_size": 0}, ValueError, "`batch_size` must be at least 1"),
    ],
)
def test_bad_arguments_are_named(writer, arguments, error, message):
    with pytest.raises(error, match=message):
        writer.generate(**arguments)


def test_a_model_that_writes_nothing_is_refused(trained):
    records, model = trained
    schema = Schema(records.schema.inputs, ClassTarget(classes=("a", "b")))
    with pytest.raises(ValueError, match="pair the rows with `captions`"):
        inference.TextGenerator(model, schema)
    with pytest.raises(ValueError, match="`model` must have one decoder"):
        inference.TextGenerator(tasks.classifier(schema, dim=8), records.schema)


def test_rows_after_the_first_batch_are_named(writer):
    notes = np.array(["note 1"] * 5, object)
    notes[4] = 2.5
    with pytest.raises(ValueError, match="in row 4"):
        writer.generate({"note": notes.tolist()}, batch_size=3)


def test_tensors_are_taken_as_columns(writer):
    assert writer.generate({"note": tf.constant(["note 1", "note 3"])}) == ["dog", "cat"]
