"""A column of recordings, as `AudioStream` makes it."""

import functools
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.audio.augmentation import AudioAugmentation
from keras_multimodal.data.audio.sound_file import make_sound_reader
from keras_multimodal.data.audio.wav import wav_layout
from keras_multimodal.data.column.column import BatchFinisher, CellLoader, Column
from keras_multimodal.data.column.files import file_problems, make_file_reader
from keras_multimodal.schema import Audio
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Tensors


class AudioColumn(Column):
    """Recordings by key: what `AudioStream` makes.

    Args:
        spec: The recordings' description.
        keys: One key for each row.
        cells: The paths of the files; an empty string is a row without a recording.
        source: Where the paths come from, for error messages.
        augmentation: The random changes that training makes.
        targets: The class of each row, or `None`.

    Example:

    >>> from keras_multimodal.data import AudioStream
    >>> frame = pd.DataFrame({"file": ["a.wav", ""]}, index=["x", "y"])
    >>> column = AudioStream(8_000, 4_000).from_dataframe(
    ...     frame, "file", optional=True, validate_filenames=False
    ... )
    >>> column.present.tolist()
    [True, False]
    """

    reads_files = True
    _columns: ClassVar[dict[str, Any]] = {"cells": "", "targets": None}
    spec: Audio

    def __init__(
        self,
        spec: Audio,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        *,
        augmentation: AudioAugmentation | None = None,
        targets: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(spec, keys, cells, source)
        self.augmentation = augmentation or AudioAugmentation()
        self.targets = np.full(len(self), None, object)
        self.targets[:] = None if targets is None else list(targets)

    @property
    def labels(self) -> pd.Series | None:
        """The class of each row by key, for `pair(..., labels=column.labels)`."""
        if all(is_missing(target) for target in self.targets):
            return None
        index = pd.Index(self.keys, tupleize_cols=False)
        return pd.Series(self.targets, index=index, name="label")

    @functools.cached_property
    def _file_problems(self) -> dict[str, str]:
        """The files that must not be read, and why; parts of the rows share it."""
        return file_problems(self.cells)

    def cell_loader(self) -> CellLoader:
        """Read, decode and resample one file; its bytes say what it is, and not its name."""
        transform = self.transform
        read_file = make_file_reader(self._file_problems)
        probe, read_sound = make_sound_reader()

        def load(path: tf.Tensor) -> Tensors:
            contents = read_file(path)
            layout = wav_layout(contents)

            def load_other() -> Tensors:
                count, rate = probe(contents)
                return transform.arrange(count, rate, functools.partial(read_sound, contents))

            return tf.cond(
                # A WAV that is broken is told so; soundfile would read what is left of it.
                layout.riff & (layout.known | (layout.form < 0)),
                lambda: transform.load_wav(contents, layout),
                load_other,
            )

        return load

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Augment."""
        finish, rate = self.transform.finish, self.spec.sample_rate
        if not training or self.augmentation == AudioAugmentation():
            return lambda loaded, seeds: finish(loaded)
        augmentation = self.augmentation

        def augment(loaded: tuple[tf.Tensor, tf.Tensor], seeds: tf.Tensor) -> Any:
            samples, mask = loaded
            return finish(augmentation.apply(samples, mask, seeds, rate))

        return augment
