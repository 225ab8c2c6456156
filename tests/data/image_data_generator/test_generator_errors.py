"""Bad arguments raise what they raise in Keras' `ImageDataGenerator`, with a message of ours."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import ImageStream

Generator = tf.keras.preprocessing.image.ImageDataGenerator

X = np.zeros((4, 8, 8, 3), "float32")
Y = np.arange(4)


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    """A folder of two classes, and the frame that names its pictures."""
    root = tmp_path_factory.mktemp("pets")
    for label in "ab":
        (root / label).mkdir()
        for row in range(3):
            Pillow.fromarray(np.zeros((8, 8, 3), "uint8")).save(root / label / f"{row}.png")
    names = [f"{label}/{row}.png" for label in "ab" for row in range(3)]
    frame = pd.DataFrame({"filename": names, "class": list("aaabbb"), "word": ["x"] * 6})
    return root, frame


def _refused_alike(function):
    """The error that Keras raises; ours must be of its type."""
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - which one is what is compared
        function(Generator)
    with pytest.raises(theirs.type, match=r"Received|unexpected keyword"):
        function(ImageStream)


@pytest.mark.parametrize(
    "arguments",
    [
        {"data_format": "x"},
        {"validation_split": 1.5},
        {"validation_split": -1},
        {"zoom_range": (1, 2, 3)},
        {"zoom_range": ("a", "b")},
        {"brightness_range": 1},
        {"brightness_range": (1, 2, 3)},
        {"nonsense": 1},
    ],
    ids=str,
)
def test_of_the_class(arguments):
    _refused_alike(lambda cls: cls(**arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": np.zeros((4, 8, 8))},
        {"x": X, "y": Y[:3]},
        {"x": X, "sample_weight": [1, 2]},
        {"x": X, "subset": "x"},
        {"x": (X, Y[:3])},
    ],
    ids=["rank", "y", "weights", "subset", "tuple"],
)
def test_of_flow(arguments):
    _refused_alike(lambda cls: cls().flow(**arguments))


@pytest.mark.parametrize(
    "arguments",
    [
        {"directory": "/nowhere"},
        {"class_mode": "x"},
        {"color_mode": "x"},
        {"subset": "x"},
    ],
    ids=str,
)
def test_of_flow_from_directory(pets, arguments):
    root, _ = pets
    _refused_alike(lambda cls: cls().flow_from_directory(**{"directory": str(root), **arguments}))


@pytest.mark.parametrize(
    "arguments",
    [
        {"class_mode": "x"},
        {"color_mode": "x"},
        {"subset": "x"},
        {"weight_col": "word"},
        {"class_mode": "multi_output"},
        {"y_col": ["class", "word"], "class_mode": "categorical"},
    ],
    ids=str,
)
def test_of_flow_from_dataframe(pets, arguments):
    root, frame = pets
    _refused_alike(lambda cls: cls().flow_from_dataframe(frame, str(root), **arguments))


@pytest.mark.parametrize("argument", ["x_col", "y_col", "weight_col"])
def test_a_column_that_is_not_there_is_named(pets, argument):
    """Keras raises a bare KeyError."""
    root, frame = pets
    with pytest.raises(ValueError, match=rf"`{argument}` must name a column of the frame.*'zz'"):
        ImageStream().flow_from_dataframe(frame, root, **{argument: "zz"})


def test_of_the_methods():
    _refused_alike(lambda cls: cls(featurewise_center=True).fit(np.zeros((8, 8, 3))))
    _refused_alike(lambda cls: cls().apply_transform(X[0, 0], {"theta": 3.0}))


@pytest.mark.parametrize(
    "arguments",
    [{"fill_mode": "x"}, {"interpolation_order": 9}, {"dtype": "float16"}],
    ids=str,
)
def test_what_keras_does_not_notice_is_refused_too(arguments):
    Generator(**arguments)
    with pytest.raises(ValueError, match="must be"):
        ImageStream(**arguments)
