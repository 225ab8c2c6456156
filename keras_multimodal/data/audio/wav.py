"""WAV files: bytes to samples, inside the graph.

`tf.audio.decode_wav` reads 16-bit PCM alone. Here the RIFF chunks are parsed with plain ops, so
that an exported model reads what the pipeline reads.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.status import Status

# What is above is no recording but a broken file, and would overflow where samples are summed.
MAX_RATE = 1_000_000  # in Hz
MAX_MAGNITUDE = 1e12  # of a sample, where full scale is 1
MAX_CHANNELS = 256

_MAX_CHUNKS = 256  # before the samples; each takes a while to skip, and files have a dozen
_PIPE = 2**31 - 2**16  # bytes; who writes to a pipe says so many or more, or none
_PCM, _FLOAT, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_KNOWN = (
    _PCM * 1000 + 8,
    _PCM * 1000 + 16,
    _PCM * 1000 + 24,
    _PCM * 1000 + 32,
    _FLOAT * 1000 + 32,
    _FLOAT * 1000 + 64,
    _A_LAW * 1000 + 8,
    _MU_LAW * 1000 + 8,
)


class WavLayout(NamedTuple):
    """The header of a WAV file, as scalars; nothing has been checked yet.

    Args:
        riff: Whether it is a WAV file at all.
        chunks: How many chunks were looked at.
        form: Where the description of the samples begins, -1 for nowhere.
        data: Where the samples begin, -1 for nowhere.
        length: Their bytes.
        kind: How they are encoded.
        bits: Of a sample.
        channels: In a frame.
        rate: Frames a second.
    """

    riff: tf.Tensor
    chunks: tf.Tensor
    form: tf.Tensor
    data: tf.Tensor
    length: tf.Tensor
    kind: tf.Tensor
    bits: tf.Tensor
    channels: tf.Tensor
    rate: tf.Tensor

    @property
    def known(self) -> tf.Tensor:
        """A flag, True where `decode_frames` reads the encoding."""
        return tf.reduce_any(self.code == tf.constant(_KNOWN, tf.int64))

    @property
    def code(self) -> tf.Tensor:
        """Kind and bits in one number."""
        return self.kind * 1000 + self.bits

    @property
    def frame(self) -> tf.Tensor:
        """The bytes of a frame."""
        return tf.maximum(self.channels * self.bits // 8, 1)

    @property
    def count(self) -> tf.Tensor:
        """The number of frames."""
        return self.length // self.frame


def decode_wav(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode one WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 or 64, mu-law or A-law.

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
    layout = check_layout(wav_layout(contents), contents)
    return decode_frames(contents, layout, 0, layout.count), tf.cast(layout.rate, tf.int32)


def wav_layout(contents: tf.Tensor) -> WavLayout:
    """Return what the header of a file says, whatever the file is.

    RF64 and BW64 say the length of the samples in 64 bits. A file that was written to a pipe says
    none, or a very large one; its samples go on to its end.

    Args:
        contents: The file's bytes, a scalar string.
    """
    contents = tf.convert_to_tensor(contents, tf.string)
    total = tf.cast(tf.strings.length(contents), tf.int64)
    magic = _part(contents, 0, 4)
    large = tf.equal(magic, "RF64") | tf.equal(magic, "BW64")
    riff = (tf.equal(magic, "RIFF") | large) & tf.equal(_part(contents, 8, 4), "WAVE")

    def walk(
        at: tf.Tensor, chunks: tf.Tensor, form: tf.Tensor, sizes: tf.Tensor, data: tf.Tensor
    ) -> list[tf.Tensor]:
        name, bytes_in = _part(contents, at, 4), _number(contents, at + 4, 4)
        start = at + 8
        form = tf.where(tf.equal(name, "fmt "), start, form)
        sizes = tf.where(tf.equal(name, "ds64"), start, sizes)
        data = tf.where(tf.equal(name, "data"), start, data)
        # Chunks are padded to an even number of bytes.
        return [start + bytes_in + bytes_in % 2, chunks + 1, form, sizes, data]

    none = tf.constant(-1, tf.int64)
    _, chunks, form, sizes, data = tf.while_loop(
        lambda at, chunks, form, sizes, data: (
            riff & (at + 8 <= total) & (data < 0) & (chunks < _MAX_CHUNKS)
        ),
        walk,
        [tf.constant(12, tf.int64), tf.constant(0), none, none, none],
    )
    length = _number(contents, data - 4, 4)
    unfinished = tf.not_equal(_number(contents, 4, 4) + 8, total)
    length = tf.where(large & (sizes >= 0), _number(contents, sizes + 8, 6), length)
    to_the_end = (length >= _PIPE) & (data + length > total) | tf.equal(length, 0) & unfinished
    length = tf.where(to_the_end, total - data, length)
    kind = _number(contents, form, 2)
    kind = tf.where(tf.equal(kind, _EXTENSIBLE), _number(contents, form + 24, 2), kind)
    return WavLayout(
        riff=riff,
        chunks=chunks,
        form=form,
        data=data,
        length=length,
        kind=kind,
        bits=_number(contents, form + 14, 2),
        channels=_number(contents, form + 2, 2),
        rate=_number(contents, form + 4, 4),
    )


def check_layout(layout: WavLayout, contents: tf.Tensor) -> WavLayout:
    """Return the layout of a WAV file that `decode_frames` can read; errors say what it lacks.

    Args:
        layout: What `wav_layout` returned.
        contents: The file's bytes, a scalar string.
    """
    for condition, _, message in _promises(layout, contents):
        with tf.control_dependencies(_check(condition, message)):
            layout = layout._replace(data=tf.identity(layout.data))
    return layout


def layout_status(layout: WavLayout, contents: tf.Tensor) -> tf.Tensor:
    """Return the `Status` of a file that `check_layout` refuses, scalar int32; else `FINE`.

    Args:
        layout: What `wav_layout` returned.
        contents: The file's bytes, a scalar string.
    """
    status = tf.constant(Status.FINE.value)
    for condition, broken, _ in reversed(_promises(layout, contents)):
        status = tf.where(condition, status, broken.value)
    return status


def _promises(
    layout: WavLayout, contents: tf.Tensor
) -> list[tuple[tf.Tensor, Status, list[object]]]:
    """Return what holds of a file that can be read, and what is said of one of which it does not.

    They come in this order: what comes first explains what follows.
    """
    total = tf.cast(tf.strings.length(contents), tf.int64)
    return [
        (
            layout.riff,
            Status.UNKNOWN_FORMAT,
            ["This is no WAV file (RIFF, WAVE); other formats must be converted first."],
        ),
        (
            (layout.data >= 0) | (layout.chunks < _MAX_CHUNKS),
            Status.REFUSED,
            [f"The WAV file has {_MAX_CHUNKS} chunks or more before its data."],
        ),
        (
            (layout.form >= 0) & (layout.form + 16 <= total),
            Status.DAMAGED,
            ["The WAV file has no format chunk."],
        ),
        (layout.data >= 0, Status.DAMAGED, ["The WAV file has no data chunk."]),
        (
            layout.data + layout.length <= total,
            Status.DAMAGED,
            ["The WAV file ends before its data does."],
        ),
        (
            layout.known,
            Status.UNKNOWN_FORMAT,
            [
                "Unknown WAV encoding. PCM of 8, 16, 24 or 32 bits, float of 32 or 64, mu-law and "
                "A-law are read; convert it to one of them. Received: format and bits",
                layout.kind,
                layout.bits,
            ],
        ),
        (
            (layout.channels > 0) & (layout.rate > 0),
            Status.REFUSED,
            ["The WAV file has no channels or no rate."],
        ),
        (
            layout.channels <= MAX_CHANNELS,
            Status.REFUSED,
            [f"The WAV file has more than {MAX_CHANNELS} channels."],
        ),
        (layout.rate <= MAX_RATE, Status.REFUSED, ["The WAV file's rate is above 1 MHz."]),
        (layout.count >= 1, Status.DAMAGED, ["The WAV file has no samples."]),
    ]


def decode_frames(
    contents: tf.Tensor, layout: WavLayout, first: tf.Tensor | int, stop: tf.Tensor | int
) -> tf.Tensor:
    """Return some frames of a WAV file, `(frames, channels)` float32.

    Args:
        contents: The file's bytes, a scalar string.
        layout: What `check_layout` returned.
        first: The first frame.
        stop: The frame behind the last.

    Raises:
        tf.errors.InvalidArgumentError: If a sample is NaN, infinite or above 1e12.
    """
    frames = stored_frames(contents, layout, first, stop)
    message = "The WAV file has NaN or infinite samples, or some above 1e12."
    with tf.control_dependencies(_check(is_sound(frames), [message])):
        return tf.identity(frames)


def stored_frames(
    contents: tf.Tensor, layout: WavLayout, first: tf.Tensor | int, stop: tf.Tensor | int
) -> tf.Tensor:
    """Return some frames of a WAV file, whatever they are; see `decode_frames`."""
    first, stop = tf.cast(first, tf.int64), tf.cast(stop, tf.int64)
    payload = _part(contents, layout.data + first * layout.frame, (stop - first) * layout.frame)
    index = tf.argmax(tf.cast(layout.code == tf.constant(_KNOWN, tf.int64), tf.int32))
    values = tf.switch_case(tf.cast(index, tf.int32), _readers(payload))
    return tf.reshape(values, tf.stack([-1, layout.channels]))


def is_sound(frames: tf.Tensor) -> tf.Tensor:
    """Return whether samples are numbers of a magnitude that recordings have, a scalar bool."""
    # No comparison with NaN is true.
    return tf.reduce_all(tf.abs(frames) <= MAX_MAGNITUDE)


def _readers(payload: tf.Tensor) -> list[Callable[[], tf.Tensor]]:
    def pcm(dtype: tf.DType, scale: float, offset: float = 0.0) -> tf.Tensor:
        return (tf.cast(tf.io.decode_raw(payload, dtype), tf.float32) - offset) / scale

    def pcm24() -> tf.Tensor:
        parts = tf.cast(tf.reshape(tf.io.decode_raw(payload, tf.uint8), [-1, 3]), tf.int32)
        value = parts[:, 0] + parts[:, 1] * 2**8 + parts[:, 2] * 2**16
        return tf.cast(value - tf.where(value >= 2**23, 2**24, 0), tf.float32) / 2.0**23

    def law(levels: np.ndarray) -> tf.Tensor:
        return tf.gather(levels, tf.cast(tf.io.decode_raw(payload, tf.uint8), tf.int32))

    return [
        lambda: pcm(tf.uint8, 128.0, 128.0),
        lambda: pcm(tf.int16, 2.0**15),
        pcm24,
        lambda: pcm(tf.int32, 2.0**31),
        lambda: tf.io.decode_raw(payload, tf.float32),
        lambda: tf.cast(tf.io.decode_raw(payload, tf.float64), tf.float32),
        lambda: law(_a_law()),
        lambda: law(_mu_law()),
    ]


def _a_law() -> np.ndarray:
    """Return the sample of each byte, as ITU-T G.711 has it."""
    codes = np.arange(256) ^ 0x55
    segment, step = codes >> 4 & 7, codes & 15
    level = np.where(segment, (step * 16 + 0x108) << np.maximum(segment - 1, 0), step * 16 + 8)
    return (np.where(codes & 0x80, level, -level) / 2**15).astype("float32")


def _mu_law() -> np.ndarray:
    """Return the sample of each byte, as ITU-T G.711 has it."""
    codes = ~np.arange(256) & 0xFF
    level = (((codes & 15) * 8 + 0x84) << (codes >> 4 & 7)) - 0x84
    return (np.where(codes & 0x80, -level, level) / 2**15).astype("float32")


def _part(contents: tf.Tensor, start: tf.Tensor | int, length: tf.Tensor | int) -> tf.Tensor:
    """Return those bytes, or as many as there are: the checks refuse what is lacking, in words."""
    size = tf.cast(tf.strings.length(contents), tf.int64)
    start = tf.clip_by_value(tf.cast(start, tf.int64), 0, size)
    return tf.strings.substr(contents, start, tf.minimum(tf.cast(length, tf.int64), size - start))


def _number(contents: tf.Tensor, start: tf.Tensor | int, length: int) -> tf.Tensor:
    """Return a little-endian unsigned integer as int64."""
    values = tf.cast(tf.io.decode_raw(_part(contents, start, length), tf.uint8), tf.int64)
    places = tf.constant([256**place for place in range(length)], tf.int64)
    return tf.reduce_sum(values * places[: tf.size(values)])


def _check(condition: tf.Tensor, message: list[object]) -> list[tf.Operation]:
    # Outside a graph the check has already been made, and there is nothing to wait for.
    check = tf.debugging.Assert(condition, message)
    return [] if check is None else [check]
