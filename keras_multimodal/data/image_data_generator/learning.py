"""Statistics of training pictures, learned of arrays, flows and datasets."""

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.column_holder import held_column
from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.augmentation import ImageAugmentation
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image.statistics import learn_statistics
from keras_multimodal.data.image_data_generator.settings import ImageSettings
from keras_multimodal.schema import Image
from keras_multimodal.types import Tensor

_BATCH = 64


def learn_from(x: Tensor, settings: ImageSettings, rounds: int, seed: int | None) -> Image:
    """Return a description that holds the statistics of pictures, once they are rescaled.

    Args:
        x: Pictures of rank 4, a flow, or a dataset of batches; see `ImageStream.fit`.
        settings: What is to be learned, and which changes are made.
        rounds: How many times each picture is changed; 0 to learn of it as it is.
        seed: Seed of the changes.

    Raises:
        ValueError: If `x` has the wrong rank, or there is nothing to be learned.
    """
    # What an earlier `fit` has learned may be of pictures of another size or other channels.
    batches, spec = _batches(x, dataclasses.replace(settings, learned=None))
    if rounds:
        batches = _changed(batches, settings.augmentation, rounds, seed)
    factor = np.float32(settings.rescale or 1.0)
    rescaled = (batch.astype("float32") * factor for batch in batches)
    plain = dataclasses.replace(spec, mean=(), std=(), whitening="")
    return learn_statistics(rescaled, plain, settings.statistics)


def _batches(x: Tensor, settings: ImageSettings) -> tuple[Iterator[np.ndarray], Image]:
    """Return the pictures in batches, channels last, and their description."""
    column = held_column(x)
    if isinstance(column, ImageColumn):
        load = unconverted(converted(column.row_loader()))
        rows = tf.data.Dataset.from_tensor_slices(np.flatnonzero(column.present))
        batches = rows.map(load).batch(_BATCH).as_numpy_iterator()
        return batches, dataclasses.replace(column.spec, data_format="channels_last")
    if isinstance(x, tf.data.Dataset):
        parts = (part[0] if isinstance(part, tuple) else part for part in x)
        batches = (settings.channels_last(_rank_4(part.numpy())) for part in parts)
        first = next(batches, None)
        if first is None:
            raise ValueError("`x` must hold at least one picture to learn from. Received: none")
        return itertools.chain([first], batches), settings.describe_array(first)
    images = settings.channels_last(_rank_4(np.asarray(x)))
    batches = (images[at : at + _BATCH] for at in range(0, len(images), _BATCH))
    return batches, settings.describe_array(images)


def _changed(
    batches: Iterator[np.ndarray], augmentation: ImageAugmentation, rounds: int, seed: int | None
) -> Iterator[np.ndarray]:
    """Yield each batch as often as it is to be changed, each time otherwise."""
    base = np.random.default_rng(seed).integers(2**31)
    row = 0
    for batch in batches:
        for round_ in range(rounds):
            rows = tf.range(row, row + len(batch), dtype=tf.int64)
            seeds = row_seeds(int(base), tf.constant(round_, tf.int64), rows)
            drawn = augmentation.parameters(seeds, *batch.shape[1:3])
            moved = augmentation.move_pixels(tf.constant(batch), drawn)
            yield tf.cast(augmentation.change_pixels(moved, drawn), tf.float32).numpy()
        row += len(batch)


def _rank_4(images: np.ndarray) -> np.ndarray:
    if images.ndim != 4:
        raise ValueError(f"`x` must have rank 4. Received: shape {images.shape}")
    return images
