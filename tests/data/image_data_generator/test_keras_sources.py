"""What Keras has itself: its generator, its preprocessing layers, datasets to learn from."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import ImageStream, pair

Generator = tf.keras.preprocessing.image.ImageDataGenerator

pytestmark = [
    pytest.mark.filterwarnings("ignore:Please import `affine_transform` from:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies:UserWarning"),
]


@pytest.fixture(scope="module")
def pictures():
    """Pictures of noise, no two alike, `(12, 16, 16, 3)`."""
    return np.random.default_rng(0).integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "settings",
    [
        {"rescale": 1 / 255, "horizontal_flip": True, "rotation_range": 20, "fill_mode": "reflect"},
        {"zoom_range": 0.2, "width_shift_range": [1, 2], "brightness_range": (0.5, 1.5)},
        {"featurewise_center": True},
        {"featurewise_std_normalization": True, "rescale": 1 / 255},
        {"zca_whitening": True, "zca_epsilon": 1e-2},
        {"samplewise_std_normalization": True, "preprocessing_function": lambda x: 255.0 - x},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_a_real_generator_becomes_a_column_that_does_the_same(pictures, settings):
    theirs = Generator(**settings)
    small = pictures[:, ::4, ::4]
    theirs.fit(small.astype("float32"))
    ours = ImageStream.from_generator(theirs)
    for picture in small[:3]:
        expected = theirs.standardize(picture.astype("float32"))
        np.testing.assert_allclose(ours.standardize(picture), expected, rtol=1e-3, atol=1e-3)
    for name, value in settings.items():
        if hasattr(ours.augmentation, name) and name != "zoom_range":
            found = getattr(ours.augmentation, name)
            assert found == (tuple(value) if isinstance(value, list) else value)
    batch = next(iter(ours.flow(small).batch(4)))
    np.testing.assert_allclose(batch[0], ours.standardize(small[0]), rtol=1e-3, atol=1e-3)


def test_a_generator_without_fit_has_learned_nothing(pictures):
    column = ImageStream.from_generator(Generator(featurewise_center=True, validation_split=0.25))
    assert column.flow(pictures, subset="validation").samples == 3
    with pytest.raises(ValueError, match="`fit` must be called first"):
        column.standardize(pictures[0])


def test_only_a_generator_is_one():
    with pytest.raises(TypeError, match="`generator` must be a keras"):
        ImageStream.from_generator(ImageStream())


LAYERS = {
    "flip": lambda: keras.layers.RandomFlip("horizontal"),
    "rand_augment": lambda: keras.layers.RandAugment(value_range=(0, 255)),
    "pipeline": lambda: keras.layers.Pipeline(
        [keras.layers.RandomRotation(0.1), keras.layers.RandomBrightness(0.3)]
    ),
    "nested": lambda: [
        keras.layers.Pipeline([keras.layers.RandomFlip("vertical")]),
        keras.layers.RandomBrightness(0.3),
    ],
    "list": lambda: [keras.layers.RandomZoom(0.3), keras.layers.RandomContrast(0.5)],
    "sequential": lambda: keras.Sequential([keras.layers.RandomTranslation(0.2, 0.2)]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_keras_layers_change_training_batches_alike_for_a_seed(pictures, name):
    column = ImageStream(augment=LAYERS[name]())
    flow = column.flow(pictures)

    def batches(**options):
        options = {"training": True, "shuffle": False, **options}
        dataset = flow.batch(6, **options)
        return [np.concatenate([b.numpy() for b in dataset]) for _ in range(2)]

    first, second = batches(seed=4)
    again, _ = batches(seed=4, num_parallel_calls=1)
    other, _ = batches(seed=5)
    plain, _ = batches(training=False)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(plain, pictures)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, plain)
    assert 0 <= first.min() <= first.max() <= 255.5


def test_the_user_s_layer_keeps_its_own_random_numbers(pictures):
    layer = keras.layers.RandomFlip("horizontal", seed=1)
    generator = layer.generator
    next(iter(ImageStream(augment=layer).flow(pictures).batch(6, training=True)))
    assert layer.generator is generator


def test_layers_that_change_the_shape_are_refused(pictures):
    flow = ImageStream(augment=keras.layers.RandomCrop(8, 8)).flow(pictures)
    with pytest.raises(ValueError, match="`augment` must keep the pictures' shape"):
        flow.batch(6, training=True)


def test_what_is_no_layer_is_refused(pictures):
    with pytest.raises(TypeError, match="`augment` must be Keras layers"):
        ImageStream(augment=[lambda x: x]).flow(pictures)


@pytest.mark.parametrize("with_targets", [False, True])
def test_fit_learns_from_a_dataset_as_from_an_array(pictures, with_targets):
    ours, streamed = (ImageStream(featurewise_std_normalization=True) for _ in range(2))
    ours.fit(pictures)
    dataset = tf.data.Dataset.from_tensor_slices(pictures).batch(5)
    if with_targets:
        dataset = dataset.map(lambda images: (images, tf.zeros([])))
    streamed.fit(dataset)
    np.testing.assert_allclose(
        streamed.standardize(pictures), ours.standardize(pictures), rtol=1e-5, atol=1e-5
    )


def test_fit_refuses_an_empty_dataset_and_another_rank(pictures):
    column = ImageStream(featurewise_center=True)
    dataset = tf.data.Dataset.from_tensor_slices(pictures)
    with pytest.raises(ValueError, match="`x` must have rank 4"):
        column.fit(dataset)
    with pytest.raises(ValueError, match="at least one picture"):
        column.fit(dataset.batch(4).take(0))
    with pytest.raises(
        ValueError, match=r"'image' must have at least one picture.* in `x` of `fit`"
    ):
        column.fit(pictures[:0])
    flow = column.flow_from_dataframe(pd.DataFrame({"file": [None]}), ".", "file", optional=True)
    with pytest.raises(ValueError, match=r"'image' must have at least one.*in the training rows"):
        flow.column.adapt()


@pytest.fixture
def album(tmp_path, pictures):
    for row, picture in enumerate(pictures):
        Pillow.fromarray(picture).save(tmp_path / f"{row}.png")
    return tmp_path


def test_lists_of_pictures_become_columns_that_are_absent_where_there_are_fewer(album, pictures):
    cells = [["0.png", "1.png"], ["2.png"], [], ["3.png", "4.png", "5.png"], None]
    frame = pd.DataFrame({"photos": cells, "kind": list("ababa")}, index=list("wxyzv"))
    flows = ImageStream().flows_from_dataframe(frame, "photos", album, target_size=(16, 16))
    records = pair(*flows, labels=frame["kind"], on_missing="drop")
    assert records.keys == ["w", "x", "z"]
    assert set(records.report.dropped) == {"y", "v"}
    inputs, _ = next(iter(records.batch(3)))
    assert inputs["image_1_present"].numpy().tolist() == [True, False, True]
    np.testing.assert_array_equal(inputs["image_0"], pictures[[0, 2, 3]])
    np.testing.assert_array_equal(inputs["image_2"][2], pictures[5])
    assert not inputs["image_1"][1].numpy().any()


def test_columns_of_pictures_may_change_alike(album):
    frame = pd.DataFrame({"left": ["0.png", "1.png"], "right": ["0.png", "1.png"]})
    column = ImageStream(rotation_range=40)
    alike, apart = (
        pair(
            *column.flows_from_dataframe(
                frame, ["left", "right"], album, alike=alike, name="eye", target_size=(16, 16)
            )
        )
        for alike in (True, False)
    )
    both = next(iter(alike.batch(2, training=True)))
    np.testing.assert_array_equal(both["eye_0"], both["eye_1"])
    both = next(iter(apart.batch(2, training=True)))
    assert not np.array_equal(both["eye_0"], both["eye_1"])


@pytest.mark.parametrize(
    ("cells", "count", "error", "message"),
    [
        (["0.png"], None, TypeError, r"one of lists of file names. Received: '0.png' in row 0"),
        ([["0.png", "1.png"]], 1, ValueError, "Received: count=1, and 2 pictures in row 0"),
        ([[]], None, ValueError, "of at least one"),
    ],
)
def test_wrong_lists_are_refused(album, cells, count, error, message):
    frame = pd.DataFrame({"photos": cells})
    with pytest.raises(error, match=message):
        ImageStream().flows_from_dataframe(frame, "photos", album, count=count)


def test_lists_of_classes_become_a_one_for_each_as_in_keras(album):
    files = ["0.png", "1.png", "2.png", "3.png"]
    frame = pd.DataFrame(
        {"filename": files, "class": [["cat", "pet"], ["dog", "pet"], ["cat"], "wolf"]}
    )
    ours = ImageStream().flow_from_dataframe(frame, album, target_size=(16, 16))
    theirs = Generator().flow_from_dataframe(
        frame, str(album), target_size=(16, 16), shuffle=False, batch_size=4
    )
    assert ours.class_indices == theirs.class_indices
    images, targets = next(iter(ours.batch(4)))
    expected_images, expected = theirs[0]
    np.testing.assert_array_equal(targets, expected)
    np.testing.assert_array_equal(images, expected_images)


def test_lists_of_classes_are_refused_where_there_can_be_only_one_and_paired(album):
    frame = pd.DataFrame({"filename": ["0.png", "1.png"], "class": [["cat", "pet"], ["dog"]]})
    with pytest.raises(ValueError, match="'categorical' takes lists"):
        ImageStream().flow_from_dataframe(frame, album, class_mode="sparse")
    flow = ImageStream().flow_from_dataframe(frame, album)
    records = pair(flow, labels=flow.labels)
    assert records.target.classes == ("cat", "dog", "pet")
    assert records.labels.tolist() == [[1, 0, 1], [0, 1, 0]]
