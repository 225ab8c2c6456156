"""Pictures and captions to batches, against what one would use instead.

`python -m benchmarks.data_pipeline`: 4,000 JPEGs of 256x256 with captions become batches of 64:
224x224 float32, normalised and augmented, and 32 token ids. Where they are resized, ours and
image_dataset_from_directory do as `tf.image.resize` does by default; the others smooth before they
shrink, and so does ours where the row says so. Where they are cut out, nobody resizes. The large
ones are 1,000 JPEGs of 1280x854, resized. The pipelines take turns, the first round is thrown away,
and the medians are printed with their ratio to decoding alone (`tf.io.decode_jpeg` on all cores)
and to the peers of the same task.
"""

import argparse
import importlib.metadata
import pathlib
import platform
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from PIL import Image as Pillow

from keras_multimodal.data import ImageStream, TextProcessor, pair

SIZE, BATCH, WORDS = 224, 64, 32
FLIPS = {"horizontal_flip": True}
MOVES = {
    **FLIPS,
    "width_shift_range": 0.1,
    "height_shift_range": 0.1,
    "rotation_range": 15,
}
RATIOS = (
    ("ours, flips", "ImageDataGenerator, flips"),
    ("ours, flips", "image_dataset_from_directory, flips"),
    ("ours, flips", "torch DataLoader, 2 workers, flips"),
    ("ours, flips, smoothed before shrinking", "ImageDataGenerator, flips"),
    ("ours, flips, shifts, rotation", "ImageDataGenerator, flips, shifts, rotation"),
    ("ours, flips, cut out", "torch DataLoader, 2 workers, flips, cut out"),
    ("ours, flips, cut out", "grain, 3 threads, flips, cut out"),
    ("large: ours, flips, scaled decoding", "large: ours, flips"),
)


def write_pictures(folder: pathlib.Path, count: int) -> pd.DataFrame:
    """Crops of photographs that scikit-learn ships, as JPEGs, and made-up captions."""
    from sklearn.datasets import load_sample_images

    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    photos = load_sample_images().images
    words = np.array([f"word{number}" for number in range(5000)])
    rows = []
    for row in range(count):
        photo = photos[row % len(photos)]
        top, left = (generator.integers(0, size - 256) for size in photo.shape[:2])
        crop = photo[top : top + 256, left : left + 256]
        Pillow.fromarray(crop).save(folder / f"{row}.jpg", quality=90)
        caption = " ".join(generator.choice(words, generator.integers(5, 20)))
        rows.append((f"{row}.jpg", caption, str(row % 10)))
    return pd.DataFrame(rows, columns=["file", "caption", "class"])


def write_large_pictures(folder: pathlib.Path, count: int) -> pd.DataFrame:
    """The photographs at twice their size, as JPEGs."""
    from sklearn.datasets import load_sample_images

    folder.mkdir(exist_ok=True)
    photos = load_sample_images().images
    rows = []
    for row in range(count):
        photo = Pillow.fromarray(photos[row % 2])
        file = f"large{row}.jpg"
        photo.resize((1280, 854), Pillow.Resampling.BICUBIC).save(folder / file, quality=90)
        rows.append((file, "a photograph", str(row % 2)))
    return pd.DataFrame(rows, columns=["file", "caption", "class"])


def consume(batches: Any) -> int:
    """Go through an epoch; how many rows it had."""
    rows = 0
    for batch in batches:
        first = tf.nest.flatten(batch)[0]
        rows += len(first)
    return rows


def ours(
    frame: pd.DataFrame,
    folder: pathlib.Path,
    cache: bool = False,
    antialias: bool = False,
    scaled_decoding: bool = False,
    **changes: Any,
) -> Any:
    """Our pipeline; built once, as for `fit`."""
    rescale = None if changes.get("dtype") == "uint8" else 1 / 255
    images = ImageStream(rescale=rescale, **changes).flow_from_dataframe(
        frame,
        folder,
        "file",
        target_size=(SIZE, SIZE),
        interpolation="bilinear",
        antialias=antialias,
        scaled_decoding=scaled_decoding,
    )
    texts = TextProcessor(length=WORDS).from_dataframe(frame, "caption")
    records = pair(images, texts, labels=frame["class"]).adapt()
    dataset = records.batch(BATCH, training=True, cache=cache)
    return lambda: consume(dataset)


def image_data_generator(frame: pd.DataFrame, folder: pathlib.Path, **changes: Any) -> Any:
    """Keras' class, and its captions by TextVectorization, joined by position."""
    generator = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255, **changes)
    flow = generator.flow_from_dataframe(
        frame,
        str(folder),
        "file",
        target_size=(SIZE, SIZE),
        interpolation="bilinear",
        batch_size=BATCH,
        shuffle=False,
    )
    vectorize = keras.layers.TextVectorization(10_000, output_sequence_length=WORDS)
    vectorize.adapt(frame["caption"].tolist())
    captions = frame["caption"].tolist()

    def batches() -> Iterator[Any]:
        for place in range(len(flow)):
            images, labels = flow[place]
            yield images, vectorize(captions[place * BATCH :][: len(images)]), labels

    return lambda: consume(batches())


def image_dataset(frame: pd.DataFrame, folder: pathlib.Path) -> Any:
    """Keras' image dataset, zipped with captions, and its augmentation layers."""
    vectorize = keras.layers.TextVectorization(10_000, output_sequence_length=WORDS)
    vectorize.adapt(frame["caption"].tolist())
    files = sorted(frame["file"])
    captions = dict(zip(frame["file"], frame["caption"], strict=True))
    images = keras.utils.image_dataset_from_directory(
        folder, labels=None, image_size=(SIZE, SIZE), batch_size=BATCH, shuffle=False, verbose=False
    )
    texts = tf.data.Dataset.from_tensor_slices([captions[file] for file in files]).batch(BATCH)
    flip, rescale = keras.layers.RandomFlip("horizontal"), keras.layers.Rescaling(1 / 255)

    def change(images: tf.Tensor, texts: tf.Tensor) -> Any:
        return rescale(flip(images, training=True)), vectorize(texts)

    dataset = tf.data.Dataset.zip(images, texts).map(change, tf.data.AUTOTUNE)
    dataset = dataset.prefetch(tf.data.AUTOTUNE)
    return lambda: consume(dataset)


class PillowPictures:
    """Rows for PyTorch's DataLoader and for grain, with Pillow: flips, resized or cut out."""

    def __init__(self, frame: pd.DataFrame, folder: pathlib.Path, crop: bool) -> None:
        self.crop = crop
        self.files = [str(folder / file) for file in frame["file"]]
        words = {word for caption in frame["caption"] for word in caption.split()}
        ids = {word: number + 2 for number, word in enumerate(sorted(words))}
        self.ids = np.zeros((len(frame), WORDS), "int32")
        for row, caption in enumerate(frame["caption"]):
            own = [ids[word] for word in caption.split()][:WORDS]
            self.ids[row, : len(own)] = own

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> Any:
        with Pillow.open(self.files[row]) as picture:
            if self.crop:
                left, top = (random.randint(0, size - SIZE) for size in picture.size)
                image = np.asarray(picture)[top : top + SIZE, left : left + SIZE]
            else:
                image = np.asarray(picture.resize((SIZE, SIZE), Pillow.Resampling.BILINEAR))
        if random.random() < 0.5:
            image = image[:, ::-1]
        return image.astype("float32") / 255, self.ids[row]


def torch_loader(frame: pd.DataFrame, folder: pathlib.Path, crop: bool = False) -> Any:
    """PyTorch's DataLoader with two workers."""
    from torch.utils.data import DataLoader

    loader = DataLoader(
        PillowPictures(frame, folder, crop),
        batch_size=BATCH,
        shuffle=True,
        num_workers=2,
        persistent_workers=True,
        multiprocessing_context="forkserver",
    )
    return lambda: consume(loader)


def grain_loader(frame: pd.DataFrame, folder: pathlib.Path) -> Any:
    """Grain, with threads."""
    import grain

    source = grain.MapDataset.source(PillowPictures(frame, folder, crop=True)).shuffle(seed=0)
    options = grain.ReadOptions(num_threads=3, prefetch_buffer_size=2 * BATCH)
    return lambda: consume(source.to_iter_dataset(options).batch(BATCH))


def ceiling(frame: pd.DataFrame, folder: pathlib.Path) -> Any:
    """Decoding alone, on all cores."""
    files = tf.data.Dataset.from_tensor_slices([str(folder / file) for file in frame["file"]])
    decoded = files.map(
        lambda file: tf.shape(tf.io.decode_jpeg(tf.io.read_file(file)))[:1], tf.data.AUTOTUNE
    ).batch(BATCH)
    return lambda: consume(decoded)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000, help="pictures (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds kept (default: %(default)s)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Keras' deprecated class, and SciPy's of what it calls
    with tempfile.TemporaryDirectory() as temporary:
        folder, large_folder = (pathlib.Path(temporary, name) for name in ("small", "large"))
        frame = write_pictures(folder, options.rows)
        large = write_large_pictures(large_folder, max(options.rows // 4, BATCH))
        runs: dict[str, Callable[[], int]] = {
            "decode_jpeg alone": ceiling(frame, folder),
            "ours, flips, cut out": ours(frame, folder, random_crop=True, **FLIPS),
            "ours, flips, cut out, uint8": ours(
                frame, folder, random_crop=True, dtype="uint8", **FLIPS
            ),
            "torch DataLoader, 2 workers, flips, cut out": torch_loader(frame, folder, crop=True),
            "grain, 3 threads, flips, cut out": grain_loader(frame, folder),
            "ours, flips, uint8": ours(frame, folder, dtype="uint8", **FLIPS),
            "ours, flips": ours(frame, folder, **FLIPS),
            "ours, flips, shifts, rotation": ours(frame, folder, **MOVES),
            "ours, flips, smoothed before shrinking": ours(frame, folder, antialias=True, **FLIPS),
            "ours, flips, cached": ours(frame, folder, cache=True, **FLIPS),
            "ImageDataGenerator, flips": image_data_generator(frame, folder, **FLIPS),
            "ImageDataGenerator, flips, shifts, rotation": image_data_generator(
                frame, folder, **MOVES
            ),
            "image_dataset_from_directory, flips": image_dataset(frame, folder),
            "torch DataLoader, 2 workers, flips": torch_loader(frame, folder),
            "large: decode_jpeg alone": ceiling(large, large_folder),
            "large: ours, flips": ours(large, large_folder, **FLIPS),
            "large: ours, flips, scaled decoding": ours(
                large, large_folder, scaled_decoding=True, **FLIPS
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for round_ in range(options.rounds + 1):
            for name, run in runs.items():
                start = time.perf_counter()
                rows = run()
                elapsed = time.perf_counter() - start
                wanted = len(large) if name.startswith("large") else options.rows
                assert rows == wanted, f"{name} gave {rows} rows"
                if round_:
                    times[name].append(elapsed / rows)
    rates = {name: 1 / statistics.median(own) for name, own in times.items()}
    packages = ("keras-multimodal-fusion", "tensorflow", "keras", "torch", "grain", "pillow")
    versions = {name: importlib.metadata.version(name) for name in packages}
    print(f"Python {platform.python_version()}, {versions}")
    print(f"{options.rows} JPEGs 256x256, batches of {BATCH}, {options.rounds} rounds, medians")
    print(f"{'':45} {'rows/s':>8} {'of decoding':>12}")
    for name, rate in rates.items():
        size = "large: " if name.startswith("large") else ""
        share = rate / rates[f"{size}decode_jpeg alone"]
        print(f"{name:45} {rate:8.0f} {share:12.2f}")
    for name, peer in RATIOS:
        print(f"{rates[name] / rates[peer]:6.2f} times {peer!r}: {name!r}")


if __name__ == "__main__":
    main()
