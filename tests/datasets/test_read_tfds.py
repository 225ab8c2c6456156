"""Data sets of tensorflow-datasets, from the prepared files to a batch."""

import string

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from etils import epath

from keras_multimodal.data import ImageStream, TextProcessor, pair, read_tfds
from keras_multimodal.datasets import OpenMoji

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3), dtype=np.uint8)

NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    """The folder of a small data set with features of many kinds."""
    folder = tmp_path_factory.mktemp("prepared_pets")
    features = tfds.features.FeaturesDict(
        {
            "photo": tfds.features.Image(encoding_format="jpeg"),
            "mask": tfds.features.Image(shape=(None, None, 1)),
            "depth": tfds.features.Image(shape=(None, None, 1), dtype=np.float32),
            "kind": tfds.features.ClassLabel(names=["cat", "dog"]),
            "about": {"other": tfds.features.ClassLabel(num_classes=4)},
            "things": tfds.features.Sequence(
                {"what": tfds.features.ClassLabel(names=["ball", "bone"])}
            ),
            "frames": tfds.features.Video(shape=(2, 5, 6, 3)),
            "name": tfds.features.Text(),
        }
    )
    rows = {
        "photo": PIXELS,
        "mask": PIXELS[..., :1],
        "depth": PIXELS[..., :1].astype("float32"),
        "kind": [1, -1, 0],
        "about": {"other": [3, 2, 1]},
        "things": {"what": tf.ragged.constant([[1, 0], [], [0]], dtype=tf.int64)},
        "frames": np.stack([PIXELS[:2]] * 3),
        "name": ["Zoë", "", "Rex"],
    }
    tfds.dataset_builders.store_as_tfds_dataset(
        "many_pets",
        "1.0.0",
        features,
        {"train": tf.data.Dataset.from_tensor_slices(rows)},
        data_dir=folder,
        disable_shuffling=True,
    )
    return folder


def test_icons_go_from_tensorflow_datasets_to_a_batch(prepared_icons, tmp_path):
    frame = read_tfds("open_moji", "test", tmp_path / "icons", data_dir=prepared_icons)
    assert len(frame) == 476
    assert frame.index.is_unique
    decoded = tfds.load("open_moji", split="test", data_dir=prepared_icons)
    names = tfds.builder("open_moji", data_dir=prepared_icons).info.features["category"]
    expected = {example["key"].decode(): example for example in decoded.as_numpy_iterator()}

    images = ImageStream().flow_from_dataframe(
        frame, x_col="image", target_size=(72, 72), y_col="category"
    )
    texts = TextProcessor(length=8).from_dataframe(
        frame.sample(frac=1, random_state=0), column="name"
    )
    records = pair(images, texts, labels=frame["category"])
    assert records.keys == frame.index.tolist()
    train, _ = records.split(test=0.2)
    batch, targets = next(iter(train.batch(32)))
    vocabulary = ["", "[UNK]", *train.schema["text"].vocabulary]
    for row, key in enumerate(train.keys[:32]):
        example = expected[frame.loc[key, "key"]]
        np.testing.assert_array_equal(batch["image"][row], example["image"])
        assert train.target.classes[int(targets[row])] == names.int2str(example["category"])
        words = [vocabulary[number] for number in batch["text"][row].numpy() if number]
        plain = example["name"].decode().lower().translate(NO_PUNCTUATION)
        assert words == plain.split()[:8]


def test_files_stay_as_they_are_stored_and_classes_have_names(pets, tmp_path):
    columns = ["photo", "mask", "kind", "about/other", "things/what", "name"]
    frame = read_tfds("many_pets", "train", tmp_path / "new", data_dir=pets, columns=columns)
    assert frame.columns.tolist() == columns
    assert frame.index.tolist() == [
        f"many_pets-train.tfrecord-00000-of-00001__{n}" for n in range(3)
    ]
    decoded = tfds.load("many_pets", split="train", data_dir=pets)
    for row, example in enumerate(decoded.as_numpy_iterator()):
        photo = tf.io.decode_jpeg(tf.io.read_file(frame["photo"].iloc[row]))
        np.testing.assert_array_equal(photo, example["photo"])
        mask = tf.io.decode_png(tf.io.read_file(frame["mask"].iloc[row]))
        np.testing.assert_array_equal(mask, PIXELS[row, ..., :1])
    assert frame["kind"].tolist() == ["dog", None, "cat"]
    assert frame["about/other"].tolist() == ["3", "2", "1"]
    assert frame["things/what"].tolist() == [["bone", "ball"], [], ["ball"]]
    assert frame["name"].tolist() == ["Zoë", "", "Rex"]


@pytest.mark.parametrize("column", ["depth", "frames"])
def test_what_no_cell_can_hold_is_named(pets, tmp_path, column):
    with pytest.raises(ValueError, match=f"column '{column}'.*columns="):
        read_tfds("many_pets", "train", tmp_path / "new", data_dir=pets, columns=[column])


def test_recordings_that_are_kept_as_files_stay_files(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "b.flac", np.sin(np.arange(800) / 9), 8000)
    sound = tfds.features.Audio(file_format="flac", dtype=np.int32, lazy_decode=True)
    samples = tfds.features.Audio(sample_rate=8000)
    tfds.dataset_builders.store_as_tfds_dataset(
        "sounds",
        "1.0.0",
        tfds.features.FeaturesDict({"sound": sound, "samples": samples}),
        {"train": [(0, {"sound": tmp_path / "b.flac", "samples": np.arange(5)})]},
        data_dir=tmp_path,
    )
    frame = read_tfds("sounds", "train", tmp_path / "new", data_dir=tmp_path)
    written = tmp_path / "new" / "sound" / "0.flac"
    assert frame["sound"].tolist() == [str(written)]
    assert written.read_bytes() == (tmp_path / "b.flac").read_bytes()
    assert frame["samples"].iloc[0].tolist() == [0, 1, 2, 3, 4]


def test_other_keys_are_taken_and_parts_of_splits(pets):
    choice = {"data_dir": pets, "columns": ["name"]}
    frame = read_tfds("many_pets", "train[1:]", key=None, **choice)
    assert frame.index.tolist() == [0, 1]
    frame = read_tfds("many_pets", "train[2:]", key="name", **choice)
    pd.testing.assert_index_equal(frame.index, pd.Index(["Rex"], name="name"))


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        ("no_such_pets", "train", "`name` must be a data set .*import the builder.*'no_such_pets'"),
        ("many_pets", "tset", "Unknown split 'tset'"),
        ("open_moji:9.9.9", "train", "9.9.9"),
    ],
)
def test_wrong_names_are_named(pets, name, split, message):
    with pytest.raises(ValueError, match=message):
        read_tfds(name, split, data_dir=pets)


def test_records_may_be_sequences_of_dicts(tmp_path):
    tfds.dataset_builders.store_as_tfds_dataset(
        "numbers",
        "1.0.0",
        tfds.features.Sequence({"what": tfds.features.ClassLabel(names=["ball", "bone"])}),
        {"train": [(0, {"what": [1, 0, 1]})]},
        data_dir=tmp_path,
    )
    frame = read_tfds("numbers", "train", data_dir=tmp_path, key=None)
    assert frame["what"].tolist() == [["bone", "ball", "bone"]]


class TwoPets(tfds.core.GeneratorBasedBuilder):
    """A data set that needs no network."""

    VERSION = tfds.core.Version("1.0.0")
    pkg_dir_path = epath.Path(__file__).parent  # or it looks for the package that this file is in

    def _info(self):
        features = tfds.features.FeaturesDict({"name": tfds.features.Text()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        yield from ((row, {"name": name}) for row, name in enumerate(["Zoë", "Rex"]))


def test_what_is_not_prepared_is_prepared_first(tmp_path):
    frame = read_tfds("two_pets", "train", data_dir=tmp_path)
    assert sorted(frame["name"]) == ["Rex", "Zoë"]
    again = read_tfds("two_pets", "train", data_dir=tmp_path, download=False)
    pd.testing.assert_frame_equal(again, frame)


def test_a_split_is_a_string(pets):
    with pytest.raises(TypeError, match="`split` must be a string"):
        read_tfds("many_pets", None, data_dir=pets)


def test_what_is_not_prepared_says_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"'open_moji' must .*download=True.*copy"):
        read_tfds("open_moji", "train", data_dir=tmp_path, download=False)

    def fail(*_):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(OpenMoji, "_split_generators", fail)
    with pytest.raises(RuntimeError, match=r"ConnectionError: no route.*want of a network.*copy"):
        read_tfds("open_moji", "train", data_dir=tmp_path)
