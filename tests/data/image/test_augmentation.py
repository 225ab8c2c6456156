"""Random changes do to a batch what NumPy, and Keras' own generator, do to one picture."""

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.augmentation import ImageAugmentation

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
SEEDS = row_seeds(0, tf.constant(0, tf.int64), tf.range(4000, dtype=tf.int64))


def change(augmentation, images, **parameters):
    drawn = {
        name: tf.constant(value if name.startswith("flip") else np.asarray(value, "float32"))
        for name, value in parameters.items()
    }
    moved = augmentation.move_pixels(tf.constant(images), drawn)
    return augmentation.change_pixels(moved, drawn).numpy()


def test_flips_mirror_the_rows_they_are_drawn_for():
    augmentation = ImageAugmentation(horizontal_flip=True, vertical_flip=True)
    changed = change(
        augmentation,
        IMAGES,
        flip_horizontal=[True, False, True],
        flip_vertical=[False, True, True],
    )
    expected = [IMAGES[0][:, ::-1], IMAGES[1][::-1], IMAGES[2][::-1, ::-1]]
    np.testing.assert_array_equal(changed, expected)
    assert changed.dtype == np.uint8


@pytest.mark.parametrize("order", [0, 1])
def test_whole_pixel_shifts_are_exact(order):
    augmentation = ImageAugmentation(
        width_shift_range=3.0, fill_mode="constant", cval=9.0, interpolation_order=order
    )
    changed = change(augmentation, IMAGES, tx=[2.0, 0.0, -1.0], ty=[0.0, 3.0, 0.0])
    expected = np.full(IMAGES.shape, 9.0)
    expected[0, :, :-2] = IMAGES[0, :, 2:]
    expected[1, :-3] = IMAGES[1, 3:]
    expected[2, :, 1:] = IMAGES[2, :, :-1]
    np.testing.assert_array_equal(changed, expected)


def test_a_picture_that_is_not_square_turns_about_its_own_centre():
    wide = np.random.default_rng(1).integers(0, 256, (1, 9, 15, 1), dtype=np.uint8)
    turned = change(ImageAugmentation(rotation_range=180.0), wide, theta=[180.0])
    np.testing.assert_allclose(turned, wide[:, ::-1, ::-1], atol=0.01)


# Keras' own class uses an old name of SciPy's.
@pytest.mark.filterwarnings("ignore:Please import `affine_transform` from:DeprecationWarning")
@pytest.mark.parametrize("fill_mode", ["nearest", "reflect", "constant"])
@pytest.mark.parametrize(
    "parameters",
    [
        {"tx": 3.0, "ty": -2.0},
        {"theta": 20.0},
        {"zx": 0.8, "zy": 1.3},
        {"brightness": 1.3},
        {"theta": -33.0, "tx": 1.5, "ty": 2.25, "zx": 1.2, "zy": 0.9, "flip_vertical": True},
    ],
    ids=lambda parameters: "-".join(parameters),
)
def test_pixels_agree_with_the_generator_of_keras(fill_mode, parameters):
    generator = tf.keras.preprocessing.image.ImageDataGenerator(fill_mode=fill_mode, cval=7)
    expected = generator.apply_transform(IMAGES[0].astype("float32"), parameters)
    augmentation = ImageAugmentation(rotation_range=1.0, fill_mode=fill_mode, cval=7.0)
    changed = change(augmentation, IMAGES[:1], **{k: [v] for k, v in parameters.items()})
    np.testing.assert_allclose(changed[0], expected, atol=0.01)


@pytest.mark.filterwarnings("ignore:Please import `affine_transform` from:DeprecationWarning")
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_brightness_leaves_transparency_alone(dtype, rng):
    pictures = rng.integers(0, 256, (1, 16, 16, 4)).astype(dtype)
    generator = tf.keras.preprocessing.image.ImageDataGenerator(brightness_range=(0.5, 1.5))
    expected = generator.apply_transform(pictures[0].astype("float32"), {"brightness": 0.6})
    changed = change(ImageAugmentation(brightness_range=(0.5, 1.5)), pictures, brightness=[0.6])
    np.testing.assert_array_equal(changed[0], expected)
    np.testing.assert_array_equal(changed[..., 3], pictures[..., 3])


def test_a_row_of_pixels_is_wrapped_along_its_width():
    row = np.arange(8, dtype="float32").reshape(1, 1, 8, 1)
    augmentation = ImageAugmentation(width_shift_range=1.0, fill_mode="wrap")
    changed = change(augmentation, row, tx=[3.0], ty=[5.0])
    # SciPy's `wrap` has the first and the last pixel in one place.
    np.testing.assert_allclose(changed.ravel(), [3, 4, 5, 6, 7, 1, 2, 3], atol=1e-5)


def test_parameters_stay_in_their_ranges_and_fill_them():
    augmentation = ImageAugmentation(
        rotation_range=15.0,
        width_shift_range=0.25,
        height_shift_range=3,
        zoom_range=(0.8, 1.1),
        brightness_range=(0.5, 1.5),
        horizontal_flip=True,
    )
    drawn = augmentation.parameters(SEEDS, height=100, width=40)
    for name, low, high in [
        ("theta", -15, 15),
        ("tx", -10, 10),
        ("zx", 0.8, 1.1),
        ("brightness", 0.5, 1.5),
    ]:
        values = drawn[name].numpy()
        assert low <= values.min() < low + 0.01 * (high - low), name
        assert high - 0.01 * (high - low) < values.max() <= high, name
    assert set(drawn["ty"].numpy()) == {-2, -1, 0, 1, 2}  # an integer means whole pixels below it
    assert 0.45 < drawn["flip_horizontal"].numpy().mean() < 0.55
    assert abs(np.corrcoef(drawn["zx"], drawn["zy"])[0, 1]) < 0.06
    assert set(drawn) == {"theta", "tx", "ty", "zx", "zy", "brightness", "flip_horizontal"}


def test_a_list_of_shifts_is_chosen_from():
    drawn = ImageAugmentation(width_shift_range=(2.0, 5.0)).parameters(SEEDS, height=10, width=10)
    assert set(drawn["tx"].numpy()) == {-5, -2, 2, 5}


def test_one_setting_does_not_change_what_another_draws():
    alone = ImageAugmentation(rotation_range=15.0).parameters(SEEDS, 10, 10)
    together = ImageAugmentation(rotation_range=15.0, zoom_range=(0.5, 2.0)).parameters(
        SEEDS, 10, 10
    )
    np.testing.assert_array_equal(alone["theta"], together["theta"])
