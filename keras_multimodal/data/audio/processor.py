"""Recordings from folders and frames, with random changes."""

import math
import numbers
import os
from collections.abc import Sequence
from typing import Any, Literal

from keras_multimodal.data.audio.augmentation import AudioAugmentation
from keras_multimodal.data.audio.column import AudioColumn
from keras_multimodal.data.audio.sound_file import is_wav, require_soundfile
from keras_multimodal.data.column.files import existing_folder, sub_folders, walk
from keras_multimodal.data.column.keyed_files import KeyedFiles, folder_files, frame_files
from keras_multimodal.schema import Audio
from keras_multimodal.schema.file_endings import ENDINGS
from keras_multimodal.types import Frame

_EXTENSIONS = ENDINGS["audio"]


class AudioStream:
    """Makes columns of recordings, mixed to mono and resampled to one rate.

    WAV files (8, 16, 24 and 32 bits, float, mu-law and A-law, RF64, and what was written to a pipe)
    are decoded in the graph; other encodings, FLAC, OGG and MP3 need the extra `audio`. A file's
    bytes say what it is, and not its name. An exported model takes the bytes of WAV files.

    Args:
        sample_rate: Rate in Hz to which recordings are resampled.
        num_samples: Samples kept of each, at that rate; shorter ones are padded and masked.
        duration: The same in seconds. Exactly one of the two must be given.
        crop: Which part of a longer one is kept: `"start"` or `"center"`. Defaults to `"start"`.
        normalize: `"peak"` scales what is kept to a largest magnitude of 1, `"rms"` to
            `target_level`. Defaults to `None`.
        target_level: Level of `"rms"` in dBFS, at most 0; recordings whose peaks would pass 1 stay
            below it. See `keras_multimodal.schema.Audio`. Defaults to -20.
        time_stretch: Lowest and highest tempo as a factor, at the same pitch. See
            `AudioAugmentation` for this and for what follows.
        time_shift: Longest shift either way in seconds.
        gain: Lowest and highest gain in dB.
        noise_snr: Lowest and highest signal-to-noise ratio in dB.
        frequency_mask: Widest silenced band in Hz, at most half the sample rate.
        time_mask: Longest silenced stretch in seconds.

    Raises:
        TypeError: If a number is of another type.
        ValueError: If an argument is out of range, or not exactly one of `num_samples` and
            `duration` is given.

    Example:

    >>> column = AudioStream(16_000, duration=1.5, normalize="rms", gain=(-6.0, 6.0))
    >>> column.augmentation.gain
    (-6.0, 6.0)
    """

    def __init__(
        self,
        sample_rate: int,
        num_samples: int | None = None,
        *,
        duration: float | None = None,
        crop: Literal["start", "center"] = "start",
        normalize: Literal["peak", "rms"] | None = None,
        target_level: float = -20.0,
        time_stretch: tuple[float, float] | None = None,
        time_shift: float = 0.0,
        gain: tuple[float, float] | None = None,
        noise_snr: tuple[float, float] | None = None,
        frequency_mask: float = 0.0,
        time_mask: float = 0.0,
    ) -> None:
        if (num_samples is None) == (duration is None):
            raise ValueError(
                "Exactly one of `num_samples` and `duration` must be given. "
                f"Received: num_samples={num_samples}, duration={duration}"
            )
        self._settings: dict[str, Any] = {
            "sample_rate": sample_rate,
            "num_samples": 1 if num_samples is None else num_samples,
            "crop": crop,
            "normalize": normalize,
            "target_level": target_level,
        }
        Audio(**self._settings)  # raises what it finds wrong
        if duration is not None:
            self._settings["num_samples"] = _samples_in(duration, sample_rate)
        self.augmentation = AudioAugmentation(
            time_stretch=time_stretch,
            time_shift=time_shift,
            gain=gain,
            noise_snr=noise_snr,
            frequency_mask=frequency_mask,
            time_mask=time_mask,
        )
        if frequency_mask > sample_rate / 2:
            raise ValueError(
                f"`frequency_mask` must be at most half of sample_rate={sample_rate}. "
                f"Received: frequency_mask={frequency_mask}"
            )

    def from_dataframe(
        self,
        dataframe: Frame,
        column: str,
        directory: str | os.PathLike[str] | None = None,
        *,
        validate_filenames: bool = True,
        key: str | None = None,
        name: str | None = None,
        optional: bool = False,
    ) -> AudioColumn:
        """Return a column of the recordings that a column of a frame names.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            column: Column of file names. An empty cell is a row without a recording.
            directory: Folder that the file names are relative to. Without it they are paths.
            validate_filenames: Whether to check now that each file is there and not empty.
            key: Column of keys; the frame's index by default.
            name: The input's name; `"audio"` by default.
            optional: Whether a row may lack the recording.

        Raises:
            ImportError: If a file is no WAV and soundfile is not installed.
            ValueError: If a column is missing, or a file is empty.
            FileNotFoundError: If the folder or a file is missing; it names the row.
        """
        files = frame_files(dataframe, column, directory, key)
        if validate_filenames:
            files.check("recording")
        return self._column(files, None, name, optional)

    def from_directory(
        self,
        directory: str | os.PathLike[str],
        classes: Sequence[str] | None = None,
        *,
        follow_links: bool = False,
        key: Literal["path", "stem"] = "path",
        name: str | None = None,
        optional: bool = False,
    ) -> AudioColumn:
        """Return a column of the recordings in a folder, or with one sub-folder for each class.

        Args:
            directory: The folder.
            classes: Names of the sub-folders to read; by default all of them but for hidden ones,
                and if there are none, the folder itself, without classes.
            follow_links: Whether to read linked folders inside these, each folder once.
            key: A row's key: `"path"`, relative to the folder, or `"stem"`, the file's name
                without folder and extension.
            name: The input's name; `"audio"` by default.
            optional: Whether a row may lack the recording, once paired.

        Raises:
            ImportError: If a file is no WAV and soundfile is not installed.
            ValueError: If there is no recording, or a file is empty.
            FileNotFoundError: If the folder or a class' folder is missing.
        """
        root = existing_folder(directory)
        if classes is None:
            classes = sub_folders(root)
        folders: list[tuple[str | None, str]]
        folders = [(label, os.path.join(root, label)) for label in classes] or [(None, root)]
        names: list[str] = []
        targets: list[str | None] = []
        for label, folder in folders:
            found = _recordings(existing_folder(folder), root, follow_links)
            names += found
            targets += [label] * len(found)
        if not names:
            raise ValueError(
                f"`directory` must have recordings ({', '.join(_EXTENSIONS)}). "
                f"Received: directory={root!r} with none"
            )
        files = folder_files(root, names, key)
        files.check("recording")
        return self._column(files, targets, name, optional)

    def _column(
        self,
        files: KeyedFiles,
        targets: Sequence[str | None] | None,
        name: str | None,
        optional: bool,
    ) -> AudioColumn:
        others = (path for path in files.paths if path and not path.lower().endswith(".wav"))
        if not all(is_wav(path) for path in others):
            require_soundfile()
        name = Audio.name if name is None else name
        return AudioColumn(
            Audio(name=name, optional=optional, **self._settings),
            files.keys,
            files.paths,
            files.source,
            augmentation=self.augmentation,
            targets=targets,
        )


def _samples_in(duration: float, sample_rate: int) -> int:
    """Return the samples nearest to so many seconds."""
    if isinstance(duration, bool) or not isinstance(duration, numbers.Real):
        raise TypeError(f"`duration` must be a number of seconds. Received: duration={duration!r}")
    if not 0 < duration < math.inf or round(duration * sample_rate) < 1:
        raise ValueError(
            f"`duration` must be seconds of at least one sample at sample_rate={sample_rate}. "
            f"Received: duration={duration}"
        )
    return round(duration * sample_rate)


def _recordings(directory: str, root: str, follow_links: bool) -> list[str]:
    """Return the recordings below `directory`, relative to `root`, in the order of their names."""
    return [
        os.path.relpath(os.path.join(parent, file), root)
        for parent, _, files in sorted(walk(directory, follow_links, set()))
        for file in sorted(files)
        if os.path.splitext(file)[1].lower() in _EXTENSIONS
    ]
