"""A small file costs no more than a picture may, whatever its header says."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image as PillowImage

from keras_multimodal.data.image import gif_frames
from keras_multimodal.data.image.decoding import decode_image
from keras_multimodal.schema import Image

MOST = 10_000  # pixels


def encoded(picture, form, **options):
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def decode(content, **options):
    return decode_image(content, Image(height=8, width=8, max_pixels=MOST, **options))


def palette_with_transparency(size):
    picture = PillowImage.new("P", size)
    picture.putpalette([10, 20, 30, 40, 50, 60])
    return picture, {"transparency": bytes([0, 255])}


@pytest.mark.parametrize(
    ("mode", "form"), [("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("RGBA", "WEBP")]
)
def test_transparent_pixels_count_for_three(mode, form):
    for size, fits in (((57, 58), True), ((58, 58), False)):  # 3,306 and 3,364 pixels
        picture, options = PillowImage.new(mode, size), {}
        if mode == "P":
            picture, options = palette_with_transparency(size)
        content = encoded(picture, form, **options)
        if fits:
            assert decode(content).shape == (8, 8, 3)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels=10000"):
                decode(content)
    assert decode(encoded(PillowImage.new("RGB", (99, 99)), form)).shape == (8, 8, 3)


def test_an_alpha_channel_that_is_wanted_counts_too():
    for form in ("PNG", "JPEG"):
        content = encoded(PillowImage.new("RGB", (90, 90)), form)
        assert decode(content).shape == (8, 8, 3)
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels=10000"):
            decode(content, channels=4)


def test_pixels_of_a_jpeg_of_several_passes_count_for_three(rng):
    pixels = rng.integers(0, 255, (90, 90, 3), "uint8")
    picture = PillowImage.fromarray(pixels)
    thumbnail = b"\xff\xed\x40\2" + encoded(picture, "JPEG", progressive=True)[: 2**14].ljust(2**14)
    plain = encoded(picture, "JPEG")
    assert decode(plain).shape == (8, 8, 3)
    assert decode(plain[:2] + thumbnail + plain[2:]).shape == (8, 8, 3)
    progressive = encoded(picture, "JPEG", progressive=True)
    frame, scan = plain.index(b"\xff\xc0"), plain.index(b"\xff\xda")
    # The first pass of one channel alone.
    apart = plain[:scan] + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + plain[scan + 14 :]
    for content in (progressive, progressive[:2] + thumbnail + progressive[2:], apart):
        with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels=10000"):
            decode(content)
    assert plain[frame + 9] == 3


def gif(rng, count, comment=b""):
    """Frames of 50 by 50 pixels, each with colours of its own."""
    frames = [
        PillowImage.fromarray(rng.integers(0, 255, (50, 50, 3), "uint8")).quantize(colors)
        for colors in range(20, 20 + 40 * count, 40)
    ]
    options = {"save_all": True, "append_images": frames[1:]} if count > 1 else {}
    return encoded(frames[0], "GIF", comment=comment, **options)


def test_the_frames_of_a_gif_count_together_whatever_its_header_says(rng):
    assert decode(gif(rng, 4)).shape == (8, 8, 3)  # of 10,000 pixels together
    assert decode(gif(rng, 4, b"a comment of several blocks, " * 40)).shape == (8, 8, 3)
    wide = bytearray(encoded(PillowImage.new("P", (101, 100)), "GIF"))
    wide[6:10] = struct.pack("<HH", 8, 8)
    for content in (gif(rng, 5), gif(rng, 5, b"a comment" * 200), bytes(wide)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="frames of the GIF have more"):
            decode(content)


def test_a_gif_of_more_blocks_than_are_looked_at_is_refused(rng, monkeypatch):
    monkeypatch.setattr(gif_frames, "_MOST", 20)
    assert decode(gif(rng, 1)).shape == (8, 8, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="or more than 20 blocks"):
        decode(gif(rng, 1, b"a" * 6000))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_gif_that_is_cut_off_is_no_endless_walk(rng, share):
    content = gif(rng, 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode(content[: int(share * 2000)])


@pytest.mark.parametrize(
    "size", [(2**32 - 1, 2**31), (2**31, 2**32 - 1), (2**32 - 1, 1), (2**16, 2**16)]
)
@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_no_product_of_a_header_s_numbers_overflows(form, size):
    content = bytearray(encoded(PillowImage.new("RGB", (4, 4)), form))
    if form == "PNG":
        content[16:24] = struct.pack(">II", *size)
    elif size[1] < 2**32 - 1:  # a negative height stands for rows from top to bottom
        content[18:26] = struct.pack("<II", *size)
    else:
        content[18:26] = struct.pack("<II", size[0], 2**31)
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels=10000"):
        decode(bytes(content))


def test_a_jpeg_that_goes_over_its_pixels_for_ever_is_refused(rng):
    pixels = rng.integers(0, 255, (48, 48, 3), "uint8")
    content = encoded(PillowImage.fromarray(pixels), "JPEG", progressive=True)
    assert decode(content).shape == (8, 8, 3)
    last = content.rindex(b"\xff\xda")
    scans = content[:last] + 300 * content[last:-2] + content[-2:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 256 scans"):
        decode(scans)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "RGB", "L"])
def test_a_large_picture_is_changed_in_parts_as_a_small_one_is_at_once(rng, mode, channels):
    """Rows of more pixels than a part has, and a last part that is smaller."""
    height, width = 1201, 1999
    pixels = rng.integers(0, 255, (height, width, len(mode)), "uint8")
    content = encoded(PillowImage.fromarray(np.squeeze(pixels), mode), "PNG", compress_level=0)
    spec = Image(height=height, width=width, channels=channels)
    found = decode_image(content, spec).numpy()
    for top, left in ((0, 0), (520, 700), (1197, 1990)):
        part = np.squeeze(pixels[top : top + 4, left : left + 9])
        small = encoded(PillowImage.fromarray(part, mode), "PNG")
        expected = decode_image(small, Image(height=4, width=9, channels=channels))
        np.testing.assert_array_equal(found[top : top + 4, left : left + 9], expected)
