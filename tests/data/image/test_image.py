"""Pictures become the same pixels as in Pillow, whatever the format, and the stated numbers."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data.image.decoding import decode_image
from keras_multimodal.data.image.transform import normalize_images
from keras_multimodal.schema import Image

COLOR = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def smooth(height, width):
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin(rows / 7 + columns / k) * 120 + 128 for k in (5, 9, 13)]
    return np.stack(waves, -1).astype("uint8")


def encode(picture, form, **options):
    if isinstance(picture, np.ndarray):
        picture = Pillow.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_lossless_formats_give_their_pixels(form):
    decoded = decode_image(encode(COLOR, form), Image(height=20, width=30))
    assert decoded.dtype == tf.uint8
    np.testing.assert_array_equal(decoded, COLOR)


@pytest.mark.parametrize("subsampling", [0, 2])
def test_jpeg_gives_the_pixels_that_pillow_reads(subsampling):
    contents = encode(smooth(32, 48), "JPEG", quality=90, subsampling=subsampling)
    expected = np.asarray(Pillow.open(io.BytesIO(contents))).astype(int)
    decoded = decode_image(contents, Image(height=32, width=48)).numpy()
    assert np.abs(decoded - expected).max() <= 1


def test_gif_gives_its_first_frame():
    frames = [Pillow.new("RGB", (6, 4), color) for color in ("red", "blue")]
    contents = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    decoded = decode_image(contents, Image(height=4, width=6))
    np.testing.assert_array_equal(decoded, np.broadcast_to([255, 0, 0], (4, 6, 3)))


@pytest.mark.parametrize(
    ("background", "expected"), [(255, [255, 155, 10]), (0, [0, 100, 10]), (None, [0, 255, 10])]
)
def test_transparency_shows_the_background(background, expected):
    # A transparent, a half-transparent and an opaque pixel, as (grey, alpha).
    pixels = np.array([[[0, 0], [255, 100], [10, 255]]], np.uint8)
    if background == 255:
        pixels[0, 1] = [0, 100]  # black over white
    spec = Image(height=1, width=3, background=background)
    decoded = decode_image(encode(Pillow.fromarray(pixels, "LA"), "PNG"), spec).numpy()
    np.testing.assert_array_equal(decoded[0, :, 0], expected)
    np.testing.assert_array_equal(decoded[..., 0], decoded[..., 2])


def test_alpha_is_kept_where_it_is_wanted(rng):
    spec = Image(height=20, width=30, channels=4)
    rgba = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    np.testing.assert_array_equal(decode_image(encode(rgba, "PNG"), spec), rgba)
    opaque = decode_image(encode(COLOR, "JPEG"), spec).numpy()
    assert (opaque[..., 3] == 255).all()


def test_grey_is_what_pillow_makes_of_color():
    spec = Image(height=20, width=30, channels=1)
    expected = np.asarray(Pillow.fromarray(COLOR).convert("L"))
    np.testing.assert_array_equal(decode_image(encode(COLOR, "PNG"), spec)[..., 0], expected)
    # And grey pictures become equal channels.
    tripled = decode_image(encode(expected, "PNG"), Image(height=20, width=30)).numpy()
    np.testing.assert_array_equal(tripled, np.repeat(expected[..., None], 3, -1))


@pytest.mark.parametrize(
    ("interpolation", "pillow", "tolerance"),
    [
        ("nearest", Pillow.Resampling.NEAREST, 0),
        ("bilinear", Pillow.Resampling.BILINEAR, 1),
        ("bicubic", Pillow.Resampling.BICUBIC, 4),
    ],
)
@pytest.mark.parametrize("size", [(13, 17), (80, 50), (30, 24), (16, 64)])
def test_resizing_agrees_with_pillow(interpolation, pillow, tolerance, size):
    picture = smooth(40, 40)
    spec = Image(height=size[0], width=size[1], interpolation=interpolation)
    expected = np.asarray(Pillow.fromarray(picture).resize(size[::-1], pillow)).astype(int)
    decoded = decode_image(encode(picture, "PNG"), spec).numpy()
    assert np.abs(decoded - expected).max() <= tolerance


def test_keeping_the_aspect_ratio_crops_the_centre():
    spec = Image(height=10, width=10, keep_aspect_ratio=True, interpolation="nearest")
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    np.testing.assert_array_equal(
        decode_image(encode(wide, "PNG"), spec), np.full((10, 10, 3), 200)
    )


@pytest.mark.parametrize("center", [False, True])
def test_a_picture_may_be_scaled_by_its_own_deviation(center):
    spec = Image(height=20, width=30, samplewise_center=center, samplewise_std=True)
    found = normalize_images(tf.constant(COLOR[None]), spec).numpy()[0]
    exact = (COLOR - COLOR.mean() * center) / COLOR.std()
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"rescale": 1 / 255},
        {"rescale": 1 / 255, "mean": (0.4, 0.5, 0.6), "std": (0.2, 0.3, 0.1)},
        {"mean": (103.9, 116.8, 123.7)},
        {"rescale": 1 / 127.5, "mean": (1.0, 1.0, 1.0)},
    ],
)
def test_normalisation_is_the_stated_formula_to_the_last_bit_with_and_without_xla(
    settings, jit_compile
):
    spec = Image(height=20, width=30, **settings)
    batch = tf.constant(np.stack([COLOR, COLOR[::-1]]))
    plain = normalize_images(batch, spec).numpy()
    exact = COLOR.astype("float64") * spec.rescale
    exact = (exact - np.array(spec.mean or (0, 0, 0))) / np.array(spec.std or (1, 1, 1))
    np.testing.assert_allclose(plain[0], exact, rtol=1e-6, atol=1e-5)
    normalize = tf.function(lambda images: normalize_images(images, spec), jit_compile=jit_compile)
    np.testing.assert_array_equal(normalize(batch), plain)
