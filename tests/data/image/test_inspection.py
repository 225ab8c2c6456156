"""A served picture is what the pipeline makes of it, and what it refuses is told by a code."""

import io

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

from keras_multimodal.data.column.status import Status
from keras_multimodal.data.image.decoding import decode_image
from keras_multimodal.data.image.transform import ImageTransform
from keras_multimodal.schema import Image


def encoded(form: str, mode: str = "RGB", orientation: int = 1, **options) -> bytes:
    y, x = np.mgrid[:40, :60]
    pixels = np.stack([x * 4, y * 6, (x + y) * 2, 255 - x * 3], -1).astype("uint8")
    image = PIL.Image.fromarray(pixels, "RGBA") if mode == "RGBA" else None
    image = image or PIL.Image.fromarray(pixels[..., :3]).convert(mode)
    if mode == "I;16":
        image = PIL.Image.fromarray((x * 1000).astype("uint16"))
    exif = PIL.Image.Exif()
    exif[0x112] = orientation
    file = io.BytesIO()
    image.save(file, form, **({"exif": exif} if orientation > 1 else {}), **options)
    return file.getvalue()


PICTURES = [
    *(encoded(form) for form in ("PNG", "JPEG", "GIF", "BMP", "WEBP")),
    *(encoded(form, orientation=6) for form in ("PNG", "JPEG", "WEBP")),
    encoded("JPEG", progressive=True),
    encoded("JPEG", "L"),
    *(encoded("PNG", mode) for mode in ("L", "LA", "P", "RGBA", "I;16")),
    b"",
]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"channels": 4, "exif_orientation": False},
        {"channels": 1, "bits": 16, "interpolation": "bilinear"},
        {"crop": True},
        {"scaled_decoding": True, "keep_aspect_ratio": True},
    ],
    ids=str,
)
def test_a_served_picture_is_that_of_the_pipeline(options):
    transform = ImageTransform(Image(name="image", height=13, width=9, **options))
    raw = {"image": tf.constant(PICTURES)}
    expected = tf.function(transform)(raw)
    tensors, used, status = tf.function(transform.serve)(raw)
    np.testing.assert_array_equal(tensors["image"], expected["image"])
    assert used.numpy().tolist() == [True] * (len(PICTURES) - 1) + [False]
    assert status.numpy().tolist() == [0] * (len(PICTURES) - 1) + [1]


@pytest.mark.parametrize("count", [1, 3])
def test_what_is_too_large_for_the_pipeline_is_too_large_when_served(count):
    """The limit is where the pipeline has it, whether a format's pixels count for one or three."""
    for max_pixels in (count * 40 * 60 - 1, count * 40 * 60):
        spec = Image(name="image", height=8, width=8, max_pixels=max_pixels)
        serve = tf.function(ImageTransform(spec).serve)
        status = serve({"image": tf.constant(PICTURES)})[2].numpy()
        for picture, code in zip(PICTURES[:-1], status, strict=False):
            try:
                decode_image(tf.constant(picture), spec)
            except tf.errors.InvalidArgumentError:
                # That colours of a palette are transparent is known when they are decoded.
                assert code in (Status.REFUSED, Status.DAMAGED)
            else:
                assert code == Status.FINE
