"""Errors in units of their spread, and quantiles, by hand and by Keras' own losses."""

import keras
import numpy as np
import pytest

from keras_multimodal.losses import QuantileLoss, StandardizedError

TRUE, PREDICTED = np.random.default_rng(4).normal(size=(2, 7, 2)).astype("float32") * np.float32(
    [1000, 3]
)
STD = (400.0, 2.0)


@pytest.mark.parametrize(
    ("error", "reference"),
    [("mse", keras.losses.MeanSquaredError()), ("huber", keras.losses.Huber(1.0))],
)
def test_they_are_keras_own_of_standardised_numbers(error, reference):
    scale = np.float32(STD)
    found = StandardizedError(STD, error)(TRUE, PREDICTED)
    np.testing.assert_allclose(found, reference(TRUE / scale, PREDICTED / scale), rtol=1e-5)


def test_the_least_pinball_loss_is_at_the_quantile(rng):
    values = rng.exponential(size=(4000, 1)).astype("float32")
    loss = QuantileLoss((0.2,), (1.0,))
    places = np.linspace(0.05, 1, 96)
    losses = [float(loss(values, np.full((4000, 1, 1), place, "float32"))) for place in places]
    assert places[np.argmin(losses)] == pytest.approx(np.quantile(values, 0.2), abs=0.011)


def test_several_targets_and_quantiles_by_hand():
    predicted = np.stack([PREDICTED, PREDICTED + 1], -1)
    total = 0.0
    for target, std in enumerate(STD):
        for place, share in enumerate((0.1, 0.6)):
            error = (TRUE[:, target] - predicted[:, target, place]) / std
            total += np.where(error > 0, share * error, (share - 1) * error).mean()
    found = QuantileLoss((0.1, 0.6), STD)(TRUE, predicted)
    np.testing.assert_allclose(found, total / 4, rtol=1e-5)


@pytest.mark.parametrize(
    "loss", [StandardizedError(STD, "huber", name="own"), QuantileLoss((0.1, 0.9), STD)]
)
def test_they_are_saved_by_their_arguments(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StandardizedError(STD, "mae"), "`error` must be.*error='mae'"),
        (lambda: StandardizedError((0.0,)), "`std` must be positive"),
        (lambda: StandardizedError((1.0, -1.0)), "`std` must be positive"),
        (lambda: StandardizedError(()), "`std` must be positive"),
        (lambda: QuantileLoss((0.5, 0.2), STD), "`quantiles` must rise"),
        (lambda: QuantileLoss((0.5, 0.5), STD), "`quantiles` must rise"),
        (lambda: QuantileLoss((0.0, 0.2), STD), "`quantiles` must rise"),
        (lambda: QuantileLoss((0.5, 1.0), STD), "`quantiles` must rise"),
        (lambda: QuantileLoss((), STD), "`quantiles` must rise"),
        (lambda: QuantileLoss((0.5,), (1.0, 0.0)), "`std` must be positive"),
        (lambda: QuantileLoss((0.5,), ()), "`std` must be positive"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
