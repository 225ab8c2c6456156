"""Files that cannot be read, weights, balance, folds and views: nothing without a count."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, TextProcessor, pair


@pytest.fixture
def spoiled(folder, frame, tmp_path):
    """The frame with paths, of which three cannot be read, and why each cannot."""
    frame["file"] = [str(folder / name) for name in frame["file"]]
    whole = (folder / "3.png").read_bytes()
    for name, content in (("cut", whole[:60]), ("text", b"a cat"), ("empty", b"")):
        (tmp_path / f"{name}.png").write_bytes(content)
    frame.loc[["k3", "k9", "k20"], "file"] = [
        str(tmp_path / f"{name}.png") for name in ("cut", "text", "empty")
    ]
    return frame


def paired(frame, **arguments):
    images = ImageStream().flow_from_dataframe(
        frame, x_col="file", target_size=(10, 12), validate_filenames=False
    )
    texts = TextProcessor(length=2).from_dataframe(frame, column="name")
    return pair(images, texts, labels=frame["category"], **arguments).adapt()


def test_unreadable_files_can_be_dropped_and_are_named(spoiled):
    records = paired(spoiled, on_error="drop")
    assert len(records) == len(spoiled) - 3
    assert records.report.dropped == ("k3", "k9", "k20")
    reasons = records.report.unreadable["image"]
    assert list(reasons) == ["k3", "k9", "k20"]
    assert "cut.png" in reasons["k3"]
    assert "cannot be decoded" in reasons["k9"]
    assert "has 0 bytes" in reasons["k20"]
    assert records.report.missing == {"image": (), "text": ()}
    assert "unreadable image: 3 ('k3', 'k9', 'k20')" in str(records.report)
    assert json.loads(records.report.to_json())["unreadable"]["image"][0][0] == "k3"
    assert sum(len(labels) for _, labels in records.batch(8)) == len(records)


def test_unreadable_files_can_be_masked_and_are_counted(spoiled):
    records = paired(spoiled, on_error="mask")
    assert len(records) == len(spoiled)
    assert records.report.matched == len(spoiled) - 3
    inputs, _ = records.batch(len(spoiled)).get_single_element()
    absent = ~inputs["image_present"].numpy()
    assert np.array(records.keys)[absent].tolist() == ["k3", "k9", "k20"]
    assert not inputs["image"].numpy()[absent].any()
    assert "text_present" not in inputs


def test_a_missing_file_is_unreadable_where_names_are_not_validated(frame, folder):
    frame["file"] = [str(folder / name) for name in frame["file"]]
    frame.loc["k5", "file"] = str(folder / "gone.png")
    records = paired(frame, on_error="drop")
    assert records.report.dropped == ("k5",)
    assert "is not there" in records.report.unreadable["image"]["k5"]


def texts(rows, **arguments):
    data = {f"k{row}": f"w{row}" for row in range(rows)}
    return TextProcessor(length=1, **arguments).load_data(data)


def test_weights_come_third_and_by_key():
    weights = {f"k{row}": row / 2 for row in range(9)}
    records = pair(texts(10), labels=[0, 1] * 5, sample_weight=weights).adapt()
    chosen = records.select(["k7", "k2", "k9"])
    _, labels, found = chosen.batch(3).get_single_element()
    assert labels.numpy().tolist() == [1, 0, 1]
    assert found.numpy().tolist() == [3.5, 1.0, 1.0]  # k9 has none, and counts once
    assert found.dtype == tf.float32


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_wrong_weights_are_refused(weight):
    with pytest.raises(ValueError, match=r"`sample_weight` must hold finite numbers.*row 'k1'"):
        pair(texts(2), labels=[0, 1], sample_weight={"k1": weight})


def test_balancing_repeats_the_rows_of_rare_classes_evenly():
    labels = [0] * 50 + [1] * 20 + [2] * 3
    records = pair(texts(73), labels=labels).adapt()
    dataset = records.batch(16, training=True, balance=True)
    assert dataset.cardinality() == -(-150 // 16)
    counts = []
    for _ in range(2):
        ids = np.concatenate([inputs["text"].numpy()[:, 0] for inputs, _ in dataset])
        numbers = np.concatenate([labels.numpy() for _, labels in dataset])
        assert np.bincount(numbers).tolist() == [50, 50, 50]
        rows = pd.Series(ids).value_counts()
        assert len(rows) == 73
        assert sorted(set(rows)) == [1, 2, 3, 16, 17]
        counts.append(ids)
    assert (counts[0] != counts[1]).any()
    with pytest.raises(ValueError, match="`balance` must go with labels"):
        pair(texts(3)).adapt().batch(balance=True)


@pytest.mark.parametrize("seed", range(3))
def test_each_row_is_a_validation_row_once(seed):
    records = pair(texts(60), labels=[0, 1, 2] * 20)
    seen = []
    for train, validation in records.folds(4, seed=seed):
        assert len(validation) == 15
        assert np.bincount(validation.labels).tolist() == [5, 5, 5]
        assert set(train.keys).isdisjoint(validation.keys)
        assert set(train.schema["text"].vocabulary) == {f"w{key[1:]}" for key in train.keys}
        seen += validation.keys
    assert sorted(seen) == sorted(records.keys)


def test_too_many_folds_are_refused():
    with pytest.raises(ValueError, match="count=5 for 3 rows in 3 groups"):
        next(pair(texts(3)).folds(5))
    with pytest.raises(ValueError, match="`count` must be at least 2"):
        next(pair(texts(3)).folds(1))


def two_pictures(folder, frame, **views):
    stream = ImageStream(horizontal_flip=True, rotation_range=30)
    columns = [
        stream.from_dataframe(frame, "file", folder, target_size=(10, 12), name=name)
        for name in ("left", "right")
    ]
    return pair(*(each.with_view(views.get(each.spec.name, each.spec.name)) for each in columns))


def test_views_change_alike_when_asked_and_else_apart(folder, frame):
    batch = next(iter(two_pictures(folder, frame, left="v", right="v").batch(40, training=True)))
    np.testing.assert_array_equal(batch["left"], batch["right"])
    batch = next(iter(two_pictures(folder, frame).batch(40, training=True)))
    differ = (batch["left"].numpy() != batch["right"].numpy()).any(axis=(1, 2, 3))
    assert differ.mean() > 0.9


def test_what_is_cached_is_what_is_read(folder, frame):
    records = paired(frame.assign(file=[str(folder / name) for name in frame["file"]]))
    for options in ({}, {"training": True}, {"training": True, "balance": True}):
        plain, cached = records.batch(16, **options), records.batch(16, cache=True, **options)
        assert plain.element_spec == cached.element_spec
        for first, second in zip([*plain, *plain], [*cached, *cached], strict=True):
            tf.nest.map_structure(np.testing.assert_array_equal, first, second)


def test_a_cache_needs_the_files_only_once(folder, frame, tmp_path):
    (tmp_path / "a.png").write_bytes((folder / "1.png").read_bytes())
    records = paired(frame.assign(file=str(tmp_path / "a.png")))
    dataset = records.batch(16, cache=True)
    (tmp_path / "a.png").unlink()
    assert sum(len(labels) for _, labels in dataset) == len(records)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Row k\d+ .*a\.png"):
        records.batch(16, cache=True)
