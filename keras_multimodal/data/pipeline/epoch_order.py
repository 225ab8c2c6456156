"""The order of the rows in an epoch."""

import numpy as np
import tensorflow as tf


def epoch_size(rows: int, labels: np.ndarray | None) -> int:
    """Return how many rows an epoch has; see `epoch_order`."""
    if labels is None:
        return rows
    counts = np.bincount(labels)
    return int(counts.max() * (counts > 0).sum())


def epoch_order(
    rows: int, labels: np.ndarray | None, shuffle: bool, seed: int, epoch: tf.Tensor
) -> tf.Tensor:
    """Return the numbers of the rows that an epoch has, in its order.

    Args:
        rows: How many rows there are.
        labels: `(rows,)` class numbers, if each class is to come up as often as the largest one: a
            class with `n` of the largest one's `m` rows then has each row `m // n` or
            `m // n + 1` times. `None` for each row once.
        shuffle: Whether each epoch has an order of its own.
        seed: Seed of the order.
        epoch: The epoch's number, an integer scalar.

    Returns:
        `(epoch_size(rows, labels),)` int64.
    """
    if labels is None:
        order = tf.range(rows, dtype=tf.int64)
    else:
        largest = int(np.bincount(labels).max())
        parts = []
        for number in np.unique(labels):
            of_class = np.flatnonzero(labels == number)
            # Which rows come up once more than the others is drawn anew in each epoch.
            shuffled = tf.random.experimental.stateless_shuffle(
                tf.constant(of_class, tf.int64), seed=[seed + 1 + number, epoch]
            )
            parts.append(tf.tile(shuffled, [-(-largest // len(of_class))])[:largest])
        order = tf.concat(parts, 0)
    if not shuffle:
        return order if labels is None else tf.sort(order)
    return tf.random.experimental.stateless_shuffle(order, seed=[seed, epoch])
