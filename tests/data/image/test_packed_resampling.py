"""Pixels that are moved with their neighbours beside them are where they belong."""

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream
from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.augmentation import FILL_MODES, ImageAugmentation
from keras_multimodal.data.image.packed_resampling import make_warp


@pytest.mark.parametrize("size", [5, 7, 33])
def test_the_pixel_about_which_pictures_turn_stays(size):
    """Its place is a whole number up to rounding, to either side."""
    middle = size // 2
    images = np.zeros((64, size, size, 3), "uint8")
    images[:, middle, middle] = 255
    flow = ImageStream(rotation_range=30, horizontal_flip=True).flow(images)
    dataset = flow.batch(64, training=True)
    centres = [batch[:, middle, middle].numpy() for _ in range(10) for batch in dataset]
    assert np.min(centres) > 254.9


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize(("rows", "batch_size", "channels"), [(5, 5, 3), (3, 7, 1), (18, 20, 4)])
def test_the_pixels_are_those_of_moving_and_flipping(order, fill_mode, rows, batch_size, channels):
    augmentation = ImageAugmentation(
        rotation_range=40,
        width_shift_range=0.3,
        height_shift_range=0.3,
        shear_range=20,
        zoom_range=(0.7, 1.5),
        horizontal_flip=True,
        vertical_flip=True,
        fill_mode=fill_mode,
        cval=99.0,
        interpolation_order=order,
    )
    shape = (18, 23, channels)
    generator = np.random.default_rng(0)
    images = tf.constant(generator.integers(0, 256, (rows, *shape), dtype=np.uint8))
    seeds = row_seeds(0, tf.constant(0, tf.int64), tf.range(rows, dtype=tf.int64))
    drawn = augmentation.parameters(seeds, *shape[:2])
    move = make_warp(augmentation, shape, batch_size, lambda moved, seeds: moved + 1.0)
    found = move(images, seeds).numpy() - 1.0
    moved = augmentation.move_pixels(images, drawn)
    expected = augmentation.change_pixels(moved, drawn).numpy()
    assert found.shape == images.shape
    if order:
        # A grey level's hundredth: places are rounded in another order.
        np.testing.assert_allclose(found, expected, atol=0.05)
    else:
        # A place right between two pixels may go to either.
        assert (found != expected).mean() < 2e-4
