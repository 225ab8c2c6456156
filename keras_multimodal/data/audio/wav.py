"""WAV files: bytes to samples, inside the graph.

`tf.audio.decode_wav` reads 16-bit PCM alone. Here the RIFF chunks are parsed with plain ops, so
that an exported model reads what the pipeline reads.
"""

from collections.abc import Callable

import tensorflow as tf

# What is above is no recording but a broken file, and would overflow where samples are summed.
MAX_RATE = 1_000_000  # in Hz
MAX_MAGNITUDE = 1e12  # of a sample, where full scale is 1

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_KNOWN = (_PCM * 1000 + 8, _PCM * 1000 + 16, _PCM * 1000 + 24, _PCM * 1000 + 32, _FLOAT * 1000 + 32)


def decode_wav(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode one WAV file: PCM of 8, 16, 24 or 32 bits, or 32-bit float.

    Integers are divided by half their range, so that they lie in [-1, 1). Floats are as stored.

    Args:
        contents: The file's bytes, a scalar string.

    Returns:
        The samples, `(samples, channels)` float32, and the rate in Hz, a scalar int32.

    Raises:
        tf.errors.InvalidArgumentError: If this is no WAV file of those kinds, if its header
            promises more than the file has, if it has no samples, or if one is NaN, infinite or
            above 1e12.
    """
    contents = tf.convert_to_tensor(contents, tf.string)
    size = tf.strings.length(contents)
    riff = (
        (size >= 12)
        & tf.equal(tf.strings.substr(contents, 0, tf.minimum(size, 4)), "RIFF")
        & tf.equal(_part(contents, 8, 4), "WAVE")
    )
    with tf.control_dependencies(
        _check(riff, "This is no WAV file (RIFF, WAVE); other formats must be converted first.")
    ):
        contents = tf.identity(contents)

    def walk(at: tf.Tensor, form: tf.Tensor, data: tf.Tensor, length: tf.Tensor) -> list[tf.Tensor]:
        name, bytes_in = _part(contents, at, 4), _number(contents, at + 4, 4)
        start = at + 8
        form = tf.where(tf.equal(name, "fmt "), start, form)
        is_data = tf.equal(name, "data")
        data, length = tf.where(is_data, start, data), tf.where(is_data, bytes_in, length)
        # Chunks are padded to an even number of bytes.
        return [start + bytes_in + bytes_in % 2, form, data, length]

    none, total = tf.constant(-1, tf.int64), tf.cast(size, tf.int64)
    _, form, data, length = tf.while_loop(
        lambda at, form, data, length: (at + 8 <= total) & (data < 0),
        walk,
        [tf.constant(12, tf.int64), none, none, tf.constant(0, tf.int64)],
    )
    checks = _check((form >= 0) & (form + 16 <= total), "The WAV file has no format chunk.")
    checks += _check(data >= 0, "The WAV file has no data chunk.")
    checks += _check(data + length <= total, "The WAV file ends before its data does.")
    with tf.control_dependencies(checks):
        form = tf.identity(form)
    kind, channels = _number(contents, form, 2), _number(contents, form + 2, 2)
    rate, bits = _number(contents, form + 4, 4), _number(contents, form + 14, 2)
    kind = tf.where(tf.equal(kind, _EXTENSIBLE), _number(contents, form + 24, 2), kind)
    code = kind * 1000 + bits
    checks = _check(tf.reduce_any(code == tf.constant(_KNOWN, tf.int64)), "Unknown WAV encoding.")
    checks += _check((channels > 0) & (rate > 0), "The WAV file has no channels or no rate.")
    checks += _check(rate <= MAX_RATE, "The WAV file's rate is above 1 MHz.")
    frame = tf.maximum(channels * bits // 8, 1)
    checks += _check(length >= frame, "The WAV file has no samples.")
    with tf.control_dependencies(checks):
        code = tf.identity(code)
    payload = _part(contents, data, length - length % frame)
    index = tf.argmax(tf.cast(code == tf.constant(_KNOWN, tf.int64), tf.int32))
    values = tf.switch_case(tf.cast(index, tf.int32), _readers(payload))
    # No comparison with NaN is true.
    sound = tf.reduce_all(tf.abs(values) <= MAX_MAGNITUDE)
    message = "The WAV file has NaN or infinite samples, or some above 1e12."
    with tf.control_dependencies(_check(sound, message)):
        samples = tf.reshape(values, tf.stack([-1, channels]))
    return samples, tf.cast(rate, tf.int32)


def _readers(payload: tf.Tensor) -> list[Callable[[], tf.Tensor]]:
    def pcm(dtype: tf.DType, scale: float, offset: float = 0.0) -> tf.Tensor:
        return (tf.cast(tf.io.decode_raw(payload, dtype), tf.float32) - offset) / scale

    def pcm24() -> tf.Tensor:
        parts = tf.cast(tf.reshape(tf.io.decode_raw(payload, tf.uint8), [-1, 3]), tf.int32)
        value = parts[:, 0] + parts[:, 1] * 2**8 + parts[:, 2] * 2**16
        return tf.cast(value - tf.where(value >= 2**23, 2**24, 0), tf.float32) / 2.0**23

    return [
        lambda: pcm(tf.uint8, 128.0, 128.0),
        lambda: pcm(tf.int16, 2.0**15),
        pcm24,
        lambda: pcm(tf.int32, 2.0**31),
        lambda: tf.io.decode_raw(payload, tf.float32),
    ]


def _part(contents: tf.Tensor, start: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    """Return those bytes, or as many as there are: the checks refuse what is lacking, in words."""
    size = tf.cast(tf.strings.length(contents), tf.int64)
    start = tf.clip_by_value(tf.cast(start, tf.int64), 0, size)
    return tf.strings.substr(contents, start, tf.minimum(tf.cast(length, tf.int64), size - start))


def _number(contents: tf.Tensor, start: tf.Tensor, length: int) -> tf.Tensor:
    """Return a little-endian unsigned integer as int64."""
    values = tf.cast(tf.io.decode_raw(_part(contents, start, length), tf.uint8), tf.int64)
    places = tf.constant([256**place for place in range(length)], tf.int64)
    return tf.reduce_sum(values * places[: tf.size(values)])


def _check(condition: tf.Tensor, message: str) -> list[tf.Operation]:
    # Outside a graph the check has already been made, and there is nothing to wait for.
    check = tf.debugging.Assert(condition, [message])
    return [] if check is None else [check]
