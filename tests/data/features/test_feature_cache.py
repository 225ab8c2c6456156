"""A frozen encoder runs once over each row, and what it made is what it would make."""

import json
import os
import pathlib
import textwrap

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image

from keras_multimodal import export
from keras_multimodal.data import (
    ImageStream,
    Preprocessor,
    SensorProcessor,
    TableProcessor,
    TextProcessor,
    cache_features,
    pair,
)
from keras_multimodal.data.features import cache as feature_cache
from keras_multimodal.encoders import (
    ConvImageEncoder,
    ConvSensorEncoder,
    RecurrentTextEncoder,
    TabularEncoder,
)
from keras_multimodal.layers import MaskedMeanPooling, PooledFusion
from keras_multimodal.schema import Features, Schema
from keras_multimodal.tasks import attach_encoders, inputs

ROWS = 12
WORDS = ["red", "blue", "round", "square"]


@pytest.fixture
def folder(tmp_path, rng):
    """Pictures, one of them absent, and a frame of them."""
    (tmp_path / "pictures").mkdir()
    files = []
    for row in range(ROWS):
        files.append("" if row == 3 else f"{row}.png")
        pixels = rng.integers(0, 256, (8, 8, 3)).astype("uint8")
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{row}.png")
    return tmp_path, files


def make_records(folder, rows=range(ROWS), rescale=1 / 255):
    path, files = folder
    frame = pd.DataFrame({"file": files, "key": [f"k{row}" for row in range(ROWS)]})
    frame["text"] = [
        " ".join(np.random.default_rng(row).permutation(WORDS)[: 1 + row % 4])
        for row in range(ROWS)
    ]
    frame.loc[5, "text"] = ""
    frame["class"] = ["a", "b"] * (ROWS // 2)
    frame = frame.iloc[list(rows)]
    images = ImageStream(rescale=rescale).flow_from_dataframe(
        frame,
        directory=path / "pictures",
        x_col="file",
        key="key",
        target_size=(8, 8),
        optional=True,
    )
    texts = TextProcessor(length=4, vocabulary=WORDS).from_dataframe(
        frame, column="text", key="key", optional=True
    )
    return pair(images, texts, labels=frame.set_index("key")["class"])


def make_encoders(seed=0):
    keras.utils.set_random_seed(seed)
    return {
        "image": ConvImageEncoder(5, filters=(4, 4), trainable=False),
        "text": RecurrentTextEncoder(6, 6, trainable=False),
    }


def encoded(encoder, spec, batch):
    tokens = encoder(spec.encoder_inputs(batch))
    return tokens.numpy(), tokens._keras_mask.numpy()


@pytest.fixture
def no_encoding(monkeypatch):
    """From now on only the first row, which an encoder is built with, may be encoded."""

    def forbid():
        real = feature_cache._make_encode

        def make(encoder, spec):
            encode = real(encoder, spec)

            def once(batch):
                assert len(next(iter(batch.values()))) == 1
                return encode(batch)

            return once

        monkeypatch.setattr(feature_cache, "_make_encode", make)

    return forbid


def test_features_are_what_the_encoders_make(folder, no_encoding):
    records, encoders = make_records(folder), make_encoders()
    cached = cache_features(records, encoders, folder[0] / "cache", batch_size=5)
    assert cached.schema["image"] == Features(name="image", optional=True, length=4, dim=5)
    assert cached.keys == records.keys
    assert cached.to_frame().equals(records.to_frame())
    batch, labels = next(iter(records.batch(ROWS)))
    found, found_labels = next(iter(cached.batch(ROWS)))
    np.testing.assert_array_equal(found_labels, labels)
    for name, encoder in encoders.items():
        tokens, mask = encoded(encoder, records.schema[name], batch)
        np.testing.assert_allclose(found[name], tokens, atol=1e-6)
        np.testing.assert_array_equal(found[f"{name}_mask"], mask)
        np.testing.assert_array_equal(found[f"{name}_present"], batch[f"{name}_present"])
    assert not found["image"][3].numpy().any()
    no_encoding()
    again = cache_features(records, encoders, folder[0] / "cache")
    np.testing.assert_array_equal(next(iter(again.batch(ROWS)))[0]["image"], found["image"])


def test_parts_of_the_rows_and_their_order(folder, no_encoding):
    records, encoders = make_records(folder), make_encoders()
    cached = cache_features(records, encoders, folder[0] / "cache", verbose=False)
    whole, _ = next(iter(cached.batch(ROWS)))
    no_encoding()
    train, test = cached.split(test=0.5)
    for part in (train, test, cached.mask_modality("image"), cached.select(["k7", "k0"])):
        batch, _ = next(iter(part.batch(ROWS)))
        rows = [cached.keys.index(key) for key in part.keys]
        expected = np.where(part.columns[0].present[:, None, None], whole["image"].numpy()[rows], 0)
        np.testing.assert_array_equal(batch["image"], expected)
    shuffled, labels = next(iter(train.batch(len(train), training=True, seed=1)))
    assert sorted(labels.numpy()) == sorted(train.labels)
    plain = next(iter(train.batch(len(train))))[0]["image"].numpy()
    found = shuffled["image"].numpy()
    assert (found != plain).any()
    assert sorted(row.tobytes() for row in found) == sorted(row.tobytes() for row in plain)
    # Other records of the same cells find the features too.
    few = cache_features(
        make_records(folder, rows=(8, 2, 3)).select_modalities("image"),
        {"image": encoders["image"]},
        folder[0] / "cache",
        verbose=False,
    )
    found = next(iter(few.batch(3)))[0]["image"]
    np.testing.assert_array_equal(found, whole["image"].numpy()[[8, 2, 3]])


def test_only_what_is_new_or_has_changed_is_encoded(folder, monkeypatch):
    records, encoders = (
        make_records(folder).select_modalities("image"),
        {"image": make_encoders()["image"]},
    )
    first = cache_features(
        make_records(folder, rows=range(8)).select_modalities("image"),
        encoders,
        folder[0] / "cache",
    )
    path = folder[0] / "pictures" / "1.png"
    Image.new("RGB", (8, 8), "white").save(path)
    os.utime(path, ns=(1, 1))
    encoded_rows = []
    real = feature_cache._make_encode

    def make(encoder, spec):
        encode = real(encoder, spec)

        def count(batch):
            encoded_rows.append(len(batch["image"]))
            return encode(batch)

        return count

    monkeypatch.setattr(feature_cache, "_make_encode", make)
    cached = cache_features(records, encoders, folder[0] / "cache")
    assert encoded_rows == [1, 5]  # the first row, to build the encoder; 1.png and the four last
    found, before = (next(iter(x.batch(ROWS)))[0]["image"].numpy() for x in (cached, first))
    np.testing.assert_array_equal(found[[0, 2]], before[[0, 2]])
    assert np.abs(found[1] - before[1]).max() > 1e-3
    batch, _ = next(iter(records.batch(ROWS)))
    tokens, _ = encoded(encoders["image"], records.schema["image"], batch)
    np.testing.assert_allclose(found, tokens, atol=1e-6)


def test_a_run_that_was_killed_goes_on(folder, run_forked):
    code = f"""
        import os, sys
        sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})
        import test_feature_cache as t
        from keras_multimodal.data.features import cache as feature_cache
        feature_cache._SHARD_ROWS = 3
        real, calls = feature_cache._make_encode, []
        def make(encoder, spec):
            encode = real(encoder, spec)
            def encode_or_die(batch):
                calls.append(batch)
                if len(calls) == 4:  # the first row and two shards are done
                    os.kill(os.getpid(), 9)
                return encode(batch)
            return encode_or_die
        feature_cache._make_encode = make
        import pathlib
        folder = pathlib.Path({str(folder[0])!r}), {folder[1]!r}
        encoders = {{"image": t.make_encoders()["image"]}}
        t.cache_features(t.make_records(folder), encoders, folder[0] / "cache")
        """
    process = run_forked(["-c", textwrap.dedent(code)])
    assert process.returncode == -9, process.stderr[-3000:]
    shards = sorted((folder[0] / "cache").glob("image-*/shard-*"))
    assert len(shards) == 2
    times = [path.stat().st_mtime_ns for path in shards]
    records, encoder = make_records(folder), make_encoders()["image"]
    cached = cache_features(records, {"image": encoder}, folder[0] / "cache")
    assert [path.stat().st_mtime_ns for path in shards] == times
    assert cached.columns[0].store.places.keys() == set(records.columns[0].fingerprints()) - {""}
    found = next(iter(cached.batch(ROWS)))[0]
    batch, _ = next(iter(records.batch(ROWS)))
    tokens, _ = encoded(encoder, records.schema["image"], batch)
    np.testing.assert_allclose(found["image"], tokens, atol=1e-6)


@pytest.mark.parametrize("change", ["weights", "encoder", "preprocessing", "dtype"])
def test_features_of_something_else_lie_beside(folder, change, no_encoding):
    cache = folder[0] / "cache"
    older = make_records(folder).select_modalities("image")
    first = {"image": make_encoders()["image"]}
    cache_features(older, first, cache, verbose=False)
    (before,) = cache.glob("image-*")
    encoder = make_encoders(seed=int(change == "weights"))["image"]
    options, rescale = {}, 1 / 255
    if change == "encoder":  # no other weights, but another computation
        keras.utils.set_random_seed(0)
        encoder = ConvImageEncoder(5, filters=(4, 4), dropout=0.5, trainable=False)
    if change == "preprocessing":
        rescale = 1 / 510
    if change == "dtype":
        options = {"dtype": "float16"}
    records = make_records(folder, rescale=rescale).select_modalities("image")
    cached = cache_features(records, {"image": encoder}, cache, verbose=False, **options)
    assert len(list(cache.glob("image-*"))) == 2
    batch, found = (next(iter(x.batch(ROWS)))[0] for x in (records, cached))
    tokens, _ = encoded(encoder, records.schema["image"], batch)
    np.testing.assert_allclose(found["image"], tokens, atol=1e-3)
    no_encoding()  # those that were made before are found
    again = cache_features(older, first, cache, verbose=False)
    assert set(again.columns[0].store.places) == set(np.load(*before.glob("*/digests.npy")))


def test_features_of_an_earlier_version_are_used(folder, no_encoding):
    """Their folder is called by the modality alone, and says how they were made."""
    records = make_records(folder).select_modalities("image")
    encoder, cache = make_encoders()["image"], folder[0] / "cache"
    cached = cache_features(records, {"image": encoder}, cache, verbose=False)
    expected = next(iter(cached.batch(ROWS)))[0]["image"]
    (made,) = cache.glob("image-*")
    older = made.rename(cache / "image")
    noted = {**feature_cache._identity(encoder, records.schema["image"]), "dtype": "float32"}
    index = older / "encoder.json"
    index.write_text(json.dumps(noted, indent=1))
    no_encoding()
    found = cache_features(records, {"image": encoder}, cache, verbose=False)
    np.testing.assert_array_equal(next(iter(found.batch(ROWS)))[0]["image"], expected)
    assert [path.name for path in cache.iterdir()] == ["image"]
    index.write_text(index.read_text()[:40])
    with pytest.raises(ValueError, match=r"encoder\.json must say.*[Rr]emove.*are encoded anew"):
        cache_features(records, {"image": encoder}, cache, verbose=False)


def test_features_of_an_earlier_version_and_something_else_are_left_alone(folder):
    records, encoders = make_records(folder), make_encoders()
    older = folder[0] / "cache" / "image"
    older.mkdir(parents=True)
    (older / "encoder.json").write_text(json.dumps({"weights": "of another"}))
    cached = cache_features(records, encoders, folder[0] / "cache", verbose=False)
    batch, found = (next(iter(x.batch(ROWS)))[0] for x in (records, cached))
    tokens, _ = encoded(encoders["image"], records.schema["image"], batch)
    np.testing.assert_allclose(found["image"], tokens, atol=1e-6)
    assert [path.name for path in older.iterdir()] == ["encoder.json"]


def test_a_loaded_encoder_finds_its_features(folder, no_encoding):
    """Names, which Keras numbers anew in each session, do not matter."""
    records, encoders = make_records(folder), make_encoders()
    cache_features(records, encoders, folder[0] / "cache", verbose=False)
    tensors = inputs(records.schema)
    image = [tensors["image"], tensors["image_present"]]
    keras.Model(image, encoders["image"](image)).save(folder[0] / "model.keras")
    loaded = keras.saving.load_model(folder[0] / "model.keras").layers[-1]
    loaded.name = "another"
    no_encoding()
    cache_features(records, {"image": loaded}, folder[0] / "cache", verbose=False)


def test_half_the_room(folder):
    records, encoders = (
        make_records(folder).select_modalities("image"),
        {"image": make_encoders()["image"]},
    )
    found = [
        next(
            iter(
                cache_features(
                    records, encoders, folder[0] / dtype, dtype=dtype, verbose=False
                ).batch(ROWS)
            )
        )[0]["image"]
        for dtype in ("float32", "float16")
    ]
    assert found[1].dtype == tf.float32
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-3)
    assert np.abs(found[0] - found[1]).max() > 0


def test_the_same_training_as_with_the_encoders_in_the_model(folder):
    """A head on features, and the same head behind the frozen encoders, learn the same."""
    records, encoders = make_records(folder), make_encoders()
    cached = cache_features(records, encoders, folder[0] / "cache", verbose=False)

    def head():
        keras.utils.set_random_seed(7)
        tensors = inputs(cached.schema)
        tokens = {name: tensors[name] for name in encoders}
        masks = {name: tensors[f"{name}_mask"] for name in encoders}
        vector = PooledFusion("gated", dim=4)(tokens, mask=masks)
        return keras.Model(tensors, keras.layers.Dense(2, activation="softmax")(vector))

    def train(model, rows):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        batches = rows.batch(4, shuffle=True, seed=3)
        return model.fit(batches, validation_data=batches, epochs=3, verbose=0).history

    on_features = head()
    whole = attach_encoders(head(), encoders, records.schema)
    first, second = train(on_features, cached), train(whole, records)
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-4)
    deployed = attach_encoders(on_features, encoders, records.schema)
    expected = on_features.predict(cached.batch(ROWS), verbose=0)
    np.testing.assert_allclose(
        deployed.predict(records.batch(ROWS), verbose=0), expected, atol=1e-5
    )
    export.saved_model(deployed, folder[0] / "served", records.schema)
    frame = records.to_frame()
    raw = {
        "image": [pathlib.Path(path).read_bytes() if path else b"" for path in frame["image"]],
        "text": frame["text"].tolist(),
    }
    served = export.serve_in_fresh_process(folder[0] / "served", raw)
    np.testing.assert_allclose(served["probabilities"], expected, atol=1e-5)


def test_a_model_that_ends_in_a_vector(folder):
    records, encoder = make_records(folder).select_modalities("image"), make_encoders()["image"]
    tensors = inputs(records.schema)
    image = [tensors["image"], tensors["image_present"]]
    model = keras.Model(image, MaskedMeanPooling()(encoder(image)), trainable=False)
    cached = cache_features(records, {"image": model}, folder[0] / "cache", verbose=False)
    assert cached.schema["image"].shape == (1, 5)
    batch, _ = next(iter(records.batch(ROWS)))
    expected = model([batch["image"], batch["image_present"]])
    found = next(iter(cached.batch(ROWS)))[0]
    np.testing.assert_allclose(found["image"][:, 0], expected, atol=1e-6)
    assert found["image_mask"].numpy()[:, 0].tolist() == [row != 3 for row in range(ROWS)]


def test_series_and_tables(tmp_path, rng):
    series = [rng.normal(size=(steps, 2)) for steps in (9, 4, 7)]
    frame = pd.DataFrame({"age": [1.0, None, 3.0], "town": ["Ulm", "Bonn", ""]})
    records = pair(
        SensorProcessor(length=8).load_arrays(series),
        TableProcessor().from_dataframe(frame, numeric=["age"], categorical=["town"]),
    ).adapt()
    encoders = {
        "sensor": ConvSensorEncoder(4, filters=(3,), trainable=False),
        "table": TabularEncoder.from_schema(
            records.schema["table"], dim=4, num_layers=1, num_heads=2, trainable=False
        ),
    }
    cached = cache_features(records, encoders, tmp_path / "cache", verbose=False)
    batch, found = (next(iter(x.batch(3))) for x in (records, cached))
    for name, encoder in encoders.items():
        tokens, mask = encoded(encoder, records.schema[name], batch)
        np.testing.assert_allclose(found[name], tokens, atol=1e-6)
        np.testing.assert_array_equal(found[f"{name}_mask"], mask)
    series[1][2] += 1  # another series of the same length
    changed = pair(SensorProcessor(length=8).load_arrays(series)).columns[0].fingerprints()
    before = records.columns[0].fingerprints()
    assert [a == b for a, b in zip(changed, before, strict=True)] == [True, False, True]


def test_wrong_arguments_are_refused(folder):
    records, encoders = make_records(folder), make_encoders()
    cache = folder[0] / "cache"
    with pytest.raises(ValueError, match=r"must be for one or more of the modalities.*'sound'"):
        cache_features(records, {"sound": encoders["image"]}, cache)
    with pytest.raises(ValueError, match=r"`dtype` must be.*dtype='int8'"):
        cache_features(records, encoders, cache, dtype="int8")
    with pytest.raises(ValueError, match=r"must be frozen.*'image' with \d+ trainable"):
        cache_features(records, {"image": ConvImageEncoder(4)}, cache)
    with pytest.raises(ValueError, match="must have 'image' in some row"):
        cache_features(records.mask_modality("image"), encoders, cache)
    (folder[0] / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"`directory` must be a folder.*thesis\.txt"):
        cache_features(records, encoders, folder[0] / "thesis.txt")
    captions = TextProcessor(length=2, vocabulary=WORDS).load_data(
        pd.Series(["red", "blue", "round"], index=["a", "b", "a"]), name="text"
    )
    drawn = pair(captions, on_duplicates="sample")
    with pytest.raises(
        ValueError, match=r"one cell for each row.*'text', of which each epoch draw"
    ):
        cache_features(drawn, {"text": encoders["text"]}, cache)
    assert not cache.exists()


class FirstPixel(keras.layers.Layer):
    """Makes one number of a picture, which is no token."""

    def call(self, inputs):
        return inputs[:, 0, 0, 0]


def test_an_encoder_must_make_tokens(folder):
    with pytest.raises(ValueError, match=r"`encoders` must make a grid.*'image', which makes \(1,"):
        cache_features(make_records(folder), {"image": FirstPixel()}, folder[0] / "cache")


def test_a_grid_of_a_layer_that_knows_nothing_of_what_is_absent(folder):
    records = make_records(folder).select_modalities("image")
    layer = keras.layers.Conv2D(5, 4, strides=4, trainable=False)
    cached = cache_features(records, {"image": layer}, folder[0] / "cache", verbose=False)
    assert cached.schema["image"].shape == (4, 5)
    pictures = next(iter(records.batch(ROWS)))[0]["image"]
    found = next(iter(cached.batch(ROWS)))[0]
    there = np.arange(ROWS) != 3
    expected = keras.ops.reshape(layer(pictures), (ROWS, 4, 5))
    np.testing.assert_allclose(found["image"][there], expected[there], atol=1e-6)
    np.testing.assert_array_equal(found["image_mask"], np.repeat(there[:, None], 4, 1))


def test_what_was_cut_off_or_is_gone_is_named(folder):
    records, encoders = (
        make_records(folder).select_modalities("image"),
        {"image": make_encoders()["image"]},
    )
    cache = folder[0] / "cache"
    cache_features(records, encoders, cache, verbose=False)
    (shard,) = cache.glob("image-*/shard-*")
    for path in (shard / "tokens.npy", shard / "digests.npy"):
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 3])
        with pytest.raises(ValueError, match=rf"{shard.name} must be a whole.*Remove.*made anew"):
            cache_features(records, encoders, cache, verbose=False)
        path.write_bytes(content)
    (folder[0] / "pictures" / "2.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"Row 'k2' must have a file.*2\.png"):
        cache_features(records, encoders, cache, verbose=False)


def test_features_that_are_sent_to_a_model():
    """A head alone can be exported: it takes what encoders made elsewhere."""
    schema = Schema([Features(name="image", length=3, dim=2, optional=True)])
    assert Schema.from_json(schema.to_json()) == schema
    sent = np.full((3, 4, 2), np.nan, "float32")
    sent[0, :2] = [[1, 2], [3, 4]]
    sent[2] = 5
    found = Preprocessor(schema)({"image": sent})
    assert found["image_present"].numpy().tolist() == [True, False, True]
    assert found["image_mask"].numpy().tolist() == [[True, True, False], [False] * 3, [True] * 3]
    np.testing.assert_array_equal(found["image"][0], [[1, 2], [3, 4], [0, 0]])
    assert not found["image"][1].numpy().any()
    json.loads(schema.to_json())
