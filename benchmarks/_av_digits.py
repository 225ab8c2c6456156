"""AV digits: pictures and recordings of digits, paired, the picture made the weak modality."""

import io
import pathlib
import zipfile

import keras
import numpy as np
from PIL import Image as Pillow

from benchmarks._spoken_digits import RATE, read_spoken_digits

MELS = 40
ENERGY = 0.25


def read(folder: pathlib.Path, seed: int = 0) -> dict[str, tuple[np.ndarray, ...]]:
    """`train` and `test`, each pictures, log-mel spectrograms and digits.

    The recordings of one speaker, another for each seed, are test; pictures are split as their
    authors do. Each recording gets a picture of its digit. Of a picture only the
    principal components that hold a quarter of the training pictures' energy are kept, as in
    AV-MNIST (Vielzeuf et al., "CentralNet", 2018).

    Args:
        folder: Where `mnist.zip` and `fsdd.zip` lie.
        seed: Seed of the pairing, and the speaker's place in the alphabet.
    """
    sounds = _recordings(folder / "fsdd.zip", seed)
    generator = np.random.default_rng(seed)
    parts = {}
    for part in ("train", "test"):
        spectrograms, digits = sounds[part]
        pictures = np.empty((len(digits), 28 * 28), "float32")
        for digit, files in _pictures(folder / "mnist.zip", part).items():
            rows = np.nonzero(digits == digit)[0]
            pictures[rows] = files[generator.permutation(len(files))[: len(rows)]]
        parts[part] = (pictures, spectrograms, digits)
    mean = parts["train"][0].mean(axis=0)
    _, values, components = np.linalg.svd(parts["train"][0] - mean, full_matrices=False)
    shares = np.cumsum(values**2) / np.sum(values**2)
    kept = components[: int(np.searchsorted(shares, ENERGY)) + 1]
    scale = (parts["train"][0] - mean).std()
    level, spread = parts["train"][1].mean(), parts["train"][1].std()
    return {
        part: (
            ((pictures - mean) @ kept.T @ kept / scale).reshape(-1, 28, 28, 1),
            ((spectrograms - level) / spread)[..., None],
            digits,
        )
        for part, (pictures, spectrograms, digits) in parts.items()
    }


def _pictures(path: pathlib.Path, part: str) -> dict[int, np.ndarray]:
    """The flat pictures of each digit, in [0, 1]."""
    found: dict[int, list[np.ndarray]] = {digit: [] for digit in range(10)}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith(f"{part}/") and name.endswith(".png"):
                picture = np.asarray(Pillow.open(io.BytesIO(archive.read(name))))
                found[int(name.split("/")[1])].append(picture.reshape(-1))
    return {digit: np.stack(files).astype("float32") / 255 for digit, files in found.items()}


def _recordings(path: pathlib.Path, seed: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Log-mel spectrograms `(rows, frames, mels)` of a second, and their digits."""
    spoken = read_spoken_digits(path)
    speakers = sorted(set(spoken.speakers))
    test = spoken.speakers == speakers[seed % len(speakers)]
    # Not in dB: Keras clips those by the loudest place of the batch, which is of other rows.
    mel = keras.layers.MelSpectrogram(
        fft_length=256,
        sequence_stride=160,
        sampling_rate=RATE,
        num_mel_bins=MELS,
        power_to_db=False,
    )

    def spectrograms(rows: np.ndarray) -> np.ndarray:
        batches = [mel(rows[start : start + 256]) for start in range(0, len(rows), 256)]
        power = np.swapaxes(np.concatenate(batches), 1, 2)  # (rows, frames, mels)
        return np.log(power + 1e-4)

    return {
        part: (spectrograms(spoken.samples[rows]), spoken.digits[rows])
        for part, rows in (("train", ~test), ("test", test))
    }


def augment(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """The rows anew, `(rows, first, second, 1)`: moved, a band of either axis hidden, with noise.

    After Park et al., "SpecAugment", 2019; pictures are moved along both axes, and spectrograms,
    which are longer than they are high, in time alone.
    """
    count, first, second, _ = rows.shape
    moves = generator.integers(-2, 3, size=(2, count, 1))
    if first != second:
        moves = moves * np.array([2, 0])[:, None, None]
    down, across = (
        np.clip(np.arange(size) + move, 0, size - 1)
        for size, move in zip((first, second), moves, strict=True)
    )
    moved = rows[np.arange(count)[:, None, None], down[:, :, None], across[:, None, :]]
    for axis, size in ((1, first), (2, second)):
        widths = generator.integers(0, size // 5 + 1, size=count)
        starts = (generator.random(count) * (size - widths + 1)).astype(int)
        places = np.arange(size)
        hidden = (places >= starts[:, None]) & (places < (starts + widths)[:, None])
        moved[np.expand_dims(hidden, 3 - axis).repeat(rows.shape[3 - axis], 3 - axis)] = 0.0
    return moved + generator.normal(scale=0.1, size=moved.shape).astype("float32")
