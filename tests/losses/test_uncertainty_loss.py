"""Losses weighed by what is learned, against the likelihoods that they stand for."""

import keras
import numpy as np
import pytest

from keras_multimodal.losses import QuantileLoss, StandardizedError, UncertaintyLoss

TRUE, PREDICTED = np.random.default_rng(5).normal(size=(2, 9, 1)).astype("float32")


def with_log_variance(loss, value, **options):
    weighed = UncertaintyLoss(loss, **options)
    weighed.log_variance.assign(value)
    return weighed


@pytest.mark.parametrize("s", [-1.0, 0.0, 0.7])
def test_of_squared_errors_it_is_the_likelihood_of_a_normal_distribution(s):
    sigma = np.exp(s / 2)
    found = with_log_variance(StandardizedError((1.0,)), s, scale=0.5)(TRUE, PREDICTED)
    density = np.exp(-((TRUE - PREDICTED) ** 2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)
    np.testing.assert_allclose(found, -np.log(density).mean() - np.log(2 * np.pi) / 2, rtol=1e-5)


@pytest.mark.parametrize("s", [-1.0, 0.7])
def test_of_the_pinball_loss_it_is_the_likelihood_of_a_laplace_distribution(s):
    width, share = np.exp(s), 0.3
    loss = with_log_variance(QuantileLoss((share,), (1.0,)), s, penalty=1.0)
    errors = TRUE - PREDICTED
    pinball = np.maximum(share * errors, (share - 1) * errors)
    density = share * (1 - share) / width * np.exp(-pinball / width)
    expected = -np.log(density).mean() + np.log(share * (1 - share))
    np.testing.assert_allclose(loss(TRUE, PREDICTED[..., None]), expected, rtol=1e-5)


@pytest.mark.parametrize("s", [-1.0, 0.7])
def test_of_classes_it_is_the_equation_of_the_paper(s, rng):
    probabilities = rng.dirichlet((1, 1, 1), 6).astype("float32")
    labels = np.arange(6) % 3
    loss = with_log_variance(keras.losses.SparseCategoricalCrossentropy(), s)
    expected = -np.log(probabilities[np.arange(6), labels]) / np.exp(s) + np.log(np.exp(s / 2))
    np.testing.assert_allclose(loss(labels, probabilities), expected.mean(), rtol=1e-5)
    assert loss.weight == pytest.approx(np.exp(-s))


def test_before_it_has_learned_it_is_the_loss():
    loss = UncertaintyLoss(StandardizedError((1.0,)))
    np.testing.assert_allclose(loss(TRUE, PREDICTED), StandardizedError((1.0,))(TRUE, PREDICTED))
    assert (loss.scale, loss.penalty, loss.weight) == (1.0, 0.5, 1.0)


def test_rows_without_weight_have_no_say():
    loss = with_log_variance(StandardizedError((1.0,)), 0.5, scale=0.5)
    weights = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0], "float32")
    np.testing.assert_allclose(
        loss(TRUE, PREDICTED, sample_weight=weights) * 3, loss(TRUE[:3], PREDICTED[:3]), rtol=1e-5
    )


def test_it_is_saved_by_its_arguments():
    loss = UncertaintyLoss(StandardizedError((2.0,), "huber"), 0.5, 1.0, name="own")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert copy.get_config() == loss.get_config()
    assert copy.loss.error == "huber"


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match=r"must be a Keras loss\. Received: str"):
        UncertaintyLoss("mse")
    with pytest.raises(ValueError, match=r"`scale` must be above 0\. Received: scale=0"):
        UncertaintyLoss(keras.losses.MeanSquaredError(), scale=0)
    for wrong in (-1.0, 0.0):
        with pytest.raises(ValueError, match="`penalty` must be above 0"):
            UncertaintyLoss(keras.losses.MeanSquaredError(), penalty=wrong)
