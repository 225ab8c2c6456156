"""Embeddings that find what belongs together, from pairing to the SavedModel."""

import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import analysis, data, export
from keras_multimodal.inference import SearchIndex
from keras_multimodal.layers import MeanFusion, SharedProjection
from keras_multimodal.schema import Image, PairTarget, Schema, Tabular, Text
from keras_multimodal.tasks import embed, retriever, tower

COLOURS = ("red", "green", "blue", "white")
VALUES = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def records(count=64, optional=False, **options):
    """Pictures of one colour, with its name and a number that says the same."""
    words = [COLOURS[row % 4] for row in range(count)]
    pixels = np.array([VALUES[word] for word in words], "float32")[:, None, None]
    noise = np.random.default_rng(8).normal(0, 20, (count, 16, 16, 3))
    pictures = np.clip(pixels + noise, 0, 255).astype("uint8")
    frame = pd.DataFrame({"text": words, "size": [COLOURS.index(word) for word in words]})
    if optional:
        frame.loc[::8, "text"] = ""
    images = data.ImageStream(rescale=1 / 255).flow(pictures, keys=list(frame.index))
    texts = data.TextProcessor(length=3).from_dataframe(frame, column="text", optional=optional)
    table = data.TableProcessor().from_dataframe(frame, numeric=["size"])
    return data.pair(images, texts, table, **options)


TOWERS = {"picture": "image", "offer": ["text", "table"]}


@pytest.mark.parametrize("loss", ["info_nce", "sig_lip"])
def test_it_learns_what_belongs_together_and_finds_it_from_raw_cells(loss, tmp_path):
    keras.utils.set_random_seed(0)
    train, test = records(match=TOWERS).split(test=0.25)
    model = retriever(train.schema, loss=loss, dim=8, units=8, dropout=0.1, seed=0)
    history = model.fit(train.batch(16, training=True), epochs=25, shuffle=False, verbose=0)
    assert history.history["loss"][-1] < 0.8 * history.history["loss"][0]
    vectors = embed(model, test.schema, test.batch(8))
    # Offers of one colour are the same; every picture is its own.
    scores = analysis.retrieval_scores(
        vectors["picture"], vectors["offer"], *test.labels.T, at=(1,)
    )
    assert scores["items"] == 4
    assert scores["recall@1"] >= 0.9 > scores["chance@1"]

    index = SearchIndex(model, train.schema)
    index.add(test)
    found = index.search({"text": ["blue"], "size": [2.0]}, k=2)
    blue = {key for key in test.keys if key % 4 == 2}
    assert {hit.key for hit in found[0]} <= blue
    assert found[0][0].score >= found[0][1].score

    export.saved_model(model, tmp_path / "served", preprocessing=train.schema)
    served = tf.saved_model.load(tmp_path / "served")
    offer = served.signatures["offer"](
        text=tf.constant(["blue"]), size=tf.constant([2.0], tf.float32)
    )
    rows = {"text": tf.constant(["blue"]), "size": tf.constant([2.0])}
    own = data.Preprocessor(Schema([train.schema["text"], train.schema["table"]]))(rows)
    np.testing.assert_allclose(
        offer["embedding"], tower(model, train.schema, "offer")(own), atol=1e-5
    )
    assert set(served.signatures) == {"serving_default", "picture", "offer"}


def test_a_graph_of_neighbours_finds_what_all_rows_do():
    pytest.importorskip("faiss", reason="the extra `search` is not installed")
    train = records(match=TOWERS).adapt()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    answers = []
    for approximate in (False, True):
        index = SearchIndex(model, train.schema, approximate=approximate)
        index.add(train)
        assert len(index) == 64
        hits = index.search({"text": ["red", "white"], "size": [0.0, 3.0]}, k=5)
        answers.append([[(hit.key, round(hit.score, 4)) for hit in own] for own in hits])
        again = index.search({"text": ["red", "white"], "size": [0.0, 3.0]}, k=5)
        assert again == hits  # from the graph that there is
    for exact, near in zip(*answers, strict=True):
        assert [score for _, score in exact] == pytest.approx([score for _, score in near])


def test_a_graph_needs_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    train = records(match=TOWERS).adapt()
    model = retriever(train.schema, dim=8, units=8, compile=False)
    assert not model.compiled
    message = r"needs the package faiss: pip install .*\[search\].*`approximate=False`"
    with pytest.raises(ImportError, match=message):
        SearchIndex(model, train.schema, approximate=True)


def test_rows_added_in_parts_are_found_as_rows_added_at_once():
    train = records(optional=True, match={"image": "image", "text": "text"}).adapt()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    once, twice = (SearchIndex(model, train.schema) for _ in range(2))
    once.add(train)
    twice.add(train.select(train.keys[:20]))
    twice.add(train.select(train.keys[20:]))
    query = {"text": ["red", "white"]}
    for found, expected in zip(twice.search(query, k=64), once.search(query, k=64), strict=True):
        scores, wanted = ({hit.key: hit.score for hit in hits} for hits in (found, expected))
        assert len(wanted) == 64
        assert scores == pytest.approx(wanted, abs=1e-5)


def test_rows_without_a_part_are_not_found_and_not_learned_from():
    train = records(optional=True, match={"image": "image", "text": "text"}).adapt()
    assert (train.labels[::8, 1] == -1).all()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    vectors = embed(model, train.schema, train.batch(16))
    assert (vectors["text"][::8] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(vectors["image"], axis=1), 1, rtol=1e-5)
    index = SearchIndex(model, train.schema)
    index.add(train)
    pictures = [tf.io.encode_png(np.zeros((16, 16, 3), "uint8")).numpy()]
    found = index.search({"image": pictures}, k=64)
    assert len(found[0]) == 56
    assert not {hit.key for hit in found[0]} & set(range(0, 64, 8))
    with pytest.raises(ValueError, match=r"something in each row\. .* row 1"):
        index.search({"text": ["red", ""]})


def test_the_model_is_saved_and_its_towers_are_found_again(tmp_path):
    train = records(match=TOWERS).adapt()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    inputs, _ = next(iter(train.batch(4)))
    for name in ("picture", "offer"):
        own = tower(model, train.schema, name)
        assert set(own.input) < set(model.input)
        given = {key: inputs[key] for key in own.input}
        np.testing.assert_allclose(
            own(given), tower(again, train.schema, name)(given), rtol=1e-5, atol=1e-6
        )


def test_a_tower_of_categories_alone_is_served(tmp_path):
    frame = pd.DataFrame({"text": list(COLOURS), "kind": ["a", "b", "a", "c"]})
    texts = data.TextProcessor(length=3).from_dataframe(frame, column="text")
    table = data.TableProcessor().from_dataframe(frame, categorical=["kind"])
    train = data.pair(texts, table, match=True).adapt()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    export.saved_model(model, tmp_path / "served", preprocessing=train.schema)
    served = tf.saved_model.load(tmp_path / "served")
    found = served.signatures["table"](kind=tf.constant(["c", "b", ""]))
    expected = embed(model, train.schema, train.batch(4))["table"]
    np.testing.assert_allclose(found["embedding"][:2], expected[[3, 1]], atol=1e-5)
    assert np.isnan(found["embedding"][2]).all()
    assert found["table_status"].numpy().tolist() == [0, 0, 1]
    # What one tower lacks costs the other nothing.
    both = served.signatures["serving_default"](
        kind=tf.constant(["c", ""]), text=tf.constant(["", "red"])
    )
    for name, row in (("table", 1), ("text", 0)):
        assert np.isnan(both[name]).all(1).tolist() == [row == 0, row == 1]
        assert both[f"{name}_status"].numpy()[row] == 1


def test_the_same_part_has_one_number():
    found = records(match=TOWERS)
    assert found.target == PairTarget(
        towers=(("picture", ("image",)), ("offer", ("text", "table")))
    )
    assert len(set(found.labels[:, 0])) == 64  # no two pictures are alike
    assert found.labels[:8, 1].tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert Schema.from_json(found.schema.to_json()) == found.schema


def test_captions_of_one_picture_have_its_number(rng):
    pictures = rng.integers(0, 255, (2, 8, 8, 3)).astype("uint8")
    images = data.ImageStream().flow(pictures, keys=["a", "b"])
    captions = data.TextProcessor(length=3).load_data(
        pd.Series(["one", "two", "three"], index=["a", "a", "b"])
    )
    found = data.pair(images, captions, match=True, on_duplicates="expand")
    assert found.labels.tolist() == [[0, 0], [0, 1], [1, 2]]


@pytest.mark.parametrize(("loss", "start"), [("info_nce", 1 / 0.07), ("sig_lip", 10.0)])
def test_a_temperature_is_learned_or_held(loss, start, rng):
    tables = [Tabular(name="a", numeric=("x",)), Tabular(name="b", numeric=("y",))]
    schema = Schema(tables, PairTarget(towers=(("a", ("a",)), ("b", ("b",)))))
    numbers = rng.normal(size=(8, 1)).astype("float32")
    batch = dict.fromkeys(("a", "b"), numbers)
    batch |= {f"{name}_mask": np.ones((8, 1), bool) for name in ("a", "b")}
    parts = np.stack([np.arange(8)] * 2, axis=1)
    for temperature, scale in ((None, start), (0.2, 5.0)):
        model = retriever(schema, loss=loss, dim=8, units=4, temperature=temperature, seed=0)
        head = model.get_layer(schema.target.name)
        assert float(keras.ops.exp(head.log_scale)) == pytest.approx(scale)
        model.fit(batch, parts, verbose=0)
        after = float(keras.ops.exp(head.log_scale))
        assert (after == pytest.approx(scale, rel=1e-6)) == (temperature is not None)


def test_a_tower_has_the_projection_that_it_is_given(tmp_path):
    train = records(optional=True, match={"image": "image", "text": "text"}).adapt()
    # What is lacking stays zero in spite of biases.
    last = keras.layers.Dense(8, bias_initializer="ones")
    hidden = keras.Sequential([keras.layers.Dense(12, "gelu"), last])
    projections = {"image": keras.layers.Identity(), "text": hidden}
    model = retriever(train.schema, dim=8, units=8, projections=projections, seed=0)
    assert not any(isinstance(layer, SharedProjection) for layer in model.layers)
    before = last.kernel.numpy()
    model.fit(train.batch(16, training=True), shuffle=False, verbose=0)
    assert (last.kernel.numpy() != before).any()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    vectors, loaded = (embed(each, train.schema, train.batch(16)) for each in (model, again))
    there = np.arange(64) % 8 != 0
    np.testing.assert_allclose(np.linalg.norm(vectors["text"], axis=1), there, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors["image"], axis=1), 1, atol=1e-5)
    for name, own in vectors.items():
        np.testing.assert_allclose(loaded[name], own, atol=1e-6)
        assert tower(again, train.schema, name).output.shape == (None, 8)


def other_model():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


SCHEMA = Schema(
    [
        Image(height=16, width=16, rescale=1 / 255),
        Text(length=3, vocabulary=("a",)),
        Tabular(numeric=("n",)),
    ],
    PairTarget(towers=(("picture", ("image",)), ("offer", ("text", "table")))),
)


SEVERAL = Schema(
    [Text(name=name, length=3, vocabulary=("a",)) for name in "rstu"],
    PairTarget(towers=(("a", ("r", "s")), ("b", ("t", "u")))),
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: retriever(Schema(SCHEMA.inputs)), "`schema` must have the pairing.*target=None"),
        (lambda: retriever(SCHEMA, loss="triplet"), "`loss` must be.*'triplet'"),
        (lambda: retriever(SCHEMA, temperature=0), "`temperature` must be.*temperature=0"),
        (lambda: retriever(SCHEMA, projections={"text": keras.layers.Dense(4)}), r"\['text'\] too"),
        (
            lambda: retriever(SCHEMA, dim=8, projections={"offer": keras.layers.Dense(4)}),
            r"`projections` must give vectors \(batch, 64\).*4\) of 'offer'",
        ),
        (
            lambda: retriever(SEVERAL, fusion=MeanFusion()),
            r"`fusion` must be a name where several.*<MeanFusion.*\['a', 'b'\]",
        ),
        (lambda: tower(retriever(SCHEMA, dim=8), SCHEMA, "text"), r"one of \['picture', 'offer'\]"),
        (lambda: tower(other_model(), SCHEMA, "offer"), "`model` must be what `tasks.retriever`"),
        (lambda: PairTarget(towers=(("a", ("x",)),)), "`towers` must be at least two"),
        (lambda: PairTarget(towers=(("a", ("x",)), ("b", ("x",)))), "in no other"),
        (lambda: Schema([SCHEMA["text"]], SCHEMA.target), r"Received: \['image', 'table'\] too"),
        (lambda: records(match={"a": "image", "b": "video"}), r"`match` must be.*\['video'\] too"),
        (lambda: records(match=True, labels=["a"] * 64), "`match` must go without `labels`"),
        (lambda: SearchIndex(None, Schema(SCHEMA.inputs)), "`schema` must have the pairing"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_something_other_than_a_column_is_refused_before_its_towers_are_looked_for():
    with pytest.raises(TypeError, match="`columns` must be columns"):
        data.pair(["a", "b"], match=True)


def test_questions_that_cannot_be_answered_are_refused():
    train = records(match=TOWERS).adapt()
    index = SearchIndex(retriever(train.schema, dim=8, seed=0), train.schema)
    with pytest.raises(ValueError, match="`of` must be a tower that rows which were added have"):
        index.search({"text": ["red"], "size": [0.0]})
    index.add(train)
    with pytest.raises(ValueError, match=r"`query` must have the columns.*Received: \['text'\]"):
        index.search({"text": ["red"]})
    with pytest.raises(ValueError, match="`k` must be at least 1"):
        index.search({"text": ["red"], "size": [0.0]}, k=0)
    with pytest.raises(ValueError, match="`of` must be one of the towers"):
        index.search({"text": ["red"], "size": [0.0]}, of="text")
    with pytest.raises(TypeError, match=r"must have a list in each column.*'red' in 'text'"):
        index.search({"text": "red", "size": [0.0]})
    with pytest.raises(ValueError, match=r"as many cells in each.*'text': 2, 'size': 1"):
        index.search({"text": ["red", "blue"], "size": [0.0]})
    with pytest.raises(ValueError, match=r"can be read.*'text': 3.* in row 1"):
        index.search({"text": ["red", 3], "size": [0.0, 1.0]})
    picture = tf.io.encode_png(np.zeros((16, 16, 3), "uint8")).numpy()
    with pytest.raises(ValueError, match=r"can be read.*b'no picture'.* in row 1, of which"):
        index.search({"image": [picture, b"no picture"]})
    with pytest.raises(ValueError, match="`records` must have the modalities"):
        index.add(data.pair(train.columns[0]))


def test_vectors_that_are_no_numbers_are_not_found():
    train = records(8, match=TOWERS).adapt()
    model = retriever(train.schema, dim=8, units=8, seed=0)
    sound = SearchIndex(model, train.schema)
    sound.add(train)
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    with pytest.raises(ValueError, match=r"finite numbers\. .* in 8 rows, the first of them row 0"):
        SearchIndex(model, train.schema).add(train)
    with pytest.raises(ValueError, match=r"finite numbers\. .* in 1 rows"):
        sound.search({"text": ["red"], "size": [0.0]})
