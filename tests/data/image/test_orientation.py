"""Pictures stand as people see them: turned as EXIF says, in training as in the exported model."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as PillowImage
from PIL import ImageOps

from keras_multimodal.data import ImageStream, Preprocessor, pair
from keras_multimodal.data.image.decoding import decode_image
from keras_multimodal.schema import Image, Schema

ORIENTATION = 0x112
SPEC = Image(height=23, width=41, interpolation="nearest")


@pytest.fixture(scope="module")
def picture():
    """A picture that looks like none of its turns: dark to the top, red to the left."""
    y, x = np.mgrid[:48, :80]
    pixels = np.stack([255 - 3 * x, 5 * y, 2 * x], -1).astype("uint8")
    return PillowImage.fromarray(pixels)


def encoded(picture, form, orientation, big=False):
    exif = PillowImage.Exif()
    exif.endian = ">" if big else "<"
    exif[0x10F] = "a camera"
    exif[ORIENTATION] = orientation
    return with_exif(picture, form, exif.tobytes())


def with_exif(picture, form, exif):
    file = io.BytesIO()
    picture.save(file, form, exif=exif, quality=95, lossless=True)
    return file.getvalue()


def as_people_see_it(content, spec=SPEC):
    seen = ImageOps.exif_transpose(PillowImage.open(io.BytesIO(content))).convert("RGB")
    return np.asarray(seen.resize((spec.width, spec.height), PillowImage.Resampling.NEAREST))


@tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
def decode(content):
    return decode_image(content, SPEC)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_exif_says(picture, form):
    for orientation in range(1, 9):
        for big in (False, True):
            content = encoded(picture, form, orientation, big)
            np.testing.assert_array_equal(decode(content), as_people_see_it(content))
            if form != "WEBP":
                alone = decode_image(content, SPEC, form=form)
                np.testing.assert_array_equal(alone, as_people_see_it(content))


def test_an_orientation_that_there_is_not_turns_nothing(picture):
    upright = as_people_see_it(encoded(picture, "PNG", 1))
    for orientation in (0, 9, 300, 65535):
        np.testing.assert_array_equal(decode(encoded(picture, "PNG", orientation)), upright)


def test_batches_and_the_exported_preprocessing_agree(tmp_path):
    """The case that showed it: red above blue, in JPEGs."""
    pixels = np.zeros((64, 64, 3), "uint8")
    pixels[:32], pixels[32:] = [255, 0, 0], [0, 0, 255]
    contents = {
        f"{orientation}.jpg": encoded(PillowImage.fromarray(pixels), "JPEG", orientation)
        for orientation in (1, 3, 6, 8)
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    frame = pd.DataFrame({"p": list(contents)})
    column = ImageStream().from_dataframe(frame, "p", tmp_path, target_size=(2, 2))
    records = pair(column)
    batch = next(iter(records.batch(4)))["image"].numpy()
    for found, content in zip(batch, contents.values(), strict=True):
        np.testing.assert_allclose(found, as_people_see_it(content, column.spec), atol=9)
    served = Preprocessor(records.schema)({"image": tf.constant(list(contents.values()))})
    np.testing.assert_array_equal(served["image"], batch)


def test_an_option_leaves_pictures_as_they_lie(tmp_path, picture):
    (tmp_path / "phone.jpg").write_bytes(encoded(picture, "JPEG", 6))
    frame = pd.DataFrame({"p": ["phone.jpg"]})
    stream = ImageStream(exif_orientation=False)
    column = stream.from_dataframe(frame, "p", tmp_path, target_size=(48, 80))
    batch = next(iter(pair(column).batch(1)))["image"].numpy()
    np.testing.assert_allclose(batch[0], np.asarray(picture), atol=9)


@pytest.mark.parametrize(
    "options",
    [
        {"height": 10, "width": 10, "scaled_decoding": True, "interpolation": "bilinear"},
        {"height": 40, "width": 30, "crop": True},
        {"height": 60, "width": 50, "crop": True},
        {"height": 30, "width": 30, "keep_aspect_ratio": True},
        {"height": 24, "width": 40, "channels": 1},
        {"height": 24, "width": 40, "channels": 1, "bits": 16},
        {"height": 24, "width": 40, "channels": 4},
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_it_is_turned_before_anything_is_cut_or_resized(picture, form, options):
    spec = Image(**options)
    found = decode_image(encoded(picture, form, 6), spec)
    upright = decode_image(
        encoded(picture.transpose(PillowImage.Transpose.ROTATE_270), form, 1), spec
    )
    tolerance = 12 if form == "JPEG" else 0
    np.testing.assert_allclose(tf.cast(found, tf.int32), tf.cast(upright, tf.int32), atol=tolerance)


def test_exif_behind_other_segments_is_found_and_that_of_a_thumbnail_is_not(picture):
    content = encoded(picture, "JPEG", 6)
    at = content.index(b"\xff\xe1")
    comments = 3 * (b"\xff\xfe" + (5000).to_bytes(2, "big") + bytes(4998))
    np.testing.assert_array_equal(
        decode(content[:at] + comments + content[at:]), as_people_see_it(content)
    )
    plain = encoded(picture, "JPEG", 1)
    start = plain.index(b"\xff\xe1")
    end = start + 2 + int.from_bytes(plain[start + 2 : start + 4], "big")
    within = b"\xff\xed" + (len(content) + 2).to_bytes(2, "big") + content
    np.testing.assert_array_equal(
        decode(plain[:start] + within + plain[end:]), as_people_see_it(plain)
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_breaks_no_picture(picture, form, rng):
    exif = PillowImage.Exif()
    exif[0x10F], exif[ORIENTATION] = "a camera", 6
    whole = exif.tobytes()
    turned = [as_people_see_it(encoded(picture, form, each)) for each in range(1, 9)]
    for _ in range(60):
        changed = bytearray(whole)
        for place in rng.integers(6, len(whole), 3):
            changed[place] = rng.integers(256)
        found = decode(with_exif(picture, form, bytes(changed)))
        assert any(np.array_equal(found, each) for each in turned)


def test_an_older_schema_leaves_pictures_as_its_model_learned_them():
    schema = json.loads(Schema([SPEC]).to_json())
    assert Schema.from_json(json.dumps(schema))["image"].exif_orientation
    del schema["inputs"][0]["exif_orientation"]
    assert not Schema.from_json(json.dumps(schema))["image"].exif_orientation
