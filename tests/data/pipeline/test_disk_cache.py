"""What is decoded, kept on disk."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from disk_limits import no_file_above

from keras_multimodal._disk_space import FullDiskError
from keras_multimodal.data import ImageStream, TextProcessor, pair
from keras_multimodal.data.pipeline import row_reader


def decoded_rows(cache):
    """The files that hold a row each."""
    return [path for path in cache.glob("*/shard-*/*") if path.suffix != ".npy"]


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
    assert [path.name.split("-")[0] for path in (tmp_path / "kept").iterdir()] == ["image"]
    rows = decoded_rows(tmp_path / "kept")
    assert len(rows) == len(frame)
    times = {path: path.stat().st_mtime_ns for path in rows}
    again = records.batch(16, training=True, seed=2, cache=tmp_path / "kept")
    assert {path: path.stat().st_mtime_ns for path in decoded_rows(tmp_path / "kept")} == times
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
    assert len(decoded_rows(tmp_path / "kept")) == len(frame) + 1  # the others were not


def test_two_parts_share_a_folder(frame, folder, tmp_path):
    train, test = records_of(frame, folder).split(test=0.25)
    for part in (train, test):
        cached = rows_of(part.batch(8, cache=tmp_path))
        assert_alike(cached, rows_of(part.batch(8)))
    assert len(decoded_rows(tmp_path)) == len(frame)
    whole = records_of(frame, folder)  # of whose rows all are there
    assert_alike(rows_of(whole.batch(8, cache=tmp_path)), rows_of(whole.batch(8)))
    assert len(decoded_rows(tmp_path)) == len(frame)


def test_another_preprocessing_lies_beside(frame, folder, tmp_path):
    small = ImageStream().flow_from_dataframe(frame, folder, "file", target_size=(4, 5))
    for records in (records_of(frame, folder), pair(small, labels=frame["category"])):
        for _ in range(2):
            cached = rows_of(records.batch(8, cache=tmp_path))
            assert_alike(cached, rows_of(records.batch(8)))
    assert len(list(tmp_path.iterdir())) == 2


def test_absent_rows_stay_absent(frame, folder, tmp_path):
    frame.loc["k3", "file"] = None
    records = records_of(frame, folder, on_missing="mask")
    cached = rows_of(records.batch(16, cache=tmp_path))
    assert_alike(cached, rows_of(records.batch(16)))
    assert not cached[0][0]["image_present"][3]


def test_nothing_half_written_is_left_where_a_file_cannot_be_read(
    frame, folder, tmp_path, monkeypatch
):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for file in folder.iterdir():
        (pictures / file.name).write_bytes(file.read_bytes())
    (pictures / "39.png").write_bytes(b"no picture")
    records = records_of(frame, pictures)
    monkeypatch.setattr(row_reader, "_PART", 16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row k39 could not be read"):
        records.batch(16, cache=tmp_path / "kept")
    (cache,) = (tmp_path / "kept").iterdir()
    shards = list(cache.iterdir())
    assert [path.name.startswith("shard-") for path in shards] == [True, True]  # whole ones
    times = [path.stat().st_mtime_ns for path in shards]
    (pictures / "39.png").write_bytes((folder / "39.png").read_bytes())
    found = rows_of(records_of(frame, pictures).batch(16, cache=tmp_path / "kept"))
    assert_alike(found, rows_of(records_of(frame, folder).batch(16)))
    assert [path.stat().st_mtime_ns for path in shards] == times


def test_a_file_that_has_gone_is_named_by_its_row(frame, folder, tmp_path):
    frame.loc["k5", "file"] = "gone.png"
    images = ImageStream().flow_from_dataframe(frame, folder, "file", validate_filenames=False)
    records = pair(images, labels=frame["category"])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row k5 could not be read"):
        records.batch(16, cache=tmp_path)


def test_a_file_is_no_folder_to_cache_in(frame, folder, tmp_path):
    (tmp_path / "cache").write_text("mine")
    with pytest.raises(ValueError, match=r"`cache` must be a folder.*cache'"):
        records_of(frame, folder).batch(16, cache=tmp_path / "cache")


def test_what_was_cut_off_is_named(frame, folder, tmp_path):
    records = records_of(frame, folder)
    records.batch(16, cache=tmp_path)
    (digests,) = tmp_path.glob("*/*/digests.npy")
    digests.write_bytes(digests.read_bytes()[:100])
    with pytest.raises(ValueError, match=rf"{digests.parent.name} must be a whole shard.*Remove"):
        records.batch(16, cache=tmp_path)


def test_a_file_of_the_cache_that_is_not_what_was_written_is_named(frame, folder, tmp_path):
    records = records_of(frame, folder).select_modalities("image")
    dataset = records.batch(16, cache=tmp_path)
    expected = rows_of(dataset)
    kept = next(path for path in decoded_rows(tmp_path) if path.name == "7")
    content = kept.read_bytes()
    for changed in (bytes([content[0] ^ 4]) + content[1:], content[:100], b""):
        kept.write_bytes(changed)
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            rows_of(dataset)
        message = caught.value.message
        assert f"Row k7 could not be read: image from its cache, {kept}. What is kept" in message
        assert str(folder) not in message
    shutil.rmtree(kept.parent)  # as the message says
    records.batch(16, cache=tmp_path)
    assert_alike(rows_of(dataset), expected)


def test_a_cache_without_room_is_named(frame, folder, tmp_path):
    records = records_of(frame, folder)
    with (
        pytest.raises(FullDiskError, match=r"image-\w+' could not be written.*Make room"),
        no_file_above(100),
    ):
        records.batch(16, cache=tmp_path)
    assert [list(path.iterdir()) for path in tmp_path.iterdir()] == [[]]
