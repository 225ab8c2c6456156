"""Recordings brought to another rate, inside the graph."""

import math

import tensorflow as tf

_ZEROS = 32  # zero crossings of the sinc on either side
_BETA = 9.0  # of the Kaiser window: about 90 dB of attenuation
_ROLLOFF = 0.95  # where the filter's middle lies, as a share of the lower Nyquist frequency
_LARGEST = 2**20  # numbers in a table of filters, or in a part that is computed without one


def resample(samples: tf.Tensor, rate: tf.Tensor, target_rate: int) -> tf.Tensor:
    """Resample without aliases, by a windowed sinc, one filter for each phase.

    What lies above the lower of the two Nyquist frequencies is removed. Before the first sample
    and behind the last there is silence.

    Args:
        samples: `(samples,)` float32.
        rate: Their rate in Hz, a scalar integer, not known before the file is read.
        target_rate: The rate wanted, in Hz.

    Returns:
        `(ceil(samples * target_rate / rate),)` float32; sample 0 stays sample 0.
    """
    rate = tf.cast(rate, tf.int32)
    return tf.cond(
        tf.equal(rate, target_rate),
        lambda: tf.identity(samples),
        lambda: _convolve(samples, rate, target_rate),
    )


def resampled_length(count: tf.Tensor, rate: tf.Tensor, target_rate: int) -> tf.Tensor:
    """Return how many samples `resample` makes of so many, a scalar int64.

    Args:
        count: The samples, a scalar integer.
        rate: Their rate in Hz.
        target_rate: The rate wanted, in Hz.
    """
    down, up = _ratio(rate, target_rate)
    return (tf.cast(count, tf.int64) * up + down - 1) // down


def needed_part(
    first: tf.Tensor, stop: tf.Tensor, count: tf.Tensor, rate: tf.Tensor, target_rate: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return which samples some of the resampled ones are made of.

    Args:
        first: The first resampled one that is wanted.
        stop: The one behind the last.
        count: How many samples there are before.
        rate: Their rate in Hz.
        target_rate: The rate wanted, in Hz.

    Returns:
        The first sample, the one behind the last, and which one `first` is of those that `resample`
        makes of this part, all of them scalar int64.
    """
    down, up = _ratio(rate, target_rate)
    reach = _reach(down, up)[1]
    # Where `down` samples are left out, `up` resampled ones are, and each filter stays what it is.
    steps = tf.maximum(first // up - (reach + down - 1) // down, 0)
    end = (stop * down + up - 1) // up + reach + 1
    return steps * down, tf.minimum(end, count), first - steps * up


def _ratio(rate: tf.Tensor, target_rate: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return how many samples become how many."""
    rate = tf.cast(rate, tf.int64)
    divisor = _gcd(rate, tf.constant(target_rate, tf.int64))
    return rate // divisor, target_rate // divisor


def _reach(down: tf.Tensor, up: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the filters' scale, and how many samples they reach to either side."""
    scale = tf.minimum(tf.cast(up, tf.float64) / tf.cast(down, tf.float64), 1.0) * _ROLLOFF
    return scale, tf.cast(tf.math.ceil(_ZEROS / scale), tf.int64)


def _convolve(samples: tf.Tensor, rate: tf.Tensor, target_rate: int) -> tf.Tensor:
    down, up = _ratio(rate, target_rate)
    scale, reach = _reach(down, up)
    length = resampled_length(tf.shape(samples)[0], rate, target_rate)
    # Rates that have little in common, such as 8,001 and 8,000 Hz, have a filter for nearly each
    # sample: a table of them would fill the memory, so they are made as they are needed.
    return tf.cond(
        (down + 2 * reach) * up <= _LARGEST,
        lambda: _by_table(samples, down, up, scale, reach)[:length],
        lambda: _by_parts(samples, down, up, scale, reach, length),
    )


def _by_table(
    samples: tf.Tensor, down: tf.Tensor, up: tf.Tensor, scale: tf.Tensor, reach: tf.Tensor
) -> tf.Tensor:
    """Return every phase's filter at once: output `n` lies at input `n * down / up`."""
    offsets = tf.cast(tf.range(-reach, down + reach), tf.float64)
    phases = tf.cast(tf.range(up) * down, tf.float64) / tf.cast(up, tf.float64)
    filters = _sinc((offsets[:, None] - phases[None, :]) * scale)  # (width, up)
    filters /= tf.reduce_sum(filters, axis=0, keepdims=True)
    padded = tf.pad(samples, [[reach, down + reach]])
    width, step = tf.cast(down + 2 * reach, tf.int32), tf.cast(down, tf.int32)
    frames = tf.signal.frame(padded, width, step)  # (frames, width)
    return tf.reshape(tf.matmul(frames, tf.cast(filters, tf.float32)), [-1])


def _by_parts(
    samples: tf.Tensor,
    down: tf.Tensor,
    up: tf.Tensor,
    scale: tf.Tensor,
    reach: tf.Tensor,
    length: tf.Tensor,
) -> tf.Tensor:
    """Return a filter for each output, as many outputs at a time as keep the memory small."""
    padded = tf.pad(samples, [[reach, reach + 1]])
    taps = tf.range(-reach, reach + 2)  # around the input before the output's place
    size = tf.maximum(_LARGEST // (2 * reach + 2), 1)

    def part(at: tf.Tensor) -> tf.Tensor:
        places = tf.range(at, tf.minimum(at + size, length)) * down
        before, rest = places // up, places % up
        share = tf.cast(rest, tf.float64) / tf.cast(up, tf.float64)
        filters = _sinc((tf.cast(taps, tf.float64) - share[:, None]) * scale)  # (part, taps)
        filters /= tf.reduce_sum(filters, axis=1, keepdims=True)
        # Behind the last sample there is silence, as in front of the first.
        index = tf.minimum(before[:, None] + taps + reach, tf.shape(padded, tf.int64)[0] - 1)
        return tf.reduce_sum(tf.gather(padded, index) * tf.cast(filters, tf.float32), axis=1)

    def step(at: tf.Tensor, parts: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        return at + size, parts.write(tf.cast(at // size, tf.int32), part(at))

    parts = tf.TensorArray(
        tf.float32, 0, dynamic_size=True, infer_shape=False, element_shape=[None]
    )
    start = tf.constant(0, tf.int64)
    _, parts = tf.while_loop(lambda at, _: at < length, step, [start, parts], parallel_iterations=1)
    return tf.cond(length > 0, parts.concat, lambda: tf.zeros([0]))


def _sinc(distance: tf.Tensor) -> tf.Tensor:
    """Return the sinc under a Kaiser window, at so many zero crossings from its middle."""
    inside = tf.clip_by_value(1.0 - (distance / _ZEROS) ** 2, 0.0, 1.0)
    window = tf.math.bessel_i0(_BETA * tf.sqrt(inside)) * tf.cast(inside > 0, tf.float64)
    turn = math.pi * tf.where(tf.equal(distance, 0.0), tf.ones_like(distance), distance)
    return window * tf.where(tf.equal(distance, 0.0), tf.ones_like(turn), tf.sin(turn) / turn)


def _gcd(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda a, b: b > 0, lambda a, b: [b, a % b], [first, second])[0]
