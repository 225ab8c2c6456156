"""What is decoded, kept on disk."""

import os

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, TextProcessor, pair


def records_of(frame, folder, **options):
    images = ImageStream(horizontal_flip=True, rescale=1 / 255).flow_from_dataframe(
        frame, folder, "file", target_size=(10, 12)
    )
    texts = TextProcessor(length=4).from_dataframe(frame, "name")
    return pair(images, texts, labels=frame["category"], **options).adapt()


def rows_of(dataset):
    return [tf.nest.map_structure(lambda t: t.numpy(), batch) for batch in dataset]


def assert_alike(one, two):
    for a, b in zip(one, two, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, a, b)


def test_batches_are_those_without_a_cache_and_files_are_read_once(frame, folder, tmp_path):
    records = records_of(frame, folder)
    plain = rows_of(records.batch(16, training=True, seed=2))
    first = records.batch(16, training=True, seed=2, cache=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.name.startswith("image-")
    assert len(list(kept.iterdir())) == len(frame)
    times = {file: file.stat().st_mtime_ns for file in kept.iterdir()}
    again = records.batch(16, training=True, seed=2, cache=tmp_path / "kept")
    assert {file: file.stat().st_mtime_ns for file in kept.iterdir()} == times
    assert_alike(plain, rows_of(first))
    assert_alike(plain, rows_of(again))


def test_the_files_are_not_read_again(frame, folder, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for file in folder.iterdir():
        (pictures / file.name).write_bytes(file.read_bytes())
    dataset = records_of(frame, pictures).batch(16, cache=tmp_path / "kept")
    expected = rows_of(records_of(frame, folder).batch(16))
    for file in pictures.iterdir():
        file.unlink()
    assert_alike(rows_of(dataset), expected)


def test_what_has_changed_is_read_anew(frame, folder, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for file in folder.iterdir():
        (pictures / file.name).write_bytes(file.read_bytes())
    before = rows_of(records_of(frame, pictures).batch(16, cache=tmp_path / "kept"))
    (pictures / "0.png").write_bytes((pictures / "1.png").read_bytes())
    after = rows_of(records_of(frame, pictures).batch(16, cache=tmp_path / "kept"))
    assert not np.array_equal(before[0][0]["image"][0], after[0][0]["image"][0])
    np.testing.assert_array_equal(after[0][0]["image"][0], after[0][0]["image"][1])
    assert_alike(before[1:], after[1:])


def test_two_parts_share_a_folder(frame, folder, tmp_path):
    train, test = records_of(frame, folder).split(test=0.25)
    for part in (train, test):
        kept = rows_of(part.batch(8, cache=tmp_path))
        assert_alike(kept, rows_of(part.batch(8)))
    assert len(list(tmp_path.iterdir())) == 2


def test_absent_rows_stay_absent(frame, folder, tmp_path):
    frame.loc["k3", "file"] = None
    records = records_of(frame, folder, on_missing="mask")
    kept = rows_of(records.batch(16, cache=tmp_path))
    assert_alike(kept, rows_of(records.batch(16)))
    assert not kept[0][0]["image_present"][3]


def test_nothing_half_written_is_left_where_a_file_cannot_be_read(frame, folder, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for file in folder.iterdir():
        (pictures / file.name).write_bytes(file.read_bytes())
    (pictures / "39.png").write_bytes(b"no picture")
    records = records_of(frame, pictures)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row k39 could not be read"):
        records.batch(16, cache=tmp_path / "kept")
    assert os.listdir(tmp_path / "kept") == []


def test_a_file_that_has_gone_is_named_by_its_row(frame, folder, tmp_path):
    frame.loc["k5", "file"] = "gone.png"
    images = ImageStream().flow_from_dataframe(frame, folder, "file", validate_filenames=False)
    records = pair(images, labels=frame["category"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row k5 could not be read"):
        records.batch(16, cache=tmp_path)
