"""Files as they are found in the wild: read, or refused by name, and never lost."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import ImageStream, TextProcessor, pair


@pytest.fixture
def pixels():
    y, x = np.mgrid[:16, :16] * 15
    return np.stack([x, y, 255 - x], -1).astype("uint8")


def batch_of(folder, names, **options):
    frame = pd.DataFrame({"file": names})
    flow = ImageStream().flow_from_dataframe(
        frame, folder, "file", class_mode=None, target_size=(16, 16), **options
    )
    return next(iter(flow.batch(len(names)))).numpy()


def test_cmyk_is_shown_in_its_colours(tmp_path, pixels):
    Pillow.fromarray(pixels).convert("CMYK").save(tmp_path / "print.jpg", quality=95)
    with Pillow.open(tmp_path / "print.jpg") as picture:
        assert picture.mode == "CMYK"
        expected = np.asarray(picture.convert("RGB"), "float32")
    (found,) = batch_of(tmp_path, ["print.jpg"])
    assert np.abs(found - expected).mean() < 3


def test_of_an_animation_the_first_frame_is_seen(tmp_path, pixels):
    frames = [Pillow.fromarray(frame) for frame in (pixels, 255 - pixels, pixels // 2)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with Pillow.open(tmp_path / "a.gif") as picture:
        expected = np.asarray(picture.convert("RGB"))
    (found,) = batch_of(tmp_path, ["a.gif"])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("lossless", [False, True])
def test_an_animated_webp_is_refused_before_tensorflow_reads_it(tmp_path, pixels, lossless):
    """TensorFlow 2.21 writes beyond its buffer and takes the process along."""
    frames = [Pillow.fromarray(frame) for frame in (pixels, 255 - pixels)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=lossless)
    frames[0].save(tmp_path / "b.webp", lossless=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row 0 could not be read"):
        batch_of(tmp_path, ["a.webp", "b.webp"])
    frame = pd.DataFrame({"file": ["a.webp", "b.webp"]})
    flow = ImageStream().flow_from_dataframe(frame, tmp_path, "file", target_size=(16, 16))
    report = pair(flow, on_error="drop").report
    assert "animated WebP" in report.unreadable["image"][0]
    (found,) = batch_of(tmp_path, ["b.webp"])
    np.testing.assert_array_equal(found, pixels)


def test_what_a_file_is_called_says_nothing(tmp_path, pixels):
    """A PNG called .jpg and a JPEG called .png, beside each other."""
    Pillow.fromarray(pixels).save(tmp_path / "a.jpg", format="PNG")
    Pillow.fromarray(pixels).save(tmp_path / "b.png", format="JPEG", quality=95)
    exact, near = batch_of(tmp_path, ["a.jpg", "b.png"])
    np.testing.assert_array_equal(exact, pixels)
    assert np.abs(near - pixels).mean() < 4


@pytest.mark.parametrize(
    "name", ["two\nlines.png", "κόσμε 图.png", "per%cent 'quoted' .png", "-.png"]
)
def test_odd_names_are_read_and_named(tmp_path, pixels, name):
    Pillow.fromarray(pixels).save(tmp_path / name)
    (found,) = batch_of(tmp_path, [name])
    np.testing.assert_array_equal(found, pixels)
    (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row 0 could not be read"):
        batch_of(tmp_path, [name])


def test_a_file_that_may_not_be_read_is_named(open_folder, as_nobody, pixels):
    for name in ("ours.png", "mine.png"):
        Pillow.fromarray(pixels).save(open_folder / name)
        (open_folder / name).chmod(0o644)
    with as_nobody():
        assert len(batch_of(open_folder, ["ours.png", "mine.png"])) == 2
    (open_folder / "mine.png").chmod(0)
    with as_nobody(), pytest.raises(tf.errors.InvalidArgumentError, match="Row 1 could not be"):
        batch_of(open_folder, ["ours.png", "mine.png"])


def test_data_sets_are_mixed_by_tensorflow_s_own_function(tmp_path, pixels):
    """As the docs say: shares hold, and rows stay whole."""
    sets = []
    for level, word in ((10, "low"), (200, "high")):
        names = [f"{word}{row}.png" for row in range(30)]
        for name in names:
            Pillow.fromarray(np.full((16, 16, 3), level, "uint8")).save(tmp_path / name)
        frame = pd.DataFrame({"file": names, "word": [word] * 30})
        images = ImageStream().flow_from_dataframe(frame, tmp_path, "file", target_size=(16, 16))
        texts = TextProcessor(length=1, vocabulary=["low", "high"]).from_dataframe(frame, "word")
        sets.append(pair(images, texts).batch(5, training=True))
    mixed = tf.data.Dataset.sample_from_datasets(
        [dataset.repeat() for dataset in sets], weights=[0.8, 0.2], seed=0
    )
    low = 0
    for inputs in mixed.take(100):
        is_low = inputs["image"].numpy().mean() < 100
        assert (inputs["text"].numpy() == (2 if is_low else 3)).all()
        low += is_low
    assert 65 < low < 95


def test_a_format_that_is_not_read_is_named(tmp_path, pixels):
    Pillow.fromarray(pixels).save(tmp_path / "a.tif")
    Pillow.fromarray(pixels).save(tmp_path / "b.jfif", "JPEG")
    files = ImageStream().from_dataframe(
        pd.DataFrame({"photo": ["a.tif", "b.jfif"]}), "photo", tmp_path
    )
    with pytest.raises(
        ValueError, match=r"1 that cannot.*cannot be decoded: \.tif files are not read"
    ):
        pair(files).verify()
