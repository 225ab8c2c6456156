"""Keys that repeat: refused, expanded, or drawn from, and never by position."""

import collections

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, TextProcessor, pair

CAPTIONS = pd.Series(
    ["a1", "b1", "a2", "c1", "a3", "b2"], index=["a", "b", "a", "c", "a", "b"], dtype=object
)


def captions(series=CAPTIONS, **arguments):
    return TextProcessor(length=2).load_data(series, name="caption", **arguments)


def titles(keys="abc"):
    return TextProcessor(length=1).load_data({key: key.upper() for key in keys}, name="title")


def words_of(records, dataset):
    """The captions of an epoch, in its order."""
    vocabulary = ["", "?", *records.schema["caption"].vocabulary]
    ids = np.concatenate([batch["caption"].numpy()[:, 0] for batch in dataset])
    return [vocabulary[number] for number in ids]


def test_expanding_makes_a_row_of_each_and_shares_the_rest():
    records = pair(titles(), captions(), labels={"a": 0, "b": 1, "c": 0}, on_duplicates="expand")
    table = records.to_frame()
    assert table["caption"].to_dict() == {
        ("a", 0): "a1",
        ("a", 1): "a2",
        ("a", 2): "a3",
        ("b", 0): "b1",
        ("b", 1): "b2",
        ("c", 0): "c1",
    }
    assert all(title == key[0].upper() for key, title in table["title"].items())
    assert table["label"].tolist() == ["0", "0", "0", "1", "1", "0"]
    assert records.report.duplicates == {"title": {}, "caption": {"a": 3, "b": 2}}
    assert "repeated in caption: 2 ('a', 'b')" in str(records.report)


@pytest.mark.parametrize("seed", range(5))
def test_what_was_expanded_from_one_key_stays_together(seed):
    series = pd.Series([f"c{i}" for i in range(90)], index=[i % 30 for i in range(90)])
    records = pair(captions(series), on_duplicates="expand")
    train, test = records.split(test=0.3, seed=seed)
    assert {key for key, _ in train.keys}.isdisjoint(key for key, _ in test.keys)
    assert len(train) + len(test) == 90
    for fold_train, fold in records.folds(3, seed=seed):
        assert {key for key, _ in fold_train.keys}.isdisjoint(key for key, _ in fold.keys)


def test_sampling_draws_one_of_them_anew_in_each_training_epoch():
    records = pair(titles(), captions(), on_duplicates="sample").adapt()
    assert records.keys == ["a", "b", "c"]
    assert set(records.schema["caption"].vocabulary) == {"a1", "a2", "a3", "b1", "b2", "c1"}
    assert words_of(records, records.batch(3)) == ["a1", "b1", "c1"]
    dataset = records.batch(3, training=True, shuffle=False)
    drawn = [tuple(words_of(records, dataset)) for _ in range(200)]
    for place, options in enumerate((["a1", "a2", "a3"], ["b1", "b2"], ["c1"])):
        counts = collections.Counter(words[place] for words in drawn)
        assert set(counts) == set(options)
        # Four standard errors of a count of 200 draws.
        assert max(abs(n - 200 / len(options)) for n in counts.values()) < 28
    again = records.batch(3, training=True, shuffle=False)
    assert [tuple(words_of(records, again)) for _ in range(5)] == drawn[:5]


def test_sampling_survives_splits_selections_and_caches():
    series = pd.Series([f"w{i}" for i in range(60)], index=[i % 20 for i in range(60)])
    records = pair(captions(series, optional=True), on_duplicates="sample")
    train, test = records.split(test=0.25)
    vocabulary = set(train.schema["caption"].vocabulary)
    assert vocabulary == {f"w{i}" for i in range(60) if i % 20 in train.keys}
    for part in (train, train.select(train.keys[::-1]), train.mask_modality("caption", 0.5)):
        plain = part.batch(4, training=True, seed=3)
        cached = part.batch(4, training=True, seed=3, cache=True)
        for first, second in zip([*plain, *plain], [*cached, *cached], strict=True):
            tf.nest.map_structure(np.testing.assert_array_equal, first, second)
    for key, word in zip(train.keys, words_of(train, train.batch(100)), strict=True):
        assert word == f"w{key}"
    assert len(test) == 5


def test_pictures_can_be_drawn_from_and_one_that_is_broken_is_left_out(folder, frame, tmp_path):
    (tmp_path / "no.png").write_text("no picture")
    twice = pd.concat([frame, frame.assign(file=str(tmp_path / "no.png"))[:3]])
    twice["file"] = [str(folder / name) for name in twice["file"]]
    images = ImageStream().from_dataframe(twice, "file", target_size=(10, 12))
    records = pair(images, on_duplicates="sample", on_error="drop")
    assert len(records) == len(frame)
    assert list(records.report.unreadable["image"]) == ["k0", "k1", "k2"]
    assert not records.report.dropped
    column = records.columns[0]
    drawn = column.cell_loader()(tf.constant(twice["file"]["k7"]))
    np.testing.assert_array_equal(drawn, images.cell_loader()(tf.constant(twice["file"]["k7"])))
    for _ in range(3):
        assert sum(len(batch["image"]) for batch in records.batch(8, training=True)) == len(frame)


def test_what_cannot_be_done_is_refused():
    with pytest.raises(ValueError, match=r"on_duplicates=\"expand\".*\"sample\""):
        pair(titles(), captions())
    with pytest.raises(ValueError, match=r"in one column only.*\['caption', 'note'\]"):
        pair(captions(), captions().with_spec(notes()), on_duplicates="expand")
    with pytest.raises(ValueError, match=r"one value for each key.*'p' and 'q' for 'a'"):
        pair(captions(), labels=list("ppqppp"), on_duplicates="expand")
    with pytest.raises(ValueError, match="`on_duplicates` must be 'error', 'expand' or 'sample'"):
        pair(captions(), on_duplicates="first")


def notes():
    return TextProcessor(length=2).load_data(CAPTIONS, name="note").spec


def sampled_pictures(tmp_path, broken=None):
    """A frame of eight files, of which each of four keys may draw two."""
    names = [f"{row}.png" for row in range(8)]
    for row, name in enumerate(names):
        pixels = np.random.default_rng(row).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        (tmp_path / name).write_bytes(tf.io.encode_png(pixels).numpy())
    if broken:
        (tmp_path / broken).write_bytes(b"no picture")
    return pd.DataFrame({"left": names, "right": names}, index=list("aabbccdd"))


def test_pictures_that_are_drawn_change_alike_if_they_are_to(tmp_path):
    frame = sampled_pictures(tmp_path)
    flows = ImageStream(rotation_range=40, horizontal_flip=True).flows_from_dataframe(
        frame, ["left", "right"], tmp_path, alike=True, target_size=(8, 8)
    )
    dataset = pair(*flows, on_duplicates="sample").batch(4, training=True)
    for _ in range(3):
        both = next(iter(dataset))
        np.testing.assert_array_equal(both["image_0"], both["image_1"])


def test_the_files_that_a_row_may_draw_are_named_where_one_cannot_be_read(tmp_path):
    frame = sampled_pictures(tmp_path, broken="1.png")
    flow = ImageStream().flow_from_dataframe(frame, tmp_path, "left", target_size=(8, 8))
    dataset = pair(flow, on_duplicates="sample").batch(4, training=True, shuffle=False)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Row a .*0\.png or .*1\.png"):
        list(dataset.repeat(20))


@pytest.mark.parametrize("options", [{"cache": True}, {"buckets": {"caption": (1,)}}])
def test_nothing_to_draw_from_is_absent(tmp_path, options):
    frame = sampled_pictures(tmp_path)
    flow = ImageStream().flow_from_dataframe(frame, tmp_path, "left", target_size=(8, 8))
    texts = captions(pd.Series(list("xyz"), index=["a", "a", "b"]))
    records = pair(flow, texts, on_duplicates="sample", on_missing="mask").adapt()
    for name in ("image", "caption"):
        inputs = next(iter(records.mask_modality(name).batch(4, **options)))
        assert not inputs[f"{name}_present"].numpy().any()
        assert not inputs[name].numpy().any()


def test_arrays_of_floats_are_drawn_from(tmp_path):
    pictures = np.random.default_rng(0).uniform(0, 255, (6, 8, 8, 3)).astype("float32")
    flow = ImageStream().flow(pictures, keys=list("xxyyzz"))
    texts = captions(pd.Series(list("abcd"), index=list("xyzw")))
    records = pair(flow, texts, on_duplicates="sample", on_missing="mask").adapt()
    for cache in (False, True):
        inputs = next(iter(records.batch(4, cache=cache)))
        np.testing.assert_array_equal(inputs["image"][:3], pictures[::2])
        assert not inputs["image"][3].numpy().any()
