"""Bytes and numbers out of a file's contents, in a graph."""

import inspect
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def traced_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a graph function that a process traces once, whoever calls it.

    Every data set and every SavedModel is a graph of its own, and what walks through a file's bytes
    takes tenths of a second to trace.

    Args:
        function: Takes a file's bytes, a scalar string, and perhaps whole numbers.
    """
    others = len(inspect.signature(function).parameters) - 1
    signature = [tf.TensorSpec((), tf.string), *[tf.TensorSpec((), tf.int64)] * others]
    return tf.function(function, input_signature=signature, autograph=False)


def part(contents: tf.Tensor, start: tf.Tensor | int, length: tf.Tensor | int) -> tf.Tensor:
    """Return some of a file's bytes, or as many as there are.

    Args:
        contents: The file's bytes, a scalar string.
        start: The place of the first.
        length: How many.
    """
    start = tf.clip_by_value(start, 0, tf.strings.length(contents))
    return tf.strings.substr(contents, start, length)


def byte_values(contents: tf.Tensor, start: tf.Tensor | int, length: tf.Tensor | int) -> tf.Tensor:
    """Return some of a file's bytes as int32; see `part`."""
    return tf.cast(tf.io.decode_raw(part(contents, start, length), tf.uint8), tf.int32)


def number(
    contents: tf.Tensor, start: tf.Tensor | int, length: int, big: bool | tf.Tensor
) -> tf.Tensor:
    """Return an unsigned integer as int32.

    Args:
        contents: The file's bytes, a scalar string.
        start: The place of its first byte. What is behind the end counts as zeros.
        length: How many bytes it has, 2 or 4. Of 4 the highest is left out: there is no such place.
        big: Whether the first byte is the highest.
    """
    kind = {2: tf.uint16, 4: tf.int32}[length]
    stored = part(contents, start, length)

    def value(little: bool) -> tf.Tensor:
        stored_as = tf.io.decode_raw(stored, kind, little_endian=little, fixed_length=length)
        return tf.reshape(stored_as, [])

    found = tf.where(big, value(False), value(True)) if tf.is_tensor(big) else value(not big)
    return tf.bitwise.bitwise_and(tf.cast(found, tf.int32), 0xFFFFFF)
