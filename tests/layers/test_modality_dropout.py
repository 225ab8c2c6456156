import itertools

import keras
import numpy as np
import pytest

from keras_multimodal.layers import ModalityDropout

ROWS = 40_000


def kept_share(rate, present):
    """How often each set of modalities is kept of those `present`, by the class's rule."""
    there = [m for m, flag in enumerate(present) if flag]
    shares = {}
    for size in range(len(there) + 1):
        for kept in itertools.combinations(there, size):
            shares[kept] = (1 - rate) ** size * rate ** (len(there) - size)
    nothing = shares.pop(())
    if not there:
        return {(): 1.0}
    for m in there:
        shares[(m,)] += nothing / len(there)
    return shares


@pytest.mark.parametrize("rate", [0.2, 0.7, 1.0])
@pytest.mark.parametrize("present", [(1, 1, 1), (1, 0, 1), (0, 1, 0), (0, 0, 0)], ids=str)
def test_each_set_is_kept_as_often_as_the_rule_says(rate, present):
    flags = [np.full(ROWS, bool(flag)) for flag in present]
    kept = np.stack(ModalityDropout(rate, seed=5)(flags, training=True), axis=1)
    expected = kept_share(rate, present)
    found = {tuple(np.flatnonzero(row)): 0 for row in np.unique(kept, axis=0)}
    assert set(found) <= set(expected)
    for kept_set, share in expected.items():
        row = np.isin(np.arange(3), kept_set)
        # Four standard errors.
        bound = 4 * np.sqrt(share * (1 - share) / ROWS) + 1e-9
        assert abs((kept == row).all(axis=1).mean() - share) <= bound


def test_by_hand():
    """At rate 1 a row with one modality keeps it, and a row with none has none."""
    flags = {"text": np.array([True, False, False]), "image": np.array([False, True, False])}
    kept = ModalityDropout(1.0)(flags, training=True)
    for name, flag in flags.items():
        np.testing.assert_array_equal(kept[name], flag)


@pytest.mark.parametrize(("rate", "training"), [(0.9, False), (0.9, None), (0.0, True)])
def test_outside_training_and_at_rate_zero_nothing_changes(rate, training):
    flags = [np.array([True, False]), np.array([True, True])]
    kept = ModalityDropout(rate)(flags, training=training)
    np.testing.assert_array_equal(kept, flags)


def test_a_seed_makes_it_reproducible_and_each_call_draws_anew():
    flags = [np.ones(200, bool)] * 2
    first, second = ModalityDropout(0.5, seed=1), ModalityDropout(0.5, seed=1)
    once = np.asarray(first(flags, training=True))
    np.testing.assert_array_equal(once, second(flags, training=True))
    assert (np.asarray(first(flags, training=True)) != once).any()


def test_it_draws_the_same_in_half_precision():
    flags = [np.ones(200, bool)] * 3
    np.testing.assert_array_equal(
        ModalityDropout(0.5, seed=1, dtype="mixed_float16")(flags, training=True),
        ModalityDropout(0.5, seed=1)(flags, training=True),
    )


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_bad_rate_is_named(rate):
    with pytest.raises(ValueError, match=f"`rate` must be in .* Received: rate={rate}"):
        ModalityDropout(rate)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ones(3, bool), "`inputs` must be a list or a dict"),
        ([np.ones((3, 1), bool)], r"`inputs\[0\]` must be presence flags .*\(3, 1\)"),
        ({"a": np.ones(3, "float32")}, r"`inputs\['a'\]` must be boolean. Received: dtype float32"),
    ],
)
@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_bad_inputs_are_named(inputs, message, symbolic):
    if symbolic:
        inputs = keras.tree.map_structure(
            lambda x: keras.Input(batch_shape=x.shape, dtype=str(x.dtype)), inputs
        )
    with pytest.raises(ValueError, match=message):
        ModalityDropout(0.5)(inputs)
