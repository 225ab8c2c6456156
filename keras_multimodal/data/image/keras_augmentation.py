"""Keras' own preprocessing layers as augmentation."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

Augment = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class _BatchSeeds(keras.random.SeedGenerator):
    """Gives a layer seeds that depend on the batch's rows alone, and not on what it drew before."""

    def __init__(self) -> None:
        super().__init__(seed=0)
        self._begin: tf.Tensor | None = None
        self._drawn = 0

    def begin(self, seeds: tf.Tensor) -> None:
        """Start anew with the rows' seeds, `(batch,)` uint32."""
        self._begin, self._drawn = tf.bitcast(seeds[0], tf.int32), 0

    def next(self, ordered: bool = True) -> tf.Tensor:
        """Return the next seed, `(2,)` int32."""
        self._drawn += 1
        return tf.stack([self._begin, tf.constant(self._drawn)])


def keras_augmentation(layers: Any) -> Augment:
    """Return the changes that Keras' layers make in training.

    Args:
        layers: A layer, a `keras.layers.Pipeline`, a `keras.Sequential`, or a list of layers.

    Returns:
        A graph function from pictures `(batch, height, width, channels)`, in [0, 255], and their
        rows' seeds to changed ones, float32. Keras draws for a whole batch at once, from its first
        row's seed. `AugMix` chooses its operations with Python's `random` as the graph is made,
        and layers that are no preprocessing layers, such as `Dropout`, draw from their own state:
        what these do isn't the same again for a seed.

    Raises:
        TypeError: If something is no layer.
    """
    seeds = _BatchSeeds()
    chain = list(_flat(layers))

    def augment(images: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        seeds.begin(rows)
        shape = images.shape
        images = tf.cast(images, tf.float32)
        for layer in chain:
            with _drawing_from(layer, seeds):
                images = layer(images, training=True)
        if not shape[1:].is_compatible_with(images.shape[1:]):
            raise ValueError(
                "`augment` must keep the pictures' shape; resize with `target_size`. "
                f"Received: layers that make {tuple(images.shape[1:])} of {tuple(shape[1:])}"
            )
        images.set_shape(shape)
        return tf.cast(images, tf.float32)

    return augment


def _flat(layers: Any) -> Iterator[keras.layers.Layer]:
    if isinstance(layers, (keras.layers.Pipeline, keras.Sequential)):
        layers = layers.layers
    for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
        if isinstance(layer, (keras.layers.Pipeline, keras.Sequential)):
            yield from _flat(layer)
        elif isinstance(layer, keras.layers.Layer):
            yield layer
        else:
            raise TypeError(
                "`augment` must be Keras layers, a Pipeline or a Sequential of them. "
                f"Received: {type(layer).__name__}"
            )


@contextlib.contextmanager
def _drawing_from(layer: keras.layers.Layer, seeds: _BatchSeeds) -> Iterator[None]:
    """Let a preprocessing layer and those within it draw from `seeds` while it is called."""
    generators = [(part, part.generator) for part in _random_layers(layer)]
    for part, _ in generators:
        part.generator = seeds
    try:
        yield
    finally:
        for part, generator in generators:
            part.generator = generator


def _random_layers(layer: keras.layers.Layer) -> Iterator[Any]:
    """Yield the layer and those within it that draw random numbers."""
    if isinstance(getattr(layer, "generator", None), keras.random.SeedGenerator):
        yield layer
    for value in list(vars(layer).values()):
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, keras.layers.Layer):
                yield from _random_layers(part)
