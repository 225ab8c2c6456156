"""Encoders of series are their equations, see gaps, and leave out what isn't there."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import (
    ConvSensorEncoder,
    PatchSensorEncoder,
    RecurrentSensorEncoder,
)

SERIES = np.random.default_rng(8).normal(size=(3, 9, 2)).astype("float32")
STEPS = np.array([[1, 1, 1, 0, 0, 0, 0, 1, 0], [0] * 9, [1] * 9], bool)
PATCH = {"dim": 8, "patch_size": 3, "num_layers": 1, "num_heads": 2}
ENCODERS = [
    lambda: ConvSensorEncoder(8, filters=(4, 5), kernel_size=3),
    lambda: RecurrentSensorEncoder(8),
    lambda: PatchSensorEncoder(**PATCH),
]
EVERY = pytest.mark.parametrize("make", ENCODERS, ids=["conv", "recurrent", "patch"])


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def randomized(rng, encoder, inputs):
    encoder(inputs)
    for variable in encoder.weights:
        low = 0.5 if "variance" in variable.path else -0.7
        variable.assign(rng.uniform(low, 1.0, variable.shape))
    return encoder


def test_convolutions_by_their_equation(rng):
    """Step by step in float64: zeros where nothing is, and outside of the series."""
    encoder = randomized(rng, ConvSensorEncoder(8, filters=(4,), kernel_size=3), [SERIES, STEPS])
    there = STEPS.astype("float64")[..., None]
    x = np.concatenate([np.where(STEPS[..., None], SERIES, 0), there], axis=-1)
    mask = STEPS
    for convolution, normalization, stride in zip(
        encoder._convolutions, encoder._normalizations, (2, 1), strict=True
    ):
        kernel = array(convolution.kernel).astype("float64")
        gamma, beta, mean, variance = (array(w).astype("float64") for w in normalization.weights)
        rows = []
        for row, row_mask in zip(x, mask, strict=True):
            row = np.pad(np.where(row_mask[:, None], row, 0), [(1, 1), (0, 0)])
            made = [
                np.tensordot(row[start : start + 3], kernel, axes=2)
                for start in range(0, len(row_mask), stride)
            ]
            rows.append(np.maximum((made - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0))
        x = np.stack(rows)
        mask = np.stack(
            [mask[:, s : s + stride].any(axis=1) for s in range(0, mask.shape[1], stride)], axis=1
        )
    kernel, bias = (array(w) for w in encoder._projection.weights)
    expected = np.where(mask[..., None], x @ kernel + bias, 0)
    assert expected.shape == (3, 5, 8)
    np.testing.assert_allclose(encoder([SERIES, STEPS]), expected, rtol=1e-4, atol=1e-5)


def test_patches_by_their_equation(rng):
    """What the transformer reads is the patch's numbers, and its sinusoids."""
    encoder = randomized(rng, PatchSensorEncoder(**PATCH), SERIES)
    kernel, bias = array(encoder._patches.kernel), array(encoder._patches.bias)
    flat = np.concatenate([SERIES, np.ones((3, 9, 1))], axis=-1).reshape(3, 3, 9)
    position = np.arange(3)[:, None] / 10000 ** (np.arange(0, 8, 2) / 8)
    waves = np.stack([np.sin(position), np.cos(position)], axis=-1).reshape(3, 8)
    tokens = (flat @ kernel.reshape(9, 8) + bias + waves).astype("float32")
    expected = encoder._transformer(tokens)
    np.testing.assert_allclose(encoder(SERIES), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_gap_is_skipped_by_recurrence(cell, rng):
    encoder = randomized(rng, RecurrentSensorEncoder(8, cell=cell), [SERIES, STEPS])
    tokens = array(encoder([SERIES, STEPS]))
    without = array(encoder(SERIES[:1, STEPS[0]]))
    np.testing.assert_allclose(tokens[0, STEPS[0]], without[0], rtol=1e-5, atol=1e-6)
    assert not tokens[0, ~STEPS[0]].any()


@EVERY
def test_a_mask_that_is_true_everywhere_is_none(make, rng):
    encoder = randomized(rng, make(), SERIES)
    for there in (np.ones((3, 9), bool), np.ones(3, bool)):
        found = encoder([SERIES, there])
        np.testing.assert_allclose(found, encoder(SERIES), rtol=1e-5, atol=1e-6)


@EVERY
def test_a_flag_is_a_mask_of_all_steps(make, rng):
    encoder, present = randomized(rng, make(), SERIES), np.array([True, False, True])
    steps = np.repeat(present[:, None], 9, axis=1)
    np.testing.assert_array_equal(encoder([SERIES, present]), encoder([SERIES, steps]))


@pytest.mark.parametrize("make", [ENCODERS[0], ENCODERS[2]], ids=["conv", "patch"])
def test_a_gap_is_not_a_value_of_zero(make, rng):
    encoder, gap = randomized(rng, make(), SERIES), np.ones((3, 9), bool)
    gap[:, 4] = False
    zero = np.where(gap[..., None], SERIES, 0)
    assert np.abs(array(encoder([SERIES, gap])) - array(encoder(zero))).max() > 0.01


def test_steps_that_are_not_there_take_no_part_in_the_statistics():
    def statistics(series, steps):
        keras.utils.set_random_seed(0)
        encoder = ConvSensorEncoder(8, filters=(4,), kernel_size=1)
        encoder([series, steps], training=True)
        return [array(weight) for weight in encoder.non_trainable_weights]

    longer = np.concatenate([SERIES, np.full_like(SERIES[:, :2], np.nan)], axis=1)
    steps = np.concatenate([STEPS, np.zeros((3, 2), bool)], axis=1)
    for found, expected in zip(statistics(longer, steps), statistics(SERIES, STEPS), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (ConvSensorEncoder, {"filters": ()}, "`filters` must have a positive number"),
        (ConvSensorEncoder, {"kernel_size": 4}, "`kernel_size` must be an odd number.*=4"),
        (ConvSensorEncoder, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (RecurrentSensorEncoder, {"cell": "rnn"}, "`cell` must be one of"),
        (RecurrentSensorEncoder, {"dim": 7}, "`dim` must be even"),
        (RecurrentSensorEncoder, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (PatchSensorEncoder, {"dim": 7}, "`dim` must be even, for the positions"),
        (PatchSensorEncoder, {"patch_size": 0}, "`patch_size` must be at least 1"),
        (PatchSensorEncoder, {"dropout": -1.0}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"dim": 8, **options})


@EVERY
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (SERIES[0], r"series of shape \(batch, steps, channels\)"),
        (SERIES.astype("int32"), "series of a float dtype. Received: dtype int32"),
        ([SERIES, STEPS[:, :8]], r"`there` of shape \(batch,\) or \(batch, steps\)"),
        ([SERIES, STEPS[..., None]], r"`there` of shape \(batch,\) or \(batch, steps\)"),
        ([SERIES[:, 0, 0], STEPS], r"series of shape \(batch, steps, channels\)"),
        ([SERIES] * 3, "a list of 3"),
    ],
)
def test_wrong_series_are_refused(make, inputs, message):
    with pytest.raises(ValueError, match=message):
        make()(inputs)
