"""Image columns read folders and frames in `ImageDataGenerator`'s terms, or say what is wrong."""

import inspect
import os
import shutil

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, pair


@pytest.fixture
def tree(folder, tmp_path):
    """The pictures sorted into folders by class, 20 each."""
    for row in range(40):
        target = tmp_path / ("cat" if row < 20 else "dog")
        target.mkdir(exist_ok=True)
        shutil.copy(folder / f"{row}.png", target)
    return tmp_path


def test_arguments_have_the_names_and_defaults_of_keras():
    keras_class = tf.keras.preprocessing.image.ImageDataGenerator
    for ours, theirs in [
        (ImageStream.__init__, keras_class.__init__),
        (ImageStream.flow_from_directory, keras_class.flow_from_directory),
        (ImageStream.flow_from_dataframe, keras_class.flow_from_dataframe),
    ]:
        theirs = inspect.signature(theirs).parameters
        for name, parameter in inspect.signature(ours).parameters.items():
            if parameter.kind is not parameter.KEYWORD_ONLY:
                assert parameter.default == theirs[name].default, name


def test_a_folder_gives_classes_filenames_and_keys(tree):
    flow = ImageStream().flow_from_directory(tree, target_size=(10, 12))
    assert flow.class_names == ["cat", "dog"]
    assert flow.class_indices == {"cat": 0, "dog": 1}
    assert flow.samples == 40
    assert flow.keys[0] == flow.filenames[0] == os.path.join("cat", "0.png")
    assert flow.labels[os.path.join("dog", "25.png")] == "dog"
    stems = ImageStream().flow_from_directory(tree, key="stem")
    assert set(stems.keys) == {str(row) for row in range(40)}
    dogs = ImageStream().flow_from_directory(tree, classes=["dog"], class_mode="sparse")
    assert dogs.class_names == ["dog"]
    assert set(dogs.keys) == {os.path.join("dog", f"{row}.png") for row in range(20, 40)}
    with pytest.raises(ValueError, match=r"`key` must be 'path' or 'stem'.*key='name'"):
        ImageStream().flow_from_directory(tree, key="name")


def test_a_column_of_a_frame_gives_pictures_without_targets(folder, frame):
    options = {"target_size": (10, 12), "color_mode": "grayscale"}
    column = ImageStream(rescale=0.5).from_dataframe(frame, "file", folder, **options)
    flow = ImageStream(rescale=0.5).flow_from_dataframe(
        frame, folder, "file", class_mode=None, **options
    )
    assert column.spec == flow.spec
    for found, expected in zip(pair(column).batch(16), flow.batch(16), strict=True):
        np.testing.assert_array_equal(found["image"], expected)


@pytest.mark.parametrize(
    "options", [{"y_col": "category"}, {"class_mode": "sparse"}, {"seed": 1}, {"save_prefix": "p"}]
)
def test_a_column_has_no_batches_of_its_own(folder, frame, options):
    (name,) = options
    with pytest.raises(ValueError, match=f"`{name}` must go with a flow.*flow_from_dataframe"):
        ImageStream().from_dataframe(frame, "file", folder, **options)


@pytest.mark.parametrize("class_mode", [None, "input"])
def test_a_test_set_has_no_column_of_classes(folder, frame, class_mode):
    arguments = {"x_col": "file", "y_col": None, "class_mode": class_mode, "target_size": (10, 12)}
    flow = ImageStream(rescale=0.5).flow_from_dataframe(frame[["file"]], folder, **arguments)
    assert flow.labels is None
    generator = tf.keras.preprocessing.image.ImageDataGenerator(rescale=0.5)
    theirs = generator.flow_from_dataframe(
        frame[["file"]], str(folder), shuffle=False, batch_size=16, **arguments
    )
    for place, ours in enumerate(flow.batch(16)):
        expected = theirs[place]
        for tensor, array in zip(
            tf.nest.flatten(ours), [expected] if class_mode is None else expected, strict=True
        ):
            np.testing.assert_allclose(tensor, array, atol=1e-5)


def test_a_flow_has_a_word_of_its_own_for_one_hot(folder, frame):
    flow = ImageStream().flow_from_dataframe(frame, folder, "file", "category")
    with pytest.raises(ValueError, match="`one_hot` must be left out: a flow's `class_mode`"):
        flow.batch(one_hot=True)


@pytest.mark.parametrize("class_mode", ["categorical", "sparse", "binary", "raw", "multi_output"])
def test_a_target_wants_its_column(folder, frame, class_mode):
    with pytest.raises(ValueError, match=f"`y_col` must name .*None, class_mode='{class_mode}'"):
        ImageStream().flow_from_dataframe(frame, folder, "file", y_col=None, class_mode=class_mode)


@pytest.mark.parametrize("class_mode", ["categorical", "sparse", "binary", None])
def test_a_flow_alone_gives_batches_as_keras_does(tree, class_mode):
    arguments = {"target_size": (10, 12), "class_mode": class_mode}
    flow = ImageStream(rescale=0.5).flow_from_directory(tree, **arguments)
    generator = tf.keras.preprocessing.image.ImageDataGenerator(rescale=0.5)
    theirs = generator.flow_from_directory(tree, shuffle=False, batch_size=32, **arguments)
    batches = list(flow.batch(32))
    assert len(batches) == len(theirs)
    for place, ours in enumerate(batches):
        expected = theirs[place]
        for tensor, array in zip(
            tf.nest.flatten(ours), [expected] if class_mode is None else expected, strict=True
        ):
            np.testing.assert_array_equal(tensor, array)


def test_subsets_are_those_of_keras(tree):
    generator = tf.keras.preprocessing.image.ImageDataGenerator(validation_split=0.3)
    column = ImageStream(validation_split=0.3)
    found = {}
    for subset in ("training", "validation"):
        flow = column.flow_from_directory(tree, subset=subset)
        theirs = generator.flow_from_directory(tree, subset=subset, shuffle=False)
        assert list(flow.filenames) == theirs.filenames
        found[subset] = set(flow.keys)
    assert found["training"].isdisjoint(found["validation"])


def test_keys_come_from_the_index_or_a_column(folder, frame):
    assert ImageStream().flow_from_dataframe(frame, folder, "file").keys[:2] == ["k0", "k1"]
    by_name = ImageStream().flow_from_dataframe(frame, folder, "file", key="name")
    assert by_name.keys[0] == "word0 number0"


def test_missing_cells_are_rows_without_a_picture(folder, frame):
    frame.loc[["k1", "k2", "k3"], "file"] = [None, float("nan"), ""]
    flow = ImageStream().flow_from_dataframe(frame, folder, "file", optional=True)
    assert np.flatnonzero(~flow.column.present).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"validation_split": 1.5}, "`validation_split` must be strictly between 0 and 1"),
        ({"zoom_range": (1, 2, 3)}, "`zoom_range` must be a tuple or list of two floats"),
        ({"brightness_range": 0.5}, "`brightness_range` must be a tuple or list of two floats"),
        ({"fill_mode": "mirror"}, "`fill_mode` must be one of.*'mirror'"),
    ],
)
def test_wrong_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageStream(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x_col": "path"}, ValueError, r"`x_col` must name a column.*'file'.*x_col='path'"),
        ({"y_col": "kind"}, ValueError, "`y_col` must name a column.*y_col='kind'"),
        ({"key": "id"}, ValueError, "`key` must name a column.*key='id'"),
        ({"directory": "nowhere"}, FileNotFoundError, "`directory` must be a folder.*'nowhere'"),
        ({"color_mode": "cmyk"}, ValueError, "`color_mode` must be one of.*'cmyk'"),
        ({"class_mode": "fuzzy"}, ValueError, "`class_mode` must be one of.*'fuzzy'"),
        ({"subset": "test"}, ValueError, "`subset` must be.*'test'"),
        ({"subset": "training"}, ValueError, "`subset` must go with a `validation_split`"),
        ({"interpolation": "magic"}, ValueError, "`interpolation` must be one of.*'magic'"),
        ({"y_col": "category", "classes": ["a"]}, ValueError, r"`classes`.*without \['b', 'c'\]"),
    ],
)
def test_wrong_arguments_are_refused(folder, frame, arguments, error, message):
    with pytest.raises(error, match=message):
        ImageStream().flow_from_dataframe(
            frame, **{"directory": folder, "x_col": "file", **arguments}
        )


def test_missing_and_empty_files_are_named_with_their_rows(folder, frame, tmp_path):
    frame.loc["k4", "file"] = "lost.png"
    with pytest.raises(FileNotFoundError, match=r"1 that is not.*'k4'.*lost\.png"):
        ImageStream().flow_from_dataframe(frame, folder, "file")
    (tmp_path / "empty.png").touch()
    frame.loc["k4", "file"] = str(tmp_path / "empty.png")
    with pytest.raises(ValueError, match=r"0 bytes.*'k4'.*empty\.png"):
        ImageStream().flow_from_dataframe(frame, folder, "file")


def test_cells_that_are_no_strings_are_refused(folder, frame):
    frame["file"] = range(len(frame))
    with pytest.raises(TypeError, match=r"'file' must hold strings.*0, a int, in row 'k0'"):
        ImageStream().flow_from_dataframe(frame, folder, "file")


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="`directory` must have a sub-folder for each class"):
        ImageStream().flow_from_directory(tmp_path)


def test_a_row_without_a_class_is_of_none(folder, frame):
    frame.loc[["k0", "k3"], "category"] = [None, float("nan")]
    flow = ImageStream().flow_from_dataframe(frame, folder, "file", "category", target_size=(4, 4))
    assert flow.class_names == ["a", "b", "c"]
    assert flow.classes[:4].tolist() == [-1, 1, 2, -1]
    with pytest.raises(ValueError, match=r"label.*'k0', 'k3'"):
        flow.batch(8)
    records = pair(flow, labels=flow.labels, on_missing="drop")
    assert records.report.unlabeled == ("k0", "k3")


def test_a_flow_without_classes_says_how_to_get_them(folder, frame):
    flow = ImageStream().flow_from_dataframe(frame, folder, "file")
    assert flow.labels is None
    assert (flow.class_names, flow.class_indices) == ([], {})
    assert (flow.classes == -1).all()
    with pytest.raises(ValueError, match="`y_col` must name the frame's column of classes"):
        flow.batch(8)
    (images, _) = pair(flow, labels=frame["category"]).batch(40).get_single_element()
    assert images["image"].shape == (40, 256, 256, 3)


@pytest.mark.parametrize("size", [5, 10])
def test_the_first_of_several_unreadable_rows_is_named_without_a_remainder(tmp_path, size):
    names = [f"{row}.png" for row in range(10)]
    for row, name in enumerate(names):
        content = tf.io.encode_png(np.zeros((4, 4, 3), "uint8")).numpy()
        (tmp_path / name).write_bytes(b"no picture" if row in (8, 9) else content)
    frame = pd.DataFrame({"file": names})
    flow = ImageStream().flow_from_dataframe(frame, tmp_path, "file", target_size=(4, 4))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row 8 could not be read"):
        list(pair(flow).batch(size, drop_remainder=True))


def test_balance_needs_one_class_for_each_row(folder, frame):
    flow = ImageStream().flow_from_dataframe(frame, folder, "file", class_mode=None)
    with pytest.raises(ValueError, match="`balance` must go with one class for each row"):
        flow.batch(4, balance=True)
