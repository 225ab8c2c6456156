"""Datasets become frames: each value in its row, pictures in files, and nothing half-written."""

import io
import tracemalloc
import wave

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import AudioStream, SensorProcessor, TableProcessor, read_dataset
from keras_multimodal.data.sources.file_kinds import file_ending

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)


def encoded(format_, pixels=PIXELS[0]):
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, format_)
    return file.getvalue()


def wav():
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(np.arange(400, dtype="<i2").tobytes())
    return file.getvalue()


def slices(**columns):
    return tf.data.Dataset.from_tensor_slices(columns)


@pytest.mark.parametrize(
    ("dtype", "channels"), [("uint8", 1), ("uint8", 3), ("uint8", 4), ("uint16", 3)]
)
def test_pictures_are_written_pixel_for_pixel(tmp_path, dtype, channels, rng):
    pixels = rng.integers(0, np.iinfo(dtype).max + 1, (4, 6, 7, channels)).astype(dtype)
    frame = read_dataset(slices(photo=pixels), tmp_path / "new")
    assert frame["photo"].tolist() == [str(tmp_path / f"new/photo/{row}.png") for row in range(4)]
    for path, expected in zip(frame["photo"], pixels, strict=True):
        found = tf.io.decode_png(tf.io.read_file(path), dtype=dtype)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("jpg", encoded("JPEG")),
        ("png", encoded("PNG")),
        ("gif", encoded("GIF")),
        ("bmp", encoded("BMP")),
        ("webp", encoded("WEBP")),
        ("wav", wav()),
    ],
)
def test_encoded_files_are_written_byte_for_byte(tmp_path, ending, content):
    frame = read_dataset(slices(file=[content, b"", content]), tmp_path / "new")
    assert frame["file"].tolist() == [
        str(tmp_path / f"new/file/0.{ending}"),
        "",
        str(tmp_path / f"new/file/2.{ending}"),
    ]
    assert (tmp_path / f"new/file/2.{ending}").read_bytes() == content


@pytest.mark.parametrize(
    ("format_", "ending"), [("FLAC", ".flac"), ("OGG", ".ogg"), ("MP3", ".mp3")]
)
def test_other_recordings_are_known_by_what_soundfile_writes(format_, ending):
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(16000) / 9), 16000, format=format_)
    assert file_ending(file.getvalue()) == ending


@pytest.mark.parametrize(
    "text", ["BMW", "BM", "ID3 tags", "OggS is a mark", "fLaC", "GIF89a", "RIFF", "", "\x89PNG"]
)
def test_texts_that_begin_like_files_are_texts(text):
    frame = read_dataset(slices(name=[text, "other"]))
    assert frame["name"].tolist() == [text, "other"]
    assert file_ending(text.encode("utf-16")) is None


def test_numbers_texts_and_nested_dicts_are_cells_as_they_are():
    frame = read_dataset(
        slices(
            n=[1, 2**62 + 1],
            x=np.array([0.5, np.nan], "float32"),
            half=tf.constant([0.5, 2], tf.bfloat16),
            flag=[True, False],
            name=["Zoë", ""],
            box={"left": [1, 2], "more": {"top": [3, 4]}},
        )
    )
    assert frame["n"].tolist() == [1, 2**62 + 1]
    assert frame["x"][0] == 0.5
    assert np.isnan(frame["x"][1])
    assert frame["half"].tolist() == [0.5, 2.0]
    assert frame["flag"].tolist() == [True, False]
    assert frame["name"].tolist() == ["Zoë", ""]
    assert frame["box/left"].tolist() == [1, 2]
    assert frame["box/more/top"].tolist() == [3, 4]


def test_missing_numbers_keep_the_others_as_they_are():
    frame = read_dataset([{"n": 2**60 + 1, "x": 0.5}, {"n": None, "x": ""}])
    assert int(frame["n"][0]) == 2**60 + 1
    column = TableProcessor().from_dataframe(frame)
    assert column.spec.numeric == ("n", "x")


def test_series_are_arrays_that_the_sensor_processor_takes(rng):
    walks = rng.normal(size=(3, 8, 2)).astype("float32")
    frame = read_dataset(slices(id=["a", "b", "c"], walk=walks, one=walks[..., 0]), key="id")
    column = SensorProcessor().load_arrays(frame["walk"].iloc[::-1])
    assert column.keys == ["c", "b", "a"]
    np.testing.assert_array_equal(column.series[0], walks[2])
    single = SensorProcessor(sample_rate=2.0).load_arrays(
        frame["one"], times={key: np.arange(8) / 2 for key in "abc"}
    )
    np.testing.assert_allclose(single.series[1], walks[1, :, :1])


def test_series_of_different_lengths_may_be_empty():
    lengths = tf.data.Dataset.from_tensor_slices({"n": [3, 0, 2]})
    frame = read_dataset(lengths.map(lambda record: {"walk": tf.ones((record["n"], 2))}))
    assert [len(cell) for cell in frame["walk"]] == [3, 0, 2]
    assert SensorProcessor().load_arrays(frame["walk"]).present.tolist() == [True, False, True]


def test_several_texts_are_a_list_to_explode():
    captions = tf.ragged.constant([["red", "Zoë"], [], ["blue"]])
    frame = read_dataset(slices(id=["a", "b", "c"], caption=captions), key="id")
    assert frame["caption"].tolist() == [["red", "Zoë"], [], ["blue"]]
    assert frame["caption"].explode().dropna().to_dict() == {"a": "Zoë", "c": "blue"}


def test_lists_of_texts_and_paths_are_cells_too(tmp_path):
    records = [{"words": ["red", b"blue"], "file": tmp_path / "a.png"}, {"words": (), "file": ""}]
    frame = read_dataset(records)
    assert frame["words"].tolist() == [["red", "blue"], []]
    assert frame["file"].tolist() == [str(tmp_path / "a.png"), ""]


def test_keys_become_the_index_and_columns_are_chosen():
    dataset = slices(id=[7, 5], photo=PIXELS[:2], name=["x", "y"], video=np.zeros((2, 3, 4, 5, 3)))
    frame = read_dataset(dataset, key="id", columns=["name"])
    assert frame.index.tolist() == [7, 5]
    assert frame.index.name == "id"
    assert frame.columns.tolist() == ["name"]
    assert read_dataset(dataset, key="id", columns=["id"]).index.tolist() == [7, 5]


def test_labels_and_weights_have_columns_of_their_own():
    frame = read_dataset([({"a": 1}, "cat", 0.5), ({"a": 2}, "dog", 1.0)])
    assert frame.to_dict("list") == {
        "a": [1, 2],
        "label": ["cat", "dog"],
        "sample_weight": [0.5, 1.0],
    }


def test_pillows_pictures_and_torchs_tensors_are_taken(tmp_path):
    torch = pytest.importorskip("torch")
    records = [
        {"photo": Pillow.fromarray(PIXELS[0]), "walk": torch.arange(3.0)},
        {"photo": Pillow.fromarray(PIXELS[1, ..., 0]), "walk": torch.arange(2.0)},
    ]
    frame = read_dataset(records, tmp_path / "new")
    found = [tf.io.decode_png(tf.io.read_file(path)).numpy() for path in frame["photo"]]
    np.testing.assert_array_equal(found[0], PIXELS[0])
    np.testing.assert_array_equal(found[1], PIXELS[1, ..., :1])
    assert frame["walk"][1].tolist() == [0.0, 1.0]
    with pytest.raises(ValueError, match="of Pillow is of mode L, RGB or RGBA"):
        read_dataset([{"photo": Pillow.new("CMYK", (4, 4))}], tmp_path / "other")


class Batches(keras.utils.PyDataset):
    """Seven records in batches of three; the third part of each is `more`."""

    def __init__(self, *more):
        super().__init__()
        self.more = more

    def __len__(self):
        return 3

    def __getitem__(self, number):
        rows = np.arange(7)[3 * number :][:3]
        inputs = {
            "photo": PIXELS[rows % 5],
            "name": np.array([f"name {row}" for row in rows], object),
            "bytes": tf.constant([f"Zoë {row}" for row in rows]),
        }
        return (inputs, rows[:, None], *self.more) if self.more else inputs


def test_a_py_dataset_is_taken_apart_by_row(tmp_path):
    frame = read_dataset(Batches(None), tmp_path / "new")
    assert frame["name"].tolist() == [f"name {row}" for row in range(7)]
    assert frame["bytes"].tolist() == [f"Zoë {row}" for row in range(7)]
    assert frame["label"].tolist() == list(range(7))
    found = tf.io.decode_png(tf.io.read_file(frame["photo"][6]))
    np.testing.assert_array_equal(found, PIXELS[1])
    assert read_dataset(Batches(), columns=["name"]).columns.tolist() == ["name"]


class Lists(keras.utils.PyDataset):
    """One batch, of what it is given."""

    def __init__(self, **columns):
        super().__init__()
        self.columns = columns

    def __len__(self):
        return 1

    def __getitem__(self, number):
        return self.columns


def test_a_batch_may_be_of_lists_and_of_rows_of_many_lengths():
    walks = tf.ragged.constant([[1.0, 2.0], [3.0]])
    frame = read_dataset(Lists(name=["Zoë", "Rex"], walk=walks))
    assert frame["name"].tolist() == ["Zoë", "Rex"]
    assert [walk.tolist() for walk in frame["walk"]] == [[1.0, 2.0], [3.0]]


def test_a_part_of_a_batch_must_have_rows():
    with pytest.raises(ValueError, match=r"batches of arrays.*Received: 3 as 'n' in batch 0"):
        read_dataset(Lists(name=["Zoë"], n=3))


def test_parts_of_a_batch_must_be_of_one_length():
    with pytest.raises(ValueError, match=r"equally many rows.*'sample_weight': 2.* in batch 0"):
        read_dataset(Batches(np.ones(2)), columns=["name"])


def test_a_py_dataset_without_an_end_is_refused():
    class Endless(keras.utils.PyDataset):
        num_batches = None

    with pytest.raises(ValueError, match=r"must have an end.*`num_batches` is None"):
        read_dataset(Endless())


def test_a_recording_goes_to_an_audio_stream(tmp_path):
    frame = read_dataset(slices(id=["a"], sound=[wav()]), tmp_path / "new", key="id")
    flow = AudioStream(8000, 400).from_dataframe(frame, "sound")
    assert flow.keys == ["a"]
    samples = flow.cell_loader()(tf.constant(flow.cells[0]))
    np.testing.assert_allclose(np.ravel(samples[0])[:400], np.arange(400) / 32768, atol=1e-6)


@pytest.mark.parametrize(
    ("dataset", "options", "message"),
    [
        (
            slices(v=np.zeros((1, 2, 3, 3, 3), "uint8")),
            {},
            r"row 0 of column 'v'.*unbatch.*columns=",
        ),
        (slices(v=np.zeros((1, 3, 3, 3), "float32")), {}, "'v'.*uint8 or uint16.*float32 of shape"),
        (slices(v=np.zeros((1, 3, 3, 2), "uint8")), {}, "1, 3 or 4 channels"),
        (slices(v=np.zeros((1, 0, 3, 3), "uint8")), {}, r"row 0 of column 'v'.*\(0, 3, 3\)"),
        (slices(v=np.zeros((1, 3, 3), "uint8")), {}, "an axis for their channel"),
        (slices(v=tf.ragged.constant([[[1], [2, 3]]])), {}, "column 'v'.*RaggedTensor"),
        (slices(v=tf.sparse.eye(2)), {}, "column 'v'.*SparseTensor"),
        (slices(v=[[encoded("PNG")]]), {}, "row 0 of column 'v'.*Leave the column out"),
        (slices(v=[1 + 2j]), {}, "column 'v'.*complex"),
        ([{"v": object()}], {}, "column 'v'.*Received: object"),
        ([{"v": [[1, 2], [3]]}], {}, "column 'v'.*Received: list"),
        (
            [{"v": 1}, {"v": "one"}],
            {},
            "'v' must hold values of one kind.*texts in row 1 after num",
        ),
        ([{"v": 1}, {"w": 1}], {}, r"row 1 without \['v'\] and with \['w'\]"),
        ([{"a/b": 1, "a": {"b": 2}}], {}, "two of 'a/b' in element 0"),
        (slices(v=["fine", b"\xff\xfea"]), {}, "row 1 of column 'v' must be text in UTF-8"),
        (slices(v=[1]), {"columns": ["w"]}, r"`columns` must name columns.*\['v'\].*\['w'\]"),
        (slices(v=[1]), {"columns": "v"}, "`columns` must be a list"),
        (slices(v=[1]), {"key": "w"}, r"`key` must name columns.*\['v'\].*\['w'\]"),
        (slices(v=["x", "y", "x"]), {"key": "v"}, "`key`.*'x' in rows 0 and 2 of column 'v'"),
        (slices(v=["x", ""]), {"key": "v"}, "`key` must have no empty cell.*row 1"),
        (slices(v=[[1.0]]), {"key": "v"}, "`key`.*arrays in column 'v'"),
        (slices(v=[1]).take(0), {}, "at least one record"),
        ([], {}, "at least one record"),
        (slices(v=[1]).repeat(), {}, "must have an end.*take"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_left(tmp_path, dataset, options, message):
    with pytest.raises(ValueError, match=message):
        read_dataset(dataset, tmp_path / "in" / "new", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ("abc", "Received: str"),
        ({"a": [1]}, "Received: dict"),
        (3, "Received: int"),
        (tf.data.Dataset.range(2), "make dicts .* with `map`"),
        ([(1, 2)], r"a tuple of \(int, int\) as element 0"),
        ([{1: 2}], "keys are strings.*1, a int"),
    ],
)
def test_what_is_no_dataset_of_dicts_is_refused(dataset, message):
    with pytest.raises(TypeError, match=message):
        read_dataset(dataset)


def test_pictures_need_a_folder():
    with pytest.raises(ValueError, match=r"`directory` must be given.*pictures in column 'photo'"):
        read_dataset(slices(photo=PIXELS))


@pytest.mark.parametrize("name", ["../up", "/root", "a//b", "."])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    with pytest.raises(ValueError, match="names for its pictures"):
        read_dataset([{name: PIXELS[0]}], tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_an_interrupted_reading_leaves_nothing(tmp_path):
    def records():
        yield {"photo": PIXELS[0]}
        assert len(list(tmp_path.rglob("0.png"))) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_dataset(records(), tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_other_things_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="`directory` must be"):
            read_dataset(slices(photo=PIXELS), tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_is_overwritten_only_if_asked_for(tmp_path):
    read_dataset(slices(photo=PIXELS), tmp_path / "new")
    with pytest.raises(ValueError, match=r"`directory`.*overwrite=True"):
        read_dataset(slices(photo=PIXELS[:2]), tmp_path / "new")
    assert len(list(tmp_path.rglob("*.png"))) == 5
    read_dataset(slices(photo=PIXELS[:2]), tmp_path / "new", overwrite=True)
    assert len(list(tmp_path.rglob("*.png"))) == 2


def test_pictures_do_not_stay_in_memory(tmp_path):
    def records(count):
        for row in range(count):
            yield {"photo": np.full((256, 256, 3), row, np.uint8)}

    peaks = []
    for count in (10, 100):
        tracemalloc.start()
        read_dataset(records(count), tmp_path / str(count))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Ninety pictures more are 18 MB more; their paths are a few kilobytes.
    assert peaks[1] - peaks[0] < 256 * 256 * 3
