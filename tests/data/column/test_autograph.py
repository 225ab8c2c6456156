"""AutoGraph converts the user's functions, wherever they are taken, and none of the package's."""

import contextlib
import functools
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import (
    AudioStream,
    Column,
    ImageStream,
    SensorProcessor,
    TableProcessor,
    TextProcessor,
    pair,
)
from keras_multimodal.schema import Text

KEYS = [f"k{row}" for row in range(6)]
EVERY_MOVE = {
    "rotation_range": 20,
    "width_shift_range": 0.1,
    "horizontal_flip": True,
    "brightness_range": (0.5, 1.5),
}


@contextlib.contextmanager
def conversions():
    """The names of the functions that run as AutoGraph has written them, in files of its own."""
    names = set()

    def note(frame, event, argument):
        code = frame.f_code
        if "__autograph_generated_file" in code.co_filename and code.co_name.startswith("tf__"):
            names.add(code.co_name.removeprefix("tf__"))

    sys.setprofile(note)
    try:
        yield names
    finally:
        sys.setprofile(None)


def invert_dark(picture):
    if tf.reduce_mean(picture) < 100.0:
        return 255.0 - picture
    return picture


def scale_dark(factor, picture):
    if tf.reduce_mean(picture) < 100.0:
        picture = picture * factor
    return picture


class InvertDark:
    """A callable of a class."""

    def __call__(self, picture):
        return invert_dark(picture)


def pictures():
    """Two pictures, a dark and a bright one."""
    return np.stack([np.full((4, 5, 3), level, "uint8") for level in (10, 200)])


def everything(folder, frame, write_recording):
    """Records of every modality with all their changes, one of them absent in a row."""
    frame = frame.iloc[:6].set_axis(KEYS)
    frame["sound"] = [write_recording(folder, row) for row in range(6)]
    frame.loc["k2", "file"] = ""
    images = ImageStream(**EVERY_MOVE).flow_from_dataframe(
        frame, folder, "file", target_size=(10, 12), optional=True
    )
    sounds = AudioStream(
        8_000,
        500,
        gain=(-6.0, 6.0),
        noise_snr=(5.0, 20.0),
        time_shift=0.01,
        time_stretch=(0.8, 1.2),
        frequency_mask=500.0,
        time_mask=0.01,
    ).from_dataframe(frame, "sound", folder)
    series = SensorProcessor(jitter=0.1, scaling=0.1, time_warp=0.1, channel_drop=0.2)
    series = series.load_arrays({key: np.ones((8, 2)) * row for row, key in enumerate(KEYS)})
    texts = TextProcessor(length=3, word_dropout=0.1).from_dataframe(frame, "name")
    table = TableProcessor().from_dataframe(frame, categorical=["category"])
    columns = (images, sounds, series, texts, table)
    return pair(*columns, labels=frame["category"], on_missing="mask").adapt()


@pytest.fixture
def write_recording():
    """Writes a short WAV file, and returns its name."""

    def write(folder, row):
        samples = tf.cast(tf.range(400)[:, None] * (row + 1), tf.float32) / 5_000
        (folder / f"{row}.wav").write_bytes(tf.audio.encode_wav(samples, 8_000).numpy())
        return f"{row}.wav"

    return write


def test_nothing_of_the_package_is_converted(folder, frame, write_recording, tmp_path):
    with conversions() as names:
        records = everything(folder, frame, write_recording)
        for options in ({"buckets": {"text": (2,), "sensor": (4,)}}, {"cache": True}):
            records.batch(4, training=True, **options)
        records.verify()
        stream = ImageStream(featurewise_center=True)
        flow = stream.flow(pictures())
        flow.column.adapt()
        stream.fit(flow)
        flow = stream.flow(pictures(), [0, 1], save_to_dir=tmp_path)
        flow.batch(2)
        next(flow)
        assert records.columns[3].truncated().count == 0
    assert names == set()


def test_of_what_the_pipeline_calls_the_users_function_alone_is_converted():
    with conversions() as names:
        ImageStream(preprocessing_function=invert_dark).flow(pictures()).batch(2)
    assert names == {"invert_dark"}


@pytest.mark.parametrize(
    ("function", "levels"),
    [
        (invert_dark, [245, 200]),
        (InvertDark(), [245, 200]),
        (InvertDark().__call__, [245, 200]),
        (functools.partial(scale_dark, 2.0), [20, 200]),
        (tf.function(invert_dark), [245, 200]),
        (keras.layers.Rescaling(0.5), [5, 100]),
    ],
    ids=["function", "callable", "method", "partial", "graph", "layer"],
)
def test_a_preprocessing_function_may_branch_on_tensors(function, levels):
    flow = ImageStream(preprocessing_function=function).flow(pictures())
    batch = next(iter(flow.batch(2)))
    np.testing.assert_array_equal(batch[:, 0, 0, 0], levels)


def test_a_preprocessing_function_draws_what_it_drew_without_the_pipeline():
    """It is not made a graph of its own, whose random numbers would be others."""

    def noisy(picture):
        if tf.reduce_mean(picture) < 100.0:
            picture = picture + tf.random.uniform([])
        return picture

    tf.random.set_seed(3)
    given = tf.constant(pictures(), tf.float32)
    wanted = tf.data.Dataset.from_tensors(given).map(
        lambda images: tf.map_fn(noisy, images, fn_output_signature=tf.float32)
    )
    wanted = next(iter(wanted))
    tf.random.set_seed(3)
    flow = ImageStream(preprocessing_function=noisy).flow(pictures())
    np.testing.assert_array_equal(next(iter(flow.batch(2))), wanted)


class Lengths(Column):
    """Words to how long they are, by functions with branches; each test overrides some."""

    def batch_finisher(self, batch_size, training):
        def finish(loaded, seeds):
            return tf.strings.length(loaded)[:, None] * tf.ones([1, 2], tf.int32)

        return finish


def shout(cell):
    if tf.strings.length(cell) > 2:
        return cell + "!"
    return cell


class OwnLoader(Lengths):
    """With a `cell_loader`, of which `Column` makes the rest."""

    def cell_loader(self):
        return shout


class OwnRowLoader(Lengths):
    """With a `row_loader`."""

    def row_loader(self):
        cells = tf.constant(self.cells.tolist())
        return lambda row: shout(cells[row])


class OwnRandomRowLoader(OwnRowLoader):
    """With a loader by row and seed."""

    def random_row_loader(self):
        cells = tf.constant(self.cells.tolist())
        return lambda row, seed: shout(cells[row])


class OwnFinisher(OwnLoader):
    """With a `batch_finisher` whose loop and whose branch are on tensors."""

    def batch_finisher(self, batch_size, training):
        finish = super().batch_finisher(batch_size, training)

        def add(loaded, seeds):
            ids = finish(loaded, seeds)
            for _ in tf.range(3):
                ids += 1
            if tf.reduce_max(ids) < 5:
                ids *= 0
            return ids

        return add


class OwnRows(OwnLoader):
    """With `source_rows` that turn around what begins with the first row."""

    def source_rows(self, rows, seeds):
        if rows[0] == 0:
            rows = rows[::-1]
        return rows


class OwnTransform(Column):
    """With a transform, of which `Column` makes the loader and the finisher."""

    @property
    def transform(self):
        class Shouting(tf.Module):
            def blank(self):
                return tf.constant("")

            def load(self, cell):
                return shout(cell)

            def finish(self, loaded):
                ids = tf.strings.length(loaded)[:, None] * tf.ones([1, 2], tf.int32)
                if tf.reduce_max(ids) > 100:
                    ids *= 0
                return ids

        return Shouting()


def word_lengths(column, **options):
    """What a column of the user's makes of two words and a gap."""
    spec = Text(name="word", length=2, vocabulary=("a",), optional=True)
    words = column(spec, ["a", "b", "c"], ["ab", "abcde", ""], "a list")
    others = TextProcessor(length=1, vocabulary=["x"]).load_data(dict.fromkeys("abc", "x"))
    batches = pair(words, others).batch(3, shuffle=False, **options)
    return [row for inputs in batches for row in inputs["word"][:, 0].numpy().tolist()]


@pytest.mark.parametrize(
    ("column", "lengths"),
    [
        (OwnLoader, [2, 6, 0]),
        (OwnRowLoader, [2, 6, 0]),
        (OwnRandomRowLoader, [2, 6, 0]),
        (OwnFinisher, [5, 9, 0]),
        (OwnRows, [0, 6, 0]),
        (OwnTransform, [2, 6, 0]),
    ],
)
def test_a_column_of_the_users_may_branch_on_tensors(column, lengths):
    assert word_lengths(column, training=True) == lengths


@pytest.mark.parametrize("options", [{"cache": True}, {"buckets": {"word": (1,)}}], ids=str)
def test_it_may_where_rows_are_read_beforehand(options):
    assert word_lengths(OwnFinisher, **options) == [5, 9, 0]


class Files(Column):
    """Files of a word each."""

    reads_files = True

    def blank(self):
        return tf.constant(0)

    def cell_loader(self):
        return lambda path: tf.strings.length(shout(tf.io.read_file(path)))

    def batch_finisher(self, batch_size, training):
        return lambda loaded, seeds: loaded[:, None] * tf.ones([1, 2], tf.int32)


def test_files_of_a_column_of_the_users_are_read_and_verified(tmp_path):
    (tmp_path / "word").write_text("abcde")
    spec = Text(name="word", length=2, vocabulary=("a",))
    records = pair(Files(spec, ["a"], [str(tmp_path / "word")], "a list")).verify()
    for cache in (False, tmp_path / "kept"):
        batch = records.batch(1, cache=cache).get_single_element()
        assert batch["word"].numpy().tolist() == [[6, 6]]


class Flaky(Files):
    """Files on a disk that fails once."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.reads = 0

    def cell_loader(self):
        def read(path):
            self.reads += 1
            if self.reads == 1:
                raise ValueError("no answer from the disk")
            return np.int32(5)

        return lambda path: tf.ensure_shape(tf.numpy_function(read, [path], tf.int32), ())


def test_a_file_that_is_read_only_the_second_time_is_said_to_be(tmp_path):
    (tmp_path / "word").write_text("abcde")
    spec = Text(name="word", length=2, vocabulary=("a",))
    records = pair(Flaky(spec, ["a"], [str(tmp_path / "word")], "a list"))
    with pytest.raises(ValueError, match=r"row 'a'.*word' could be read only the second time"):
        records.verify()
    records.verify()
