"""The contrastive losses against their equations written out in NumPy."""

import keras
import numpy as np
import pytest

from keras_multimodal.losses import InfoNCE, SigLIP

SCALE, BIAS = 7.0, -3.0


def embeddings(rng, rows=6, towers=2, dim=5):
    vectors = rng.normal(size=(rows, towers, dim))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    extras = np.broadcast_to([SCALE, BIAS], (rows, towers, 2))
    return np.concatenate([vectors, extras], -1).astype("float32")


def distinct(rows=6, towers=2):
    return np.tile(np.arange(rows, dtype="int32")[:, None], (1, towers))


def info_nce(u, v, allowed):
    losses = []
    for i in range(len(u)):
        row = sum(np.exp(SCALE * u[i] @ v[j]) for j in range(len(u)) if allowed[i, j])
        column = sum(np.exp(SCALE * u[j] @ v[i]) for j in range(len(u)) if allowed[j, i])
        own = np.exp(SCALE * u[i] @ v[i])
        losses.append(-(np.log(own / row) + np.log(own / column)) / 2)
    return np.mean(losses)


def sig_lip(u, v, allowed):
    total = 0.0
    for i in range(len(u)):
        for j in range(len(u)):
            if allowed[i, j]:
                z = 1 if i == j else -1
                total -= np.log(1 / (1 + np.exp(-z * (SCALE * u[i] @ v[j] + BIAS))))
    return total / len(u)  # each pair is met once from either side, at a half


CASES = [(InfoNCE, info_nce), (SigLIP, sig_lip)]


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_it_is_the_papers_equation(loss, reference, rng):
    y = embeddings(rng)
    expected = reference(y[:, 0, :-2], y[:, 1, :-2], np.ones((6, 6), bool))
    np.testing.assert_allclose(loss()(distinct(), y), expected, rtol=1e-5)


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_of_three_towers_it_is_the_mean_of_the_pairs(loss, reference, rng):
    y = embeddings(rng, towers=3)
    all_of_them = np.ones((6, 6), bool)
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.mean([reference(y[:, a, :-2], y[:, b, :-2], all_of_them) for a, b in pairs])
    np.testing.assert_allclose(loss()(distinct(towers=3), y), expected, rtol=1e-5)


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_what_is_the_same_as_the_own_part_is_no_wrong_answer(loss, reference, rng):
    y, parts = embeddings(rng), distinct()
    parts[3, 0] = parts[1, 0]  # rows 1 and 3 have one picture
    parts[4, 1] = parts[5, 1]  # rows 4 and 5 have one caption
    allowed = np.ones((6, 6), bool)
    for a, b in ((1, 3), (4, 5)):
        allowed[a, b] = allowed[b, a] = False
    expected = reference(y[:, 0, :-2], y[:, 1, :-2], allowed)
    np.testing.assert_allclose(loss()(parts, y), expected, rtol=1e-5)


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_rows_that_lack_a_part_do_not_count(loss, reference, rng):
    y, parts = embeddings(rng), distinct()
    parts[2, 1] = parts[5, 0] = -1
    y[2, 1, :-2] = 0
    kept = np.array([0, 1, 3, 4])
    expected = reference(y[kept, 0, :-2], y[kept, 1, :-2], np.ones((4, 4), bool))
    np.testing.assert_allclose(loss()(parts, y), expected, rtol=1e-5)


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_a_single_row_that_is_paired_has_all_the_say(loss, reference, rng):
    y, parts = embeddings(rng, rows=3), distinct(rows=3)
    parts[0, 0] = parts[2, 1] = -1
    expected = reference(y[1:2, 0, :-2], y[1:2, 1, :-2], np.ones((1, 1), bool))
    np.testing.assert_allclose(loss()(parts, y), expected, rtol=1e-5, atol=1e-6)
    rows = keras.ops.convert_to_numpy(loss(reduction=None)(parts, y))
    np.testing.assert_array_equal(rows[[0, 2]], 0)


@pytest.mark.parametrize("loss", [InfoNCE, SigLIP])
def test_a_batch_in_which_nothing_is_paired_costs_nothing(loss, rng):
    parts = np.array([[0, -1], [-1, 0]], "int32")
    assert float(loss()(parts, embeddings(rng, rows=2))) == 0


@pytest.mark.parametrize("loss", [InfoNCE, SigLIP])
def test_it_is_saved_by_its_arguments_and_refuses_other_shapes(loss, rng):
    own = keras.losses.deserialize(keras.losses.serialize(loss(name="own")))
    assert type(own) is loss
    assert own.name == "own"
    with pytest.raises(ValueError, match=r"`y_pred` must be .* two towers or more.*\(4, 1, 7\)"):
        loss()(np.zeros((4, 1), "int32"), embeddings(rng, rows=4, towers=1))
    with pytest.raises(ValueError, match=r"`y_pred` must be .*\(4, 7\)"):
        loss()(np.zeros((4, 2), "int32"), embeddings(rng, rows=4)[:, 0])


@pytest.mark.parametrize(("loss", "reference"), CASES)
def test_a_batch_may_be_a_single_row(loss, reference, rng):
    y = embeddings(rng)[:1]
    expected = reference(y[:, 0, :-2], y[:, 1, :-2], np.ones((1, 1), bool))
    np.testing.assert_allclose(loss()(distinct()[:1], y), expected, rtol=1e-5, atol=1e-7)
