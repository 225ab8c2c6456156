"""Intervals agree with published values, and sentences with the numbers they are made of."""

import pytest

from keras_multimodal.analysis import accuracy_interval, accuracy_sentence


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombes_examples(correct, total, low, high):
    assert accuracy_interval(correct, total) == pytest.approx((low, high), abs=5e-5)


def test_the_equation_by_hand():
    """p = 1/2, n = 4 and z = 1: (1/2 + 1/8 ± sqrt(1/16 + 1/64)) / (5/4) = 1/2 ± sqrt(5)/10."""
    one_sigma = 0.6826894921370859
    assert accuracy_interval(2, 4, one_sigma) == pytest.approx((0.2763932, 0.7236068), abs=1e-7)


def test_it_mirrors_and_stays_within_zero_and_one():
    for total in (1, 7, 380):
        for correct in range(total + 1):
            low, high = accuracy_interval(correct, total)
            assert 0 <= low <= correct / total <= high <= 1
            mirrored = accuracy_interval(total - correct, total)
            assert (1 - high, 1 - low) == pytest.approx(mirrored, abs=1e-12)


@pytest.mark.parametrize(("correct", "total"), [(-1, 3), (4, 3), (0, 0)])
def test_impossible_counts_are_refused(correct, total):
    with pytest.raises(ValueError, match=rf"Received: correct={correct}, total={total}"):
        accuracy_interval(correct, total)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_share(confidence):
    with pytest.raises(ValueError, match=rf"`confidence` must be in \(0, 1\).*={confidence}"):
        accuracy_interval(1, 2, confidence)


def test_the_sentence_names_the_gain_over_the_best_other():
    """Standard errors by hand: sqrt(.9 * .1 / 100) = 3 points, sqrt(.8 * .2 / 100) = 4 points."""
    sentence = accuracy_sentence({"image": 80, "text": 50, "fused": 90}, 100)
    assert "The fused model is right on 90.0% of 100 rows (95% interval 82.6% to 94.5%)" in sentence
    assert "10.0 points above the best of the others (image, 80.0%)" in sentence
    assert "more than both standard errors together (7.0 points)" in sentence


@pytest.mark.parametrize(
    ("fused", "words"),
    [
        (85, "5.0 points above the best of the others (image, 80.0%), within both"),
        (80, "level with the best of the others (image, 80.0%), within both"),
        (60, "20.0 points below the best of the others (image, 80.0%), more than both"),
    ],
)
def test_the_sentence_does_not_flatter(fused, words):
    assert words in accuracy_sentence({"fused": fused, "image": 80}, 100)


@pytest.mark.parametrize("correct", [{"fused": 3}, {"image": 3, "text": 2}])
def test_the_sentence_needs_something_to_compare(correct):
    with pytest.raises(ValueError, match="must have the model to compare and at least one other"):
        accuracy_sentence(correct, 10)
