"""What is decoded of a picture: parts, halves, sixteen bits, and nothing of a bomb."""

import io

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import ImageStream, Preprocessor, TextProcessor, pair
from keras_multimodal.data.image.decoding import decode_image
from keras_multimodal.data.image.files import form_of_all
from keras_multimodal.data.image.header import claimed_size
from keras_multimodal.schema import Image, Schema


def encoded(pixels, form, **options):
    column = io.BytesIO()
    Pillow.fromarray(pixels).save(column, form, **options)
    return column.getvalue()


@pytest.fixture(scope="module")
def photo():
    """A photograph's smooth ramps with an edge, `(300, 400, 3)`."""
    y, x = np.mgrid[:300, :400]
    pixels = np.stack([x * 255 / 399, y * 255 / 299, (x + y) % 256], -1)
    pixels[100:200, 150:250] = (250, 10, 60)
    return pixels.astype("uint8")


@pytest.fixture(scope="module")
def photos(tmp_path_factory, photo):
    """Six JPEGs and PNGs that show their number, `(120, 160)`, and one that is too small."""
    root = tmp_path_factory.mktemp("photos")
    for row in range(6):
        part = photo[row * 20 : row * 20 + 120, row * 30 : row * 30 + 160]
        Pillow.fromarray(part).save(root / f"{row}.{'jpg' if row % 2 else 'png'}", quality=95)
    Pillow.fromarray(photo[:40, :50]).save(root / "small.png")
    return root


def flow(photos, names, size=(64, 64), **options):
    frame = pd.DataFrame({"file": names}, index=names)
    flow_options = {k: options.pop(k) for k in ("color_mode", "scaled_decoding") if k in options}
    return ImageStream(**options).flow_from_dataframe(
        frame, photos, "file", class_mode=None, target_size=size, **flow_options
    )


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "WEBP"])
def test_headers_say_the_size(photo, form):
    height, width = claimed_size(tf.constant(encoded(photo, form)))
    assert (int(height), int(width)) == (300, 400)


def test_what_all_files_are_is_told_by_their_bytes(photos, tmp_path):
    folder = [str(photos / f"{row}.{'jpg' if row % 2 else 'png'}") for row in range(6)]
    assert form_of_all(["", *folder[::2]]) == "PNG"
    assert form_of_all([*folder[1::2], ""]) == "JPEG"
    (tmp_path / "a.png").write_bytes(b"GIF89a, and more")
    for others in (
        folder,
        [],
        [""],
        [folder[0], str(tmp_path / "a.png")],
        [folder[0], "not there"],
    ):
        assert form_of_all(others) is None


@pytest.mark.parametrize(
    ("bytes_of_size", "fits"),
    [((300, 400), True), ((301, 400), False), ((2**31, 2), False), ((2**31 + 2, 2**31), False)],
)
@pytest.mark.parametrize(("channels", "kind"), [(3, 2), (1, 0)])
def test_a_png_is_checked_as_one_of_a_kind_as_among_others(bytes_of_size, fits, channels, kind):
    shape = (300, 400, 3) if channels == 3 else (300, 400)
    contents = bytearray(encoded(np.zeros(shape, "uint8"), "PNG"))
    contents[16:24] = b"".join(size.to_bytes(4, "big") for size in reversed(bytes_of_size))
    spec = Image(height=8, width=8, channels=channels, max_pixels=300 * 400)
    for form in ("PNG", None):
        if fits:
            assert decode_image(bytes(contents), spec, form=form).shape == (8, 8, channels)
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels"):
                decode_image(bytes(contents), spec, form=form)
    contents[25] = kind + 4  # so it says that it has an alpha channel, and counts for three
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels"):
        decode_image(bytes(contents), spec, form="PNG")


def test_a_file_that_is_another_by_now_is_refused(photo):
    with pytest.raises(tf.errors.InvalidArgumentError, match="is no PNG, as it was before"):
        decode_image(encoded(photo, "BMP"), Image(height=8, width=8), form="PNG")


def test_other_webp_and_upside_down_bmp_headers_say_the_size(photo):
    lossless = encoded(photo, "WEBP", lossless=True)
    with_alpha = encoded(np.dstack([photo, photo[..., 0]]), "WEBP")
    bmp = bytearray(encoded(photo, "BMP"))
    bmp[22:26] = (-300).to_bytes(4, "little", signed=True)
    for contents in (lossless, with_alpha, bytes(bmp)):
        assert [int(v) for v in claimed_size(tf.constant(contents))] == [300, 400]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_a_file_that_claims_too_many_pixels_is_refused_before_it_is_decoded(photo, form):
    contents = encoded(photo, form)
    exact = Image(height=8, width=8, max_pixels=300 * 400)
    assert decode_image(tf.constant(contents), exact).shape == (8, 8, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than max_pixels=119999"):
        decode_image(tf.constant(contents), Image(height=8, width=8, max_pixels=300 * 400 - 1))


def test_a_decompression_bomb_is_reported_by_its_row(tmp_path, photo):
    bomb = bytearray(encoded(photo, "PNG"))
    bomb[16:24] = (50_000).to_bytes(4, "big") * 2  # 2.5 thousand million pixels in a small file
    (tmp_path / "bomb.png").write_bytes(bytes(bomb))
    Pillow.fromarray(photo).save(tmp_path / "good.png")
    images = flow(tmp_path, ["good.png", "bomb.png"])
    with pytest.raises(ValueError, match=r"bomb\.png' cannot be decoded \(.*max_pixels"):
        pair(images).verify()
    report = pair(images, on_error="drop").report
    assert list(report.unreadable["image"]) == ["bomb.png"]


def test_a_jpeg_that_is_too_short_for_its_size_is_refused(photo):
    """The decoder would fill it up with grey."""
    content = encoded(photo, "JPEG")
    place = content.index(b"\xff\xc0") + 5
    lie = content[:place] + b"\x20\0\x20\0" + content[place + 4 :]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)too short.*height.*8192"):
        decode_image(tf.constant(lie), Image(height=8, width=8))
    # A picture of one colour is as short as a JPEG can be.
    black = np.zeros((3000, 3000, 3), "uint8")
    for options in ({}, {"optimize": True}, {"optimize": True, "progressive": True}):
        plain = encoded(black, "JPEG", quality=1, **options)
        assert decode_image(tf.constant(plain), Image(height=8, width=8)).numpy().max() <= 1


def test_max_pixels_is_checked():
    with pytest.raises(ValueError, match="`max_pixels` must be positive"):
        Image(height=8, width=8, max_pixels=0)


@pytest.mark.parametrize("size", [(150, 200), (75, 100), (37, 50), (100, 100)])
def test_scaled_decoding_shows_the_same_picture(photo, size):
    contents = tf.constant(encoded(photo, "JPEG", quality=95))
    options = {"height": size[0], "width": size[1], "interpolation": "area"}
    whole = decode_image(contents, Image(**options)).numpy().astype(int)
    scaled = decode_image(contents, Image(**options, scaled_decoding=True)).numpy().astype(int)
    assert np.abs(whole - scaled).mean() < 3
    assert (whole != scaled).any()  # or it was not scaled


def test_scaled_decoding_leaves_smaller_pictures_alone(photo):
    contents = tf.constant(encoded(photo, "JPEG"))
    options = {"height": 151, "width": 100}
    whole = decode_image(contents, Image(**options))
    scaled = decode_image(contents, Image(**options, scaled_decoding=True))
    np.testing.assert_array_equal(whole, scaled)


def test_without_training_the_centre_is_cut_out(photos):
    names = ["0.png", "1.jpg"]
    images = next(iter(flow(photos, names, random_crop=True).batch(2)))
    for image, name in zip(images.numpy(), names, strict=True):
        contents = (photos / name).read_bytes()
        if name.endswith("jpg"):
            whole = tf.io.decode_jpeg(contents, dct_method="INTEGER_ACCURATE").numpy()
        else:
            whole = tf.io.decode_png(contents).numpy()
        expected = whole[28:92, 48:112].astype(float)
        # Colours at the edges of what is decoded of a JPEG may differ by a little.
        assert np.abs(image - expected).mean() < (0.1 if name.endswith("jpg") else 1e-6)


def test_training_cuts_anywhere_anew_in_each_epoch_and_alike_for_a_seed(photos):
    names = [f"{row}.{'jpg' if row % 2 else 'png'}" for row in range(6)]
    images = flow(photos, names, random_crop=True)
    first = images.batch(6, training=True, shuffle=False, seed=3)
    epochs = [next(iter(first)).numpy() for _ in range(8)]
    again = images.batch(2, training=True, shuffle=False, seed=3, num_parallel_calls=1)
    np.testing.assert_array_equal(epochs[0], np.concatenate([batch.numpy() for batch in again]))
    corners = set()
    whole = np.asarray(Pillow.open(photos / "0.png")).astype(float)
    windows = np.lib.stride_tricks.sliding_window_view(whole, (64, 64, 3))[:, :, 0]
    for epoch in epochs:
        places = np.argwhere((windows == epoch[0]).all((2, 3, 4)))
        assert len(places), "not a part of the picture"
        corners.add(tuple(places[0]))
    assert len(corners) > 4


def test_a_row_without_a_picture_stays_empty_where_others_are_cut_anywhere(photos):
    frame = pd.DataFrame({"file": ["0.png", None, "1.jpg"]}, index=list("abc"))
    stream = ImageStream(random_crop=True)
    some = stream.flow_from_dataframe(frame, photos, "file", target_size=(64, 64), optional=True)
    words = TextProcessor(length=1, vocabulary=["x"]).load_data(dict.fromkeys("abc", "x"))
    inputs = next(iter(pair(some, words).batch(3, training=True, shuffle=False, seed=3)))
    assert inputs["image_present"].numpy().tolist() == [True, False, True]
    assert not inputs["image"][1].numpy().any()
    whole = flow(photos, ["0.png", "2.png", "1.jpg"], random_crop=True)
    expected = next(iter(whole.batch(3, training=True, shuffle=False, seed=3)))
    for row in (0, 2):
        np.testing.assert_array_equal(inputs["image"][row], expected[row])


def test_every_place_can_be_cut():
    spec = Image(height=2, width=2, crop=True)
    pixels = tf.constant(np.arange(16).reshape(4, 4, 1).repeat(3, 2), tf.uint8)
    contents = tf.io.encode_png(pixels)
    low, high = tf.constant(0.0), tf.constant(0.99999994)  # the largest that is drawn
    assert decode_image(contents, spec, (low, low))[0, 0, 0] == 0
    assert decode_image(contents, spec, (high, high))[0, 0, 0] == 10
    assert decode_image(contents, spec)[0, 0, 0] == 5


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(400, 400), (301, 30), (20, 401)])
def test_a_picture_that_is_too_small_is_enlarged_to_cover_the_target(photo, form, size):
    spec = Image(height=size[0], width=size[1], crop=True)
    image = decode_image(tf.constant(encoded(photo, form)), spec).numpy()
    assert image.shape == (*size, 3)
    factor = max(size[0] / 300, size[1] / 400)
    larger = Pillow.fromarray(photo).resize(
        (round(400 * factor), round(300 * factor)), Pillow.Resampling.BILINEAR
    )
    left, top = (larger.width - size[1]) // 2, (larger.height - size[0]) // 2
    expected = np.asarray(larger)[top : top + size[0], left : left + size[1]]
    assert np.abs(image.astype(int) - expected).mean() < 3


def test_the_exported_preprocessing_cuts_the_centre_too(photos):
    images = flow(photos, ["0.png", "1.jpg"], random_crop=True, rescale=1 / 255)
    texts = TextProcessor(length=2).load_data({"0.png": "a", "1.jpg": "b"})
    records = pair(images, texts).adapt()
    batch = next(iter(records.batch(2)))
    raw = [(photos / name).read_bytes() for name in ("0.png", "1.jpg")]
    served = Preprocessor(records.schema)({"image": raw, "text": ["a", "b"]})
    np.testing.assert_array_equal(served["image"], batch["image"])
    assert Schema.from_json(records.schema.to_json()) == records.schema


def test_cache_does_not_go_with_random_crop(photos):
    images = flow(photos, ["0.png", "1.jpg"], random_crop=True)
    with pytest.raises(ValueError, match="`cache` must go without `random_crop`"):
        images.batch(2, training=True, cache=True)
    assert next(iter(images.batch(2, cache=True))).shape == (2, 64, 64, 3)


def test_arrays_are_not_cut(photo):
    with pytest.raises(ValueError, match="`random_crop` must go with files"):
        ImageStream(random_crop=True).flow(photo[None])


@pytest.mark.parametrize("options", [{"keep_aspect_ratio": True}, {"scaled_decoding": True}])
def test_a_cut_picture_is_not_resized_as_well(options):
    with pytest.raises(ValueError, match="`crop` must go without"):
        Image(height=8, width=8, crop=True, **options)


def test_uint8_leaves_the_rescaling_to_the_model(photos):
    names = ["0.png", "1.jpg", "2.png"]
    options = {"horizontal_flip": True, "rotation_range": 20}
    plain = flow(photos, names, dtype="uint8", **options).batch(3, training=True, seed=1)
    rescaled = flow(photos, names, rescale=1 / 255, **options).batch(3, training=True, seed=1)
    images, expected = next(iter(plain)), next(iter(rescaled))
    assert images.dtype == tf.uint8
    np.testing.assert_allclose(tf.cast(images, tf.float32) / 255, expected, atol=0.502 / 255)


@pytest.mark.parametrize(
    "options",
    [{"rescale": 1 / 255}, {"samplewise_center": True}],
)
def test_uint8_cannot_be_normalised(photos, options):
    with pytest.raises(ValueError, match="`output_dtype='uint8'` must go with"):
        flow(photos, ["0.png"], dtype="uint8", **options)


def test_grey_levels_of_16_bits_are_kept(tmp_path):
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    Pillow.fromarray(pixels).save(tmp_path / "deep.png")
    images = flow(tmp_path, ["deep.png"], size=(8, 8), color_mode="grayscale")
    assert images.spec.bits == 16
    found = next(iter(images.batch(1)))[0, ..., 0].numpy()
    np.testing.assert_array_equal(found, pixels)
    keras_own = tf.keras.utils.load_img(tmp_path / "deep.png", color_mode="grayscale")
    np.testing.assert_array_equal(found, np.asarray(keras_own))
    served = Preprocessor(Schema([images.spec]))({"image": [(tmp_path / "deep.png").read_bytes()]})
    np.testing.assert_array_equal(served["image"][0, ..., 0], pixels)


def test_mixed_depths_keep_their_own_levels_as_in_keras(tmp_path):
    Pillow.fromarray(np.full((8, 8), 40_000, np.uint16)).save(tmp_path / "deep.png")
    Pillow.fromarray(np.full((8, 8), 200, np.uint8)).save(tmp_path / "flat.png")
    Pillow.fromarray(np.full((8, 8, 3), 200, np.uint8)).save(tmp_path / "colour.jpg")
    deep_colour = tf.io.encode_png(np.full((8, 8, 3), 50_000, "uint16")).numpy()
    (tmp_path / "colour.png").write_bytes(deep_colour)
    names = ["deep.png", "flat.png", "colour.jpg", "colour.png"]
    images = flow(tmp_path, names, size=(4, 4), color_mode="grayscale")
    levels = next(iter(images.batch(4))).numpy().max((1, 2, 3))
    assert levels.tolist() == [40_000, 200, 200, 195]
    # In three channels all have 8 bits.
    colours = flow(tmp_path, names, size=(4, 4), color_mode="rgb")
    levels = next(iter(colours.batch(4))).numpy().max((1, 2))
    np.testing.assert_array_equal(levels, np.array([[156], [200], [200], [195]]).repeat(3, 1))


@pytest.mark.parametrize(("bits", "channels"), [(16, 3), (16, 4), (12, 1)])
def test_16_bits_are_for_grey_pictures(bits, channels):
    with pytest.raises(ValueError, match="`bits` must be 8, or 16 where `channels` is 1"):
        Image(height=8, width=8, bits=bits, channels=channels)


def test_brightness_of_16_bits_is_that_of_keras(tmp_path):
    pixels = np.linspace(20_000, 60_000, 64).astype("uint16").reshape(8, 8)
    Pillow.fromarray(pixels).save(tmp_path / "deep.png")
    ours = ImageStream(brightness_range=(0.5, 1.5))
    theirs = tf.keras.preprocessing.image.ImageDataGenerator(brightness_range=(0.5, 1.5))
    for factor in (0.6, 1.0, 1.4):
        picture = pixels[..., None].astype("float32")
        found = ours.apply_transform(picture, {"brightness": factor})
        expected = theirs.apply_transform(picture, {"brightness": factor})
        # A grey level of the 255 between the picture's darkest and brightest value.
        np.testing.assert_allclose(found, expected, atol=1.5 * 40_000 / 255)
    images = flow(tmp_path, ["deep.png"], size=(8, 8), color_mode="grayscale")
    assert next(iter(images.batch(1))).numpy().max() == 60_000


def test_only_grey_pngs_have_16_bits(tmp_path):
    deep = np.full((8, 8, 3), 50_000, "uint16")
    (tmp_path / "colour.png").write_bytes(tf.io.encode_png(deep).numpy())
    images = flow(tmp_path, ["colour.png"], size=(8, 8), color_mode="grayscale")
    assert images.spec.bits == 8
    np.testing.assert_array_equal(next(iter(images.batch(1))), np.full((1, 8, 8, 1), 195.0))
