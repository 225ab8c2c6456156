"""Random numbers that depend on the seed, the epoch and the row, and on nothing else.

A hash of counters rather than a generator with state: any thread may draw any row's numbers in
any order, a whole batch is drawn at once, and integers give the same bits on every device.
"""

from collections.abc import Sequence

import tensorflow as tf

_GOLDEN = 0x9E3779B9


def row_seeds(seed: int, epoch: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Return one seed for each row of a batch.

    Args:
        seed: The pipeline's seed.
        epoch: The epoch's number, an integer scalar or `(batch,)`.
        rows: The rows' numbers, `(batch,)` integers.

    Returns:
        `(batch,)` uint32; within an epoch no two rows share one.
    """
    state = _mix(tf.constant((seed * _GOLDEN + 1) % 2**32, tf.uint32))
    state = _mix(tf.bitwise.bitwise_xor(state, tf.cast(epoch, tf.uint32)))
    return _mix(tf.bitwise.bitwise_xor(state, tf.cast(rows, tf.uint32)))


def uniform(
    seeds: tf.Tensor, slot: int | Sequence[int], low: float = 0.0, high: float = 1.0
) -> tf.Tensor:
    """Return one number in `[low, high)` for each row, or for each row and slot.

    Args:
        seeds: What `row_seeds` returned, `(batch,)`.
        slot: What the number is for; different slots draw different numbers. Several give as many
            numbers for each row.
        low: Smallest number.
        high: Upper end of the range.

    Returns:
        `(batch,)` float32; `(batch, slots)` for several slots.
    """
    if isinstance(slot, Sequence):
        seeds = seeds[:, None]
        steps = [(number + 1) * _GOLDEN % 2**32 for number in slot]
        bits = _mix(seeds + tf.constant(steps, tf.uint32))
    else:
        bits = _mix(seeds + _u32((slot + 1) * _GOLDEN % 2**32))
    unit = tf.cast(tf.bitwise.right_shift(bits, tf.constant(8, tf.uint32)), tf.float32) * 2.0**-24
    return low + unit * (high - low)


def _mix(bits: tf.Tensor) -> tf.Tensor:
    """Map 32 bits one to one, so that every input bit flips every output bit half the time."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(shift)))
        bits *= _u32(factor)
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(16)))


def _u32(value: int) -> tf.Tensor:
    return tf.constant(value, tf.uint32)
