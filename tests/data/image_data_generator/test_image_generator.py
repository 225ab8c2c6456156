"""`ImageStream` is `ImageDataGenerator`: same arguments, same pixels, same statistics."""

import inspect

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal import tasks
from keras_multimodal.data import ImageStream, Preprocessor, pair
from keras_multimodal.export import saved_model
from keras_multimodal.schema import Schema

Generator = tf.keras.preprocessing.image.ImageDataGenerator

# Keras' own class uses an old name of SciPy's, and says what overrides what.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Please import `affine_transform` from:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This ImageDataGenerator specifies:UserWarning"),
]


@pytest.fixture(scope="module")
def icons(shared_icons):
    """Real pictures, `(40, 32, 32, 3)`."""
    files = sorted((shared_icons() / "icons").iterdir())[::47][:40]
    return np.stack([np.asarray(Pillow.open(file).resize((32, 32))) for file in files])


@pytest.mark.parametrize(
    "method",
    [
        "__init__",
        "flow",
        "flow_from_directory",
        "flow_from_dataframe",
        "fit",
        "standardize",
        "get_random_transform",
        "apply_transform",
        "random_transform",
    ],
)
def test_no_argument_is_missing_or_has_another_place_or_default(method):
    ours = inspect.signature(getattr(ImageStream, method)).parameters.values()
    theirs = inspect.signature(getattr(Generator, method)).parameters.values()
    places = [p for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
    wanted = [p for p in theirs if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in places] == [p.name for p in wanted]
    assert [p.default for p in places] == [p.default for p in wanted]


def test_every_public_method_is_there():
    public = {name for name in vars(Generator) if not name.startswith("_")}
    assert not public - set(dir(ImageStream))


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", ["nearest", "reflect", "constant", "wrap"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"theta": 25.0},
        {"tx": 3.0, "ty": -2.0},
        {"tx": 2.4, "ty": -1.7},
        {"shear": 20.0},
        # Places right between two pixels, as 0.8 makes them, go where rounding takes them.
        {"zx": 0.83, "zy": 1.21},
        {"theta": -40.0, "tx": 1.5, "ty": 2.0, "shear": 10.0, "zx": 1.1, "zy": 0.9},
        {"channel_shift_intensity": 40.0, "flip_horizontal": True},
        {"brightness": 0.6, "flip_vertical": True, "theta": 5.0},
    ],
    ids=lambda parameters: "-".join(parameters),
)
def test_pixels_agree(icons, order, fill_mode, parameters):
    settings = {"fill_mode": fill_mode, "cval": 99.0, "interpolation_order": order}
    ours, theirs = ImageStream(**settings), Generator(**settings)
    for picture in icons[:4]:
        found = ours.apply_transform(picture, parameters)
        expected = theirs.apply_transform(picture.astype("float32"), parameters)
        if order == 0 and "brightness" not in parameters:
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_allclose(found, expected, atol=1)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rescale": 1 / 255},
        {"samplewise_center": True},
        {"samplewise_std_normalization": True, "rescale": 1 / 255},
        {"featurewise_center": True},
        {"featurewise_std_normalization": True, "rescale": 1 / 255},
        {"preprocessing_function": lambda x: 255.0 - x, "rescale": 0.5},
        {"samplewise_std_normalization": True, "featurewise_std_normalization": True},
    ],
    ids=lambda settings: "-".join(settings) or "plain",
)
def test_standardize_is_that_of_keras(icons, settings):
    ours, theirs = ImageStream(**settings), Generator(**settings)
    if ours.statistics.center:
        ours.fit(icons)
        theirs.fit(icons.astype("float32"))
    for picture in icons[:5]:
        expected = theirs.standardize(picture.astype("float32"))
        np.testing.assert_allclose(ours.standardize(picture), expected, rtol=2e-4, atol=2e-4)


def test_whitening_is_that_of_keras(icons):
    small = icons[:, ::4, ::4]
    ours = ImageStream(zca_whitening=True, zca_epsilon=1e-3, rescale=1 / 255)
    theirs = Generator(zca_whitening=True, zca_epsilon=1e-3, rescale=1 / 255)
    ours.fit(small)
    theirs.fit(small.astype("float32"))
    for picture in small[:5]:
        expected = theirs.standardize(picture.astype("float32"))
        np.testing.assert_allclose(ours.standardize(picture), expected, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    "settings",
    [
        {"featurewise_std_normalization": True, "rescale": 1 / 255},
        {"zca_whitening": True, "rescale": 1 / 255},
        {"samplewise_std_normalization": True, "data_format": "channels_first"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_is_learned_is_part_of_the_description_and_served(icons, settings, tmp_path):
    small = icons[:, ::4, ::4]
    frame = pd.DataFrame({"file": [f"{row}.png" for row in range(40)]})
    for row, picture in enumerate(small):
        Pillow.fromarray(picture).save(tmp_path / f"{row}.png")
    flow = ImageStream(**settings).flow_from_dataframe(frame, tmp_path, "file", target_size=(8, 8))
    records = pair(flow, labels=[row % 2 for row in range(40)])
    train, test = records.split(test=0.25)
    schema = train.schema
    assert Schema.from_json(schema.to_json()) == schema
    fitted = ImageStream(**settings)
    if fitted.statistics.center:
        fitted.fit(small[[int(key) for key in train.keys]])
    batch, _ = test.batch(10).get_single_element()
    expected = np.stack(
        [
            fitted.standardize(
                np.moveaxis(small[key], -1, 0) if settings.get("data_format") else small[key]
            )
            for key in test.keys
        ]
    )
    np.testing.assert_allclose(batch["image"], expected, rtol=1e-2, atol=1e-2)
    raw = {"image": [(tmp_path / f"{key}.png").read_bytes() for key in test.keys]}
    np.testing.assert_allclose(
        Preprocessor(schema)(raw)["image"], batch["image"], rtol=1e-3, atol=1e-3
    )


def test_fit_learns_the_same_of_a_flow_and_of_an_array(icons):
    of_array = ImageStream(featurewise_std_normalization=True)
    of_array.fit(icons)
    of_flow = ImageStream(featurewise_std_normalization=True)
    of_flow.fit(of_flow.flow(icons))
    picture = icons[0]
    np.testing.assert_allclose(of_array.standardize(picture), of_flow.standardize(picture))
    changed = ImageStream(featurewise_center=True, brightness_range=(0.5, 0.5))
    changed.fit(icons, augment=True, rounds=2, seed=0)
    np.testing.assert_allclose(
        changed.standardize(picture * 0.0)[0, 0], -icons.mean((0, 1, 2)) / 2, rtol=0.02
    )


def test_statistics_that_were_not_learned_are_asked_for(icons):
    column = ImageStream(featurewise_center=True)
    with pytest.raises(ValueError, match="`fit` must be called first"):
        column.standardize(icons[0])
    with pytest.raises(ValueError, match="has no statistics yet"):
        column.flow(icons).batch(8)
    with pytest.raises(ValueError, match="`fit` must go with `featurewise_center`"):
        ImageStream().fit(icons)
    with pytest.raises(ValueError, match="`x` must have rank 4"):
        column.fit(icons[0])


def test_random_transforms_repeat_with_their_seed(icons):
    column = ImageStream(rotation_range=30, shear_range=10, channel_shift_range=20, zoom_range=0.2)
    first = column.random_transform(icons[0], seed=5)
    np.testing.assert_array_equal(column.random_transform(icons[0], seed=5), first)
    assert (column.random_transform(icons[0], seed=6) != first).any()
    assert (column.random_transform(icons[0]) != column.random_transform(icons[0])).any()
    drawn = column.get_random_transform((32, 32, 3), seed=5)
    assert set(drawn) == set(Generator().get_random_transform((32, 32, 3)))
    np.testing.assert_array_equal(column.apply_transform(icons[0], drawn), first)
    with pytest.raises(ValueError, match=r"must be among .*\['rotation'\]"):
        column.apply_transform(icons[0], {"rotation": 3})


def test_arrays_flow_with_targets_weights_and_subsets(icons):
    targets = np.arange(40) % 4
    column = ImageStream(validation_split=0.25, rescale=1 / 255)
    theirs = Generator(validation_split=0.25, rescale=1 / 255)
    for subset in ("training", "validation"):
        flow = column.flow(icons, targets, sample_weight=targets / 2, subset=subset)
        expected = theirs.flow(
            icons, targets, sample_weight=targets / 2, subset=subset, shuffle=False
        )
        for place, (images, found, weights) in enumerate(flow.batch()):
            wanted = expected[place]
            np.testing.assert_allclose(images, wanted[0], rtol=1e-6)
            np.testing.assert_array_equal(found, wanted[1])
            # Keras takes the weights of the first rows, whichever the subset.
            np.testing.assert_allclose(weights, found / 2)
    with pytest.raises(ValueError, match="the same targets in both subsets"):
        column.flow(icons, np.arange(40) // 10, subset="training")
    with pytest.raises(ValueError, match="as many rows as the rest"):
        column.flow(icons, targets[:3])
    with pytest.raises(ValueError, match="`x` must be pictures of rank 4"):
        column.flow(icons[..., 0])


def test_an_array_can_be_paired_and_withheld(icons):
    from keras_multimodal.data import TextProcessor

    texts = TextProcessor(length=1, vocabulary=["x"]).load_data(["x"] * 40)
    records = pair(ImageStream().flow(icons / 1.0), texts, on_missing="mask")
    batch = next(iter(records.mask_modality("image", 0.5).batch(40)))
    absent = ~batch["image_present"].numpy()
    assert absent.sum() == 20
    assert not batch["image"].numpy()[absent].any()
    np.testing.assert_array_equal(batch["image"].numpy()[~absent], icons[~absent])


@pytest.mark.parametrize("mode", ["raw", "multi_output", "input"])
def test_other_targets(folder, frame, mode):
    frame = frame.assign(a=np.arange(40.0), b=np.arange(40)[::-1] % 3, w=0.5)
    columns = {"input": "category", "raw": "a", "multi_output": ["a", "b"]}[mode]
    arguments = {
        "x_col": "file",
        "y_col": columns,
        "class_mode": mode,
        "weight_col": "w",
        "target_size": (10, 12),
    }
    flow = ImageStream().flow_from_dataframe(frame, folder, **arguments)
    theirs = Generator().flow_from_dataframe(frame, str(folder), shuffle=False, **arguments)
    expected = theirs[0]
    found = next(iter(flow.batch(32)))
    for tensor, array in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(tensor, array)
    shuffled = flow.batch(40, training=True)
    images, targets, _ = next(iter(shuffled))
    if mode == "raw":  # targets follow their pictures
        for image, target in zip(images, targets, strict=True):
            with Pillow.open(folder / f"{int(target)}.png") as picture:
                np.testing.assert_array_equal(image, np.asarray(picture))


def test_subsets_number_the_classes_alike(folder, frame):
    frame["category"] = ["dog"] * 10 + ["ant", "cat", "dog"] * 10
    column = ImageStream(validation_split=0.25)
    found = [
        column.flow_from_dataframe(
            frame, folder, "file", "category", target_size=(4, 4), subset=subset
        ).class_indices
        for subset in ("training", "validation")
    ]
    assert found[0] == found[1] == {"ant": 0, "cat": 1, "dog": 2}


def test_pictures_can_be_saved_as_they_go_by(icons, tmp_path):
    column = ImageStream(horizontal_flip=True)
    flow = column.flow(icons[:6], batch_size=4, save_to_dir=tmp_path / "seen", save_prefix="p")
    seen = np.concatenate(list(flow.batch(training=True)))
    files = sorted((tmp_path / "seen").iterdir())
    assert [path.name.rsplit("_", 1)[0] for path in files] == [
        f"p_{batch}_{place}" for batch, count in ((0, 4), (1, 2)) for place in range(count)
    ]
    for path, picture in zip(files, seen, strict=True):
        wanted = (picture - picture.min()) / (picture.max() - picture.min()) * 255
        np.testing.assert_allclose(np.asarray(Pillow.open(path)), wanted, atol=1)


def test_channels_first_are_saved_as_pictures(icons, tmp_path):
    column = ImageStream(data_format="channels_first")
    pictures = np.moveaxis(icons[:2, :16], -1, 1)
    flow = column.flow(pictures, save_to_dir=tmp_path / "seen")
    assert next(iter(flow.batch(2))).shape == (2, 3, 16, 32)
    files = sorted((tmp_path / "seen").iterdir())
    for path, picture in zip(files, icons[:2, :16].astype("float32"), strict=True):
        wanted = (picture - picture.min()) / (picture.max() - picture.min()) * 255
        np.testing.assert_allclose(np.asarray(Pillow.open(path)), wanted, atol=1)


def invert(picture):
    return 255.0 - picture


def test_a_function_of_the_users_runs_in_the_pipeline_and_is_not_exported(icons, tmp_path):
    column = ImageStream(preprocessing_function=invert, rescale=1 / 255)
    images = next(iter(column.flow(icons).batch(40)))
    np.testing.assert_allclose(images, (255.0 - icons) / 255, atol=1e-6)
    # Pictures are moved before the function sees them, as in Keras.
    shift = {"width_shift_range": [3], "fill_mode": "constant", "cval": 9.0}
    moved = ImageStream(preprocessing_function=invert, **shift).flow(icons)
    batch = next(iter(moved.batch(40, training=True, shuffle=False))).numpy()
    for picture, found in zip(icons, batch, strict=True):
        right, left = np.full((2, 32, 32, 3), 9.0)
        right[:, 3:], left[:, :-3] = picture[:, :-3], picture[:, 3:]
        assert any(np.allclose(found, 255 - wanted, atol=1e-3) for wanted in (right, left))
    layer = ImageStream(preprocessing_function=keras.layers.Rescaling(0.5))
    np.testing.assert_allclose(next(iter(layer.flow(icons).batch(40))), icons / 2)
    schema = pair(column.flow(icons), labels=[0, 1] * 20).schema
    inputs = tasks.inputs(schema)
    head = keras.layers.Dense(2, activation="softmax")
    model = keras.Model(inputs, head(keras.layers.Flatten()(inputs["image"])))
    with pytest.raises(ValueError, match=r"SavedModel can hold it.*'invert' of 'image'"):
        saved_model(model, tmp_path / "model", schema)
    with pytest.raises(ValueError, match="preprocessing_function 'invert' of 'image'"):
        Preprocessor(schema)({"image": [tf.io.encode_png(icons[0]).numpy()]})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interpolation_order": 3}, r"`interpolation_order` must be 0 .* or 1"),
        ({"dtype": "float16"}, "`dtype` must be None, 'float32' or 'uint8'"),
        ({"data_format": "channels"}, "`data_format` must be"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageStream(**arguments)


def test_what_is_saved_is_png_or_jpeg(icons, tmp_path):
    with pytest.raises(ValueError, match=r"`save_format` must be 'png', 'jpeg' or 'jpg'.*'gif'"):
        ImageStream().flow(icons, save_to_dir=tmp_path, save_format="gif")


def test_targets_that_do_not_fit_their_mode_are_refused(folder, frame):
    def flow(**arguments):
        return ImageStream().flow_from_dataframe(frame, folder, "file", **arguments)

    with pytest.raises(TypeError, match="a list of columns with class_mode='multi_output'"):
        flow(y_col="category", class_mode="multi_output")
    with pytest.raises(
        ValueError, match=r"binary.*two classes. Received: 3 classes.*'a', 'b', 'c'"
    ):
        flow(y_col="category", class_mode="binary").batch(8)
    frame["category"] = [["a", "b"]] * len(frame)
    with pytest.raises(ValueError, match=r"one class for each row.*\['a', 'b'\]"):
        flow(y_col="category", class_mode="sparse")


def test_ranges_may_be_numbers_of_numpy():
    column = ImageStream(width_shift_range=np.int64(3), height_shift_range=np.float32(0.25))
    assert (
        column.augmentation
        == ImageStream(width_shift_range=3, height_shift_range=0.25).augmentation
    )


def test_links_in_circles_and_formats_without_a_decoder(folder, tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes((folder / "1.png").read_bytes())
    (tmp_path / "cat" / "notes.txt").write_text("no picture, and left alone")
    (tmp_path / "cat" / "again").symlink_to(tmp_path / "cat")
    flow = ImageStream().flow_from_directory(tmp_path, follow_links=True, class_mode=None)
    assert list(flow.filenames) == ["cat/a.png"]
    (tmp_path / "cat" / "b.tiff").write_bytes(b"II*")
    with pytest.raises(ValueError, match=r"TensorFlow decodes.*b\.tiff.*Convert it"):
        ImageStream().flow_from_directory(tmp_path)
