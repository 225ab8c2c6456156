"""Recordings made faster or slower at the same pitch, all rows at once."""

import tensorflow as tf

_OVERLAP = 4  # frames over each sample


def time_stretch(
    samples: tf.Tensor, mask: tf.Tensor, rates: tf.Tensor, frame_length: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Change the tempo of each recording and keep its pitch, by a phase vocoder.

    Output frame `k` is read at `k * rate` frames of the short-time Fourier transform. Its magnitude
    is interpolated between the two frames around that place; its phase goes on from the frame
    before by as much as it turns between those two. They are one hop apart, as are the frames that
    are written, so that the turn needs no unwrapping.

    Args:
        samples: `(batch, samples)` float32.
        mask: `(batch, samples)` bool, True where a sample is real; the others are 0.
        rates: `(batch,)` float32, above 0: 2 is twice as fast and half as long.
        frame_length: Samples in a frame, a multiple of 4.

    Returns:
        Samples and mask of the shapes given. Of `n` real samples at the start, `ceil(n / rate)` are
        left, or as many as there is room for; the others are 0.

    Reference:
        Flanagan and Golden, "Phase Vocoder", Bell System Technical Journal 45, 1966. Phases are
        summed from each row's loudest frame on, to both sides, and not from the first one, where
        the recording sets in and its bins agree least: a tone then keeps its level.
    """
    size, hop = samples.shape[1], frame_length // _OVERLAP
    # Each sample that is kept lies in as many frames as any other, and the first frame read and the
    # last two lie in silence, which stands for all that is beyond them.
    lead = frame_length - hop
    padded = tf.pad(samples, [[0, 0], [frame_length, frame_length + 2 * hop]])
    spectrum = tf.signal.stft(padded, frame_length, hop)
    count = -(-(lead + size) // hop)
    # Written frames begin `lead` before sample 0, those that are read `frame_length`; what is
    # stretched lies between the frames' middles.
    middles = tf.range(count, dtype=tf.float64) - (lead / hop - _OVERLAP / 2)
    places = middles * tf.cast(rates, tf.float64)[:, None] + _OVERLAP / 2  # (batch, count)
    places = tf.clip_by_value(places, 0.0, spectrum.shape[1] - 2.0)
    below = tf.cast(tf.floor(places), tf.int32)
    share = tf.cast(places - tf.floor(places), tf.float32)[..., None]

    def read(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        first = tf.gather(values, below, axis=1, batch_dims=1)
        return first, tf.gather(values, below + 1, axis=1, batch_dims=1)

    first, second = read(tf.abs(spectrum))
    magnitude = first + share * (second - first)
    first, second = read(tf.math.angle(spectrum))
    phase = tf.cumsum(second - first, axis=1, exclusive=True)
    loudest = tf.argmax(tf.reduce_sum(magnitude**2, axis=2), axis=1)[:, None]
    offset = tf.gather(first - phase, loudest, axis=1, batch_dims=1)
    phase += offset
    written = tf.complex(magnitude * tf.cos(phase), magnitude * tf.sin(phase))
    window = tf.signal.inverse_stft_window_fn(hop)
    changed = tf.signal.inverse_stft(written, frame_length, hop, window_fn=window)
    changed = changed[:, lead : lead + size]

    sources = tf.range(size, dtype=tf.float64) * tf.cast(rates, tf.float64)[:, None]
    inside = sources < size
    sources = tf.cast(tf.minimum(sources, size - 1.0), tf.int32)
    mask = inside & tf.gather(mask, sources, batch_dims=1)
    return tf.where(mask, changed, 0.0), mask
