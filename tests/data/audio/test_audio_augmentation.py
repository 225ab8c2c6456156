"""Changes to recordings reach real samples alone and repeat with the row's seed."""

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data.audio.augmentation import AudioAugmentation

RATE, SIZE = 8_000, 8_000
COUNTS = [SIZE, 6000, 3000, 800, 0]
MASK = np.arange(SIZE) < np.array(COUNTS)[:, None]
NOISE = np.where(MASK, np.random.default_rng(0).normal(0, 0.1, MASK.shape), 0).astype("float32")
SEEDS = np.arange(5, dtype="uint32") * 2654435 + 1


def change(rows=slice(None), samples=NOISE, mask=MASK, seeds=SEEDS, **options):
    augmentation = AudioAugmentation(**options)
    apply = tf.function(lambda *tensors: augmentation.apply(*tensors, sample_rate=RATE))
    return [tensor.numpy() for tensor in apply(samples[rows], mask[rows], seeds[rows])]


EACH = {
    "time_stretch": (0.8, 1.25),
    "time_shift": 0.05,
    "gain": (-9.0, 6.0),
    "noise_snr": (5.0, 20.0),
    "frequency_mask": 900.0,
    "time_mask": 0.05,
}


@pytest.mark.parametrize("options", [*({name: EACH[name]} for name in EACH), EACH])
def test_padding_stays_zero_and_rows_are_changed_by_their_seed(options):
    samples, mask = change(**options)
    assert not samples[~mask].any()
    assert np.abs(samples).max() <= 1
    assert (samples[:4] != NOISE[:4]).any(1).all()
    # The same row and seed in another batch.
    rows = np.array([3, 1])
    alone, alone_mask = change(rows, **options)
    np.testing.assert_array_equal(alone_mask, mask[rows])
    np.testing.assert_allclose(alone, samples[rows], atol=1e-6)
    other, _ = change(seeds=SEEDS + 7, **options)
    assert (other[:4] != samples[:4]).any(1).all()


def test_the_rate_of_a_stretch_is_drawn_for_each_row():
    many = np.arange(200, dtype="uint32") * 7919
    mask = np.tile(MASK[2], (200, 1))
    _, stretched = change(
        samples=np.tile(NOISE[2], (200, 1)), mask=mask, seeds=many, time_stretch=(0.8, 1.25)
    )
    rates = 3000 / stretched.sum(1)
    assert 0.8 <= rates.min() < 0.82
    assert 1.23 < rates.max() <= 1.25
    assert abs(rates.mean() - 1.025) < 0.03


def lost_band(before, after):
    """The lowest and the highest frequency lost, by spectra of the inner part, and their change."""
    window = np.hanning(len(before))
    spectra = [np.abs(np.fft.rfft(samples * window)) ** 2 for samples in (before, after)]
    change_db = 10 * np.log10(spectra[1] / spectra[0])
    hertz = np.fft.rfftfreq(len(before), 1 / RATE)
    lost = hertz[change_db < -40]
    return lost, hertz, spectra


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_band_is_silenced_and_the_rest_stays(row):
    widths = []
    for seed in range(8):
        seeds = np.full(5, seed * 77 + 3, "uint32")
        samples, mask = change(seeds=seeds, frequency_mask=900.0)
        np.testing.assert_array_equal(mask, MASK)
        inner = slice(COUNTS[row] // 8, COUNTS[row] * 7 // 8)
        lost, hertz, spectra = lost_band(NOISE[row, inner], samples[row, inner])
        if not len(lost):  # a band narrower than the spectrum's lines
            continue
        low, high = lost.min(), lost.max()
        widths.append(high - low)
        assert high - low <= 900
        within = (hertz > low + 20) & (hertz < high - 20)
        outside = (hertz < low - 20) | (hertz > high + 20)
        if within.any():
            attenuation = spectra[1][within].sum() / spectra[0][within].sum()
            assert 10 * np.log10(attenuation) < -40
        share = spectra[1][outside].sum() / spectra[0][outside].sum()
        assert abs(10 * np.log10(share)) < 0.1
    assert len(widths) > 5
    assert max(widths) > 400


def test_time_masks_are_drawn_over_the_real_samples():
    # Real samples that begin at 2,000 in one row and at 0 in the other.
    mask = np.zeros((2, SIZE), bool)
    mask[0, 2000:3000] = mask[1, :500] = True
    ones = mask.astype("float32")
    starts, lengths = [], []
    for seed in range(200):
        seeds = np.array([seed * 31, seed * 17 + 5], "uint32")
        samples, after = change(samples=ones, mask=mask, seeds=seeds, time_mask=0.025)
        np.testing.assert_array_equal(after, mask)
        for row in range(2):
            silent = np.flatnonzero(mask[row] & (samples[row] == 0))
            lengths.append(len(silent))
            if len(silent):
                assert len(silent) == silent[-1] - silent[0] + 1 <= 201
                starts.append((silent[0] - np.argmax(mask[row])) / mask[row].sum())
    # Over the padded length nine masks of ten would miss both recordings.
    assert np.mean(np.array(lengths) > 0) > 0.98
    assert min(starts) < 0.03
    assert max(starts) > 0.85
    assert abs(np.mean(lengths) - 100) < 12


def test_a_time_mask_longer_than_the_recording_keeps_within_it():
    samples, mask = change(time_mask=5.0)
    np.testing.assert_array_equal(mask, MASK)
    assert not samples[~mask].any()
    assert (samples[3, :800] == 0).sum() > 100
