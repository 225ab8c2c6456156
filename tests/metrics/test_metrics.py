"""Metrics say what the analysis says, batch by batch, and leave out what does not count."""

import keras
import numpy as np
import pytest

from keras_multimodal import analysis, metrics, tasks
from keras_multimodal.schema import Features, PairTarget, Schema

CLASSES = 4


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return (powers / powers.sum(-1, keepdims=True)).astype("float32")


@pytest.fixture
def answers(rng):
    """Labels and probabilities that have something to do with each other."""
    labels = rng.integers(0, CLASSES - 1, 200)  # no row is of the last class
    logits = rng.normal(size=(200, CLASSES)) + 2 * np.eye(CLASSES)[labels]
    logits[:, -1] = -9  # and none is taken for it
    return labels, softmax(logits)


def expected_f1(labels, probabilities):
    counts = analysis.confusion_matrix(labels, probabilities.argmax(1), CLASSES)
    return np.nanmean(analysis.f1_scores(counts))


BOTH = [
    (lambda: metrics.MacroF1(CLASSES), expected_f1),
    (
        lambda: metrics.ExpectedCalibrationError(bins=10),
        lambda labels, p: analysis.expected_calibration_error(p, labels, bins=10),
    ),
]


@pytest.mark.parametrize(("make", "expected"), BOTH, ids=["MacroF1", "ExpectedCalibrationError"])
def test_of_classes_they_are_those_of_the_analysis(make, expected, answers):
    labels, probabilities = answers
    metric = make()
    assert float(metric.result()) == 0
    for rows in (slice(0, 70), slice(70, 200)):
        metric.update_state(labels[rows], probabilities[rows])
    assert float(metric.result()) == pytest.approx(expected(labels, probabilities), rel=1e-5)
    copy = type(metric).from_config(metric.get_config())
    copy.update_state(labels[:, None], probabilities)
    assert float(copy.result()) == pytest.approx(float(metric.result()), rel=1e-5)
    metric.reset_state()
    assert float(metric.result()) == 0


@pytest.mark.parametrize(("make", "expected"), BOTH, ids=["MacroF1", "ExpectedCalibrationError"])
def test_rows_that_do_not_count_have_no_say(make, expected, answers):
    labels, probabilities = answers
    kept = np.arange(200) % 3 > 0
    whole = expected(labels[kept], probabilities[kept])
    weighted, unlabelled, masked = make(), make(), make()
    weighted.update_state(labels, probabilities, sample_weight=kept.astype("float32"))
    unlabelled.update_state(np.where(kept, labels, -1), probabilities)
    outputs = keras.ops.convert_to_tensor(probabilities)
    outputs._keras_mask = keras.ops.convert_to_tensor(kept)
    masked.update_state(labels, outputs)
    for metric in (weighted, unlabelled, masked):
        assert float(metric.result()) == pytest.approx(whole, rel=1e-5)


def test_a_weight_counts_a_row_so_many_times(answers):
    labels, probabilities = answers
    weights = np.arange(200) % 3
    for make, _ in BOTH:
        weighted, repeated = make(), make()
        weighted.update_state(labels, probabilities, sample_weight=weights.astype("float32"))
        rows = np.repeat(np.arange(200), weights)
        repeated.update_state(labels[rows], probabilities[rows])
        assert float(weighted.result()) == pytest.approx(float(repeated.result()), rel=1e-5)


def towers(rng, rows=60, count=2):
    """Vectors with scale and bias, and parts of which some repeat and some are absent."""
    vectors = rng.normal(size=(rows, count, 5))
    vectors[:, 1] += vectors[:, 0]
    parts = np.stack([rng.integers(0, 40, rows), rng.integers(0, 40, rows)], 1)
    # What is the same has the same vector.
    for place in range(2):
        _, first = np.unique(parts[:, place], return_index=True)
        at = {parts[row, place]: row for row in first}
        vectors[:, place] = vectors[[at[part] for part in parts[:, place]], place]
    parts[::7, 0] = -1
    parts[3::11, 1] = -1
    extras = np.ones((rows, count, 2))
    return parts, np.concatenate([vectors, extras], -1).astype("float32")


def both_ways(parts, outputs, at):
    found = [
        analysis.retrieval_scores(
            outputs[:, a, :-2],
            outputs[:, b, :-2],
            query_parts=parts[:, a],
            item_parts=parts[:, b],
            at=(at,),
        )
        for a, b in ((0, 1), (1, 0))
    ]
    weights = [each["queries"] for each in found]
    return np.average([each[f"recall@{at}"] for each in found], weights=weights)


@pytest.mark.parametrize("k", [1, 5])
def test_recall_is_that_of_the_analysis(k, rng):
    parts, outputs = towers(rng)
    metric = metrics.RecallAtK(k)
    metric.update_state(parts, outputs)
    expected = both_ways(parts, outputs, k)
    assert 0 < expected < 1
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)
    assert metric.name == f"recall_at_{k}"


def test_the_items_are_those_of_the_batch(rng):
    _, outputs = towers(rng)
    parts = np.repeat(np.arange(60)[:, None], 2, axis=1)
    whole, halves = metrics.RecallAtK(3), metrics.RecallAtK(3)
    whole.update_state(parts, outputs)
    for rows in (slice(0, 30), slice(30, 60)):
        halves.update_state(parts[rows], outputs[rows])
    means = [both_ways(parts[rows], outputs[rows], 3) for rows in (slice(0, 30), slice(30, 60))]
    assert float(halves.result()) == pytest.approx(np.mean(means))
    assert float(halves.result()) > float(whole.result())


@pytest.mark.parametrize("rows", [59, 60])
def test_the_median_rank_is_that_of_the_analysis(rows, rng):
    parts, outputs = towers(rng, rows)
    parts[:] = np.arange(rows)[:, None]  # each once, so that both directions have as many
    metric = metrics.MedianRank(max_rank=rows)
    metric.update_state(parts, outputs)
    scores = outputs[:, 0, :-2].astype("float64") @ outputs[:, 1, :-2].T.astype("float64")
    ranks = [
        1 + (np.delete(own, row) >= own[row]).sum()
        for matrix in (scores, scores.T)
        for row, own in enumerate(matrix)
    ]
    assert float(metric.result()) == pytest.approx(np.median(ranks))
    one_way = analysis.retrieval_scores(outputs[:, 0, :-2], outputs[:, 1, :-2])
    assert one_way["median_rank"] == np.median(ranks[:rows])


def test_ranks_after_the_last_are_one(rng):
    parts, outputs = towers(rng)
    metric = metrics.MedianRank(max_rank=1)
    metric.update_state(parts, outputs)
    assert float(metric.result()) == 1


def test_rows_that_do_not_count_are_neither_asked_nor_found(rng):
    parts, outputs = towers(rng)
    kept = np.arange(60) % 3 > 0
    for make in (lambda: metrics.RecallAtK(3), metrics.MedianRank):
        weighted, alone = make(), make()
        weighted.update_state(parts, outputs, sample_weight=kept.astype("float32"))
        alone.update_state(parts[kept], outputs[kept])
        assert float(weighted.result()) == pytest.approx(float(alone.result()))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_retriever_is_compiled_with_them(jit_compile, rng):
    schema = Schema(
        [Features(name=name, length=1, dim=5) for name in ("a", "b")],
        PairTarget(towers=(("a", ("a",)), ("b", ("b",)))),
    )
    model = tasks.retriever(schema, dim=8, units=6, seed=0, jit_compile=jit_compile)
    batch = {}
    for name in ("a", "b"):
        batch[name] = rng.normal(size=(20, 1, 5)).astype("float32")
        batch[f"{name}_mask"] = np.ones((20, 1), bool)
    parts = np.stack([np.arange(20)] * 2, 1)
    history = model.fit(batch, parts, batch_size=20, verbose=0).history
    assert {"recall_at_1", "recall_at_10", "median_rank"} <= history.keys()
    found = model.evaluate(batch, parts, batch_size=20, return_dict=True, verbose=0)
    expected = both_ways(parts, model.predict(batch, verbose=0), 10)
    assert found["recall_at_10"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: metrics.MacroF1(1), "num_classes"),
        (lambda: metrics.ExpectedCalibrationError(bins=0), "bins"),
        (lambda: metrics.RecallAtK(0), "k"),
        (lambda: metrics.MedianRank(max_rank=0), "max_rank"),
    ],
)
def test_what_is_just_beyond_is_refused_by_name(make, argument):
    with pytest.raises(ValueError, match=rf"^`{argument}` must be at least .*Received: "):
        make()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("make", [make for make, _ in BOTH])
def test_probabilities_that_are_none_make_no_score(make, value, answers):
    labels, probabilities = answers
    probabilities[7, 0] = value
    metric, without = make(), make()
    metric.update_state(labels, probabilities)
    assert np.isnan(metric.result())
    metric.reset_state()
    kept = np.arange(200) != 7
    metric.update_state(labels, probabilities, sample_weight=kept)
    without.update_state(labels[kept], probabilities[kept])
    assert float(metric.result()) == pytest.approx(float(without.result()), rel=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("make", [lambda: metrics.RecallAtK(3), metrics.MedianRank])
def test_vectors_that_are_none_are_not_perfect(make, value, rng):
    parts, outputs = towers(rng)
    kept = np.arange(60) != 8  # it has both parts
    for spoiled in (outputs * value, np.where(kept[:, None, None], outputs, value)):
        metric = make()
        metric.update_state(parts, spoiled.astype("float32"))
        assert np.isnan(metric.result())
    metric, without = make(), make()
    metric.update_state(parts, spoiled, sample_weight=kept)
    without.update_state(parts[kept], outputs[kept])
    assert float(metric.result()) == pytest.approx(float(without.result()), rel=1e-6)


def test_rows_of_ones_and_zeros_are_no_class_numbers(answers):
    labels, probabilities = answers
    for make, _ in BOTH:
        with pytest.raises(ValueError, match=r"and not one-hot. Received: shape \(200, 4\)"):
            make().update_state(np.eye(CLASSES)[labels], probabilities)
