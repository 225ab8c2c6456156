"""Arrays have any number of channels, and `fit` learns anew of each kind of them."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, Preprocessor, pair
from keras_multimodal.export import saved_model
from keras_multimodal.schema import Image, Schema

Generator = tf.keras.preprocessing.image.ImageDataGenerator


def test_fit_learns_anew_of_other_channels_and_sizes(rng):
    stream = ImageStream(featurewise_std_normalization=True, zca_whitening=True)
    for shape in [(12, 6, 6, 3), (12, 6, 6, 1), (5, 6, 6, 3), (20, 4, 4, 1)]:
        pictures = rng.random(shape) * 255
        stream.fit(pictures)
        fresh = ImageStream(featurewise_std_normalization=True, zca_whitening=True)
        fresh.fit(pictures)
        np.testing.assert_array_equal(stream.standardize(pictures), fresh.standardize(pictures))
        assert next(stream.flow(pictures)).shape == shape
    with pytest.raises(ValueError, match=r"the 1 channels of those that `fit`.*: 3 channels"):
        stream.flow(np.zeros((2, 4, 4, 3)))
    with pytest.raises(ValueError, match=r"16 numbers. Received: 4 by 5 pixels of 1 channels"):
        stream.flow(np.zeros((2, 4, 5, 1)))


@pytest.mark.parametrize("channels", [2, 5, 10])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_arrays_have_any_number_of_channels(rng, channels, dtype):
    pictures = rng.integers(0, 256, (4, 6, 8, channels)).astype(dtype)
    stream = ImageStream(rescale=0.5, horizontal_flip=True, width_shift_range=[0])
    batch = next(stream.flow(pictures, shuffle=False))
    for found, picture in zip(batch, pictures * np.float32(0.5), strict=True):
        assert any(np.array_equal(found, each) for each in (picture, picture[:, ::-1]))


def test_what_no_file_holds_is_not_read_saved_or_exported(rng, tmp_path):
    flow = ImageStream().flow(rng.random((4, 6, 6, 2)), save_to_dir=tmp_path, save_format="jpeg")
    with pytest.raises(ValueError, match="`save_to_dir` must go with pictures of 1, 3 channels"):
        next(flow)
    schema = pair(flow).schema
    assert Schema.from_json(schema.to_json()) == schema
    inputs = keras.Input((6, 6, 2), name="image")
    model = keras.Model([inputs], keras.layers.Flatten()(inputs))
    with pytest.raises(ValueError, match="'image' has 2 channels, and no file"):
        saved_model(model, tmp_path / "model", schema)
    with pytest.raises(ValueError, match="`channels` must be 1, 3 or 4 for pictures in files"):
        Preprocessor(schema)({"image": [b"GIF89a"]})
    frame = pd.DataFrame({"file": ["a.png"]})
    made = ImageStream().from_dataframe(frame, "file", validate_filenames=False)
    with pytest.raises(ValueError, match="`channels` must be 1, 3 or 4 for pictures in files"):
        type(made)(Image(height=4, width=4, channels=2), ["a"], ["a.png"], "a list")
    with pytest.raises(ValueError, match="`channels` must be at least 1"):
        Image(height=4, width=4, channels=0)


def test_an_array_with_channels_first_is_described_by_its_own_schema(rng):
    flow = ImageStream(data_format="channels_first").flow(rng.random((4, 3, 6, 8)))
    assert pair(flow, schema=pair(flow).schema).columns[0].spec.shape == (3, 6, 8)


@pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies:UserWarning")
@pytest.mark.parametrize("rows", [5, 12, 13, 40])
def test_whitening_is_that_of_keras_whether_pictures_or_pixels_are_more(rng, rows):
    pictures = rng.random((rows, 2, 2, 3)).astype("float32") * 255
    settings = {"zca_whitening": True, "rescale": 1 / 255, "zca_epsilon": 1e-2}
    ours, theirs = ImageStream(**settings), Generator(**settings)
    ours.fit(tf.data.Dataset.from_tensor_slices(pictures).batch(5))
    theirs.fit(pictures)
    for picture in pictures[:3]:
        expected = theirs.standardize(picture.copy())
        np.testing.assert_allclose(ours.standardize(picture), expected, rtol=1e-3, atol=1e-3)
