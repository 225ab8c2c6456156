"""The spoken digits of `fsdd.zip`."""

import dataclasses
import io
import pathlib
import zipfile

import numpy as np
import soundfile

# In Hz, and what is kept of each recording.
RATE, SAMPLES = 8000, 8000


@dataclasses.dataclass(frozen=True)
class SpokenDigits:
    """Recordings in the order of their names.

    Args:
        samples: `(rows, SAMPLES)`, zeros after the end.
        lengths: Samples of each recording, `(rows,)`.
        digits: `(rows,)`.
        speakers: Names, `(rows,)`.
    """

    samples: np.ndarray
    lengths: np.ndarray
    digits: np.ndarray
    speakers: np.ndarray


def read_spoken_digits(path: pathlib.Path) -> SpokenDigits:
    """Read `recordings/<digit>_<speaker>_<take>.wav` of the archive."""
    samples, lengths, digits, speakers = [], [], [], []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".wav")):
            digit, speaker, _ = pathlib.Path(name).stem.split("_")
            wave, rate = soundfile.read(io.BytesIO(archive.read(name)), dtype="float32")
            if rate != RATE:
                raise ValueError(f"{name} must have {RATE} Hz. Received: {rate} Hz")
            row = np.zeros(SAMPLES, "float32")
            row[: len(wave)] = wave[:SAMPLES]
            samples.append(row)
            lengths.append(min(len(wave), SAMPLES))
            digits.append(int(digit))
            speakers.append(speaker)
    return SpokenDigits(np.stack(samples), *map(np.array, (lengths, digits, speakers)))
