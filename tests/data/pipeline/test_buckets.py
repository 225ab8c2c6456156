"""Batches of rows of like length."""

import collections

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import SensorProcessor, TextProcessor, pair


@pytest.fixture(scope="module")
def texts():
    """A hundred texts of one to twelve words by key."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 13, 100)
    return pd.Series({f"k{row}": " ".join(["w"] * n) for row, n in enumerate(lengths)})


def records_of(texts, **options):
    column = TextProcessor(length=12).load_data(texts)
    labels = [len(text.split()) for text in texts]
    return pair(column, labels=labels, **options).adapt()


def test_rows_of_like_length_come_together_and_are_cut_to_it(texts):
    records = records_of(texts)
    dataset = records.batch(8, training=True, buckets={"text": (3, 6)})
    seen, widths = 0, collections.Counter()
    for inputs, numbers in dataset:
        words = np.array(records.target.classes, int)[numbers]
        width = inputs["text"].shape[1]
        assert width == min(edge for edge in (3, 6, 12) if edge >= words.max())
        # Each bucket begins behind the one before it.
        assert words.min() > {3: 0, 6: 3, 12: 6}[width]
        np.testing.assert_array_equal((inputs["text"].numpy() > 0).sum(1), words)
        seen += len(words)
        widths[width] += 1
    assert seen == 100
    assert set(widths) == {3, 6, 12}
    assert len(dataset) == sum(widths.values())


def test_every_row_comes_once_with_its_own_label_in_an_order_of_each_epoch(texts):
    records = records_of(texts)
    dataset = records.batch(8, training=True, buckets={"text": (6,)})
    orders = []
    for _ in range(2):
        rows = [number for _, numbers in dataset for number in numbers.numpy()]
        orders.append(rows)
        assert sorted(rows) == sorted(records.labels.tolist())
    assert orders[0] != orders[1]


@pytest.mark.parametrize("threads", [1, 4])
def test_buckets_are_alike_for_a_seed_and_with_a_cache(texts, threads):
    records = records_of(texts)
    options = {"training": True, "seed": 5, "buckets": {"text": (3, 6)}}
    first = list(records.batch(8, **options))
    again = list(records.batch(8, **options, num_parallel_calls=threads))
    cached = list(records.batch(8, **options, cache=True))
    for one, two, three in zip(first, again, cached, strict=True):
        np.testing.assert_array_equal(one[0]["text"], two[0]["text"])
        np.testing.assert_array_equal(one[0]["text"], three[0]["text"])
        np.testing.assert_array_equal(one[1], two[1])


def test_drop_remainder_leaves_whole_batches(texts):
    dataset = records_of(texts).batch(8, drop_remainder=True, buckets={"text": (6,)})
    sizes = [len(numbers) for _, numbers in dataset]
    assert set(sizes) == {8}
    assert len(dataset) == len(sizes)


def test_two_modalities_have_buckets_of_their_own(texts):
    steps = {key: np.ones((len(text.split()) % 5 + 1, 2), "float32") for key, text in texts.items()}
    sensors = SensorProcessor(length=5).load_arrays(steps)
    records = pair(TextProcessor(length=12).load_data(texts), sensors).adapt()
    shapes = set()
    rows = 0
    for inputs in records.batch(4, buckets={"text": (6,), "sensor": (2,)}):
        width = inputs["sensor"].shape[1]
        assert inputs["sensor_mask"].shape[1] == width
        shapes.add((inputs["text"].shape[1], width))
        rows += len(inputs["text"])
    assert rows == 100
    assert shapes <= {(6, 2), (6, 5), (12, 2), (12, 5)}
    assert len(shapes) > 2


def test_absent_and_drawn_rows_have_a_length(texts):
    captions = pd.concat([texts, texts.iloc[:20].str.cat(["more words"] * 20, sep=" ")])
    names = TextProcessor(length=3).load_data(dict.fromkeys([*texts.index, "alone"], "x"), name="n")
    records = pair(
        TextProcessor(length=14).load_data(captions),
        names,
        on_duplicates="sample",
        on_missing="mask",
    ).adapt()
    dataset = records.batch(8, training=True, buckets={"text": (6,)})
    assert sum(len(inputs["text"]) for inputs in dataset) == 101
    assert dataset.cardinality() == tf.data.UNKNOWN_CARDINALITY  # what is drawn changes it


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        ({"image": (3,)}, r"must name modalities that have a length, among \['text'\]"),
        ({"text": (6, 3)}, "must give rising lengths"),
        ({"text": (12,)}, "the whole length of 'text', 12"),
        ({"text": ()}, "must give rising lengths"),
        ({"text": (0, 3)}, "must give rising lengths"),
    ],
)
def test_wrong_buckets_are_refused(texts, buckets, message):
    with pytest.raises(ValueError, match=message):
        records_of(texts).batch(8, buckets=buckets)
