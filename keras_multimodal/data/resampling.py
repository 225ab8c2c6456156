"""Recordings brought to another rate, inside the graph."""

import math

import tensorflow as tf

_ZEROS = 32  # zero crossings of the sinc on either side
_BETA = 9.0  # of the Kaiser window: about 90 dB of attenuation
_ROLLOFF = 0.95  # where the filter's middle lies, as a share of the lower Nyquist frequency


def resample(samples: tf.Tensor, rate: tf.Tensor, target_rate: int) -> tf.Tensor:
    """Band-limited resampling by a windowed sinc, one filter for each phase.

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


def _convolve(samples: tf.Tensor, rate: tf.Tensor, target_rate: int) -> tf.Tensor:
    divisor = _gcd(rate, tf.constant(target_rate, tf.int32))
    down, up = rate // divisor, target_rate // divisor
    ratio = tf.cast(up, tf.float64) / tf.cast(down, tf.float64)
    scale = tf.minimum(ratio, 1.0) * _ROLLOFF
    reach = tf.cast(tf.math.ceil(_ZEROS / scale), tf.int32)
    # Output `q * up + p` lies at input `q * down + p / ratio`.
    offsets = tf.cast(tf.range(-reach, down + reach), tf.float64)
    phases = tf.cast(tf.range(up), tf.float64) / ratio
    distance = (offsets[:, None] - phases[None, :]) * scale  # (width, up)
    inside = tf.clip_by_value(1.0 - (distance / _ZEROS) ** 2, 0.0, 1.0)
    window = tf.math.bessel_i0(_BETA * tf.sqrt(inside)) * tf.cast(inside > 0, tf.float64)
    turn = math.pi * tf.where(tf.equal(distance, 0.0), tf.ones_like(distance), distance)
    filters = window * tf.where(tf.equal(distance, 0.0), tf.ones_like(turn), tf.sin(turn) / turn)
    filters /= tf.reduce_sum(filters, axis=0, keepdims=True)
    count = tf.shape(samples, out_type=tf.int64)[0]
    wide_up, wide_down = tf.cast(up, tf.int64), tf.cast(down, tf.int64)
    length = (count * wide_up + wide_down - 1) // wide_down
    padded = tf.pad(samples, [[reach, down + reach]])
    frames = tf.signal.frame(padded, down + 2 * reach, down)  # (frames, width)
    return tf.reshape(tf.matmul(frames, tf.cast(filters, tf.float32)), [-1])[:length]


def _gcd(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda a, b: b > 0, lambda a, b: [b, a % b], [first, second])[0]
