"""AV digits: pictures and recordings of digits, paired, the picture made the weak modality."""

import io
import pathlib
import zipfile

import keras
import numpy as np
from PIL import Image as Pillow

RATE, SAMPLES = 8000, 8000
MELS = 40
ENERGY = 0.25


def read(folder: pathlib.Path, seed: int = 0) -> dict[str, tuple[np.ndarray, ...]]:
    """`train` and `test`, each pictures, log-mel spectrograms and digits.

    Recordings are split as their authors do, takes 0 to 4 of each speaker and digit being test;
    pictures as theirs do. Each recording gets a picture of its digit. Of a picture only the
    principal components that hold a quarter of the training pictures' energy are kept, as in
    AV-MNIST (Vielzeuf et al., "CentralNet", 2018).

    Args:
        folder: Where `mnist.zip` and `fsdd.zip` lie.
        seed: Seed of the pairing.
    """
    sounds = _recordings(folder / "fsdd.zip")
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


def _recordings(path: pathlib.Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Log-mel spectrograms `(rows, frames, mels)` of a second, and their digits."""
    import soundfile

    waves: dict[str, list[np.ndarray]] = {"train": [], "test": []}
    digits: dict[str, list[int]] = {"train": [], "test": []}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith(".wav"):
                continue
            digit, _, take = pathlib.Path(name).stem.split("_")
            part = "test" if int(take) < 5 else "train"
            samples, rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")
            if rate != RATE:
                raise ValueError(f"{name} must have {RATE} Hz. Received: {rate} Hz")
            wave = np.zeros(SAMPLES, "float32")
            wave[: len(samples)] = samples[:SAMPLES]
            waves[part].append(wave)
            digits[part].append(int(digit))
    mel = keras.layers.MelSpectrogram(
        fft_length=256, sequence_stride=160, sampling_rate=RATE, num_mel_bins=MELS
    )

    def spectrograms(rows: list[np.ndarray]) -> np.ndarray:
        batches = [mel(np.stack(rows[start : start + 256])) for start in range(0, len(rows), 256)]
        return np.swapaxes(np.concatenate(batches), 1, 2)  # (rows, frames, mels)

    return {part: (spectrograms(own), np.array(digits[part])) for part, own in waves.items()}
