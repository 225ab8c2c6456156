"""For any keys, orders, gaps, repeats and numbers of threads: each row is its own."""

import collections

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_multimodal.data import TextProcessor, pair

# The first example of each test builds TensorFlow's graph functions.
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))

KEYS = st.lists(st.integers(0, 30), min_size=4, max_size=40, unique=True)


def column(name, keys, absent=()):
    cells = {key: "" if key in absent else f"{name}{key}" for key in keys}
    return TextProcessor(length=1, standardize=None).load_data(cells, name=name)


def words(records, batches, name):
    """What each row of the batches says, "" where it is absent."""
    vocabulary = np.array(["", "?", *records.schema[name].vocabulary], object)
    return np.concatenate([vocabulary[batch[name].numpy()[:, 0]] for batch in batches]).tolist()


@SLOW
@given(
    first=KEYS,
    second=KEYS,
    absent=st.sets(st.integers(0, 30)),
    threads=st.integers(1, 5),
    batch_size=st.integers(1, 50),
    seed=st.integers(0, 2**31),
)
def test_modalities_of_a_row_share_its_key_and_each_key_comes_once(
    first, second, absent, threads, batch_size, seed
):
    every = set(first) | set(second)
    present = {"a": set(first) - absent, "b": set(second)}
    if not set(first) & set(second) or not present["a"]:
        return
    columns = column("a", first, absent), column("b", second)
    records = pair(*columns, on_missing="mask").adapt()
    filled = {key for key in every if any(key in keys for keys in present.values())}
    options = {"training": True, "seed": seed, "num_parallel_calls": threads}
    batches = list(records.batch(batch_size, **options))
    rows = list(zip(words(records, batches, "a"), words(records, batches, "b"), strict=True))
    expected = [
        (f"a{key}" if key in present["a"] else "", f"b{key}" if key in present["b"] else "")
        for key in filled
    ]
    assert collections.Counter(rows) == collections.Counter(expected)
    again = list(records.batch(batch_size, training=True, seed=seed, num_parallel_calls=1))
    assert words(records, again, "b") == words(records, batches, "b")


@SLOW
@given(
    keys=KEYS,
    classes=st.integers(1, 4),
    shares=st.tuples(st.floats(0.1, 0.4), st.floats(0.1, 0.4)),
    seed=st.integers(0, 1000),
    size=st.integers(1, 6),
)
def test_splits_are_disjoint_complete_and_keep_groups(keys, classes, shares, seed, size):
    records = pair(column("a", keys), labels={key: key % classes for key in keys}, classes=range(4))
    groups = {key: key // size for key in keys}
    validation, test = shares
    if min(shares) * len(keys) < 2 * size:
        return  # a part might stay empty, which is an error of its own
    parts = records.split(
        validation=validation, test=test, seed=seed, groups=groups, stratify=False
    )
    assert sorted(key for part in parts for key in part.keys) == sorted(keys)
    seen = [{groups[key] for key in part.keys} for part in parts]
    assert sum(map(len, seen)) == len(set.union(*seen))


@SLOW
@given(
    keys=st.lists(st.integers(0, 8), min_size=3, max_size=30),
    seed=st.integers(0, 1000),
)
def test_repeated_keys_are_expanded_or_drawn_from_but_never_mixed(keys, seed):
    texts = [f"{key}_{place}" for place, key in enumerate(keys)]
    series = pd.Series(texts, index=keys, dtype=object)
    captions = TextProcessor(length=1, standardize=None).load_data(series)
    expanded = pair(captions, on_duplicates="expand")
    assert sorted(expanded.to_frame()["text"]) == sorted(texts)
    for key, text in expanded.to_frame()["text"].items():
        group = key[0] if isinstance(key, tuple) else key
        assert text.startswith(f"{group}_")
    sampled = pair(captions, on_duplicates="sample").adapt()
    assert sorted(sampled.keys) == sorted(set(keys))
    batches = list(sampled.batch(7, training=True, shuffle=False, seed=seed))
    for key, word in zip(sampled.keys, words(sampled, batches, "text"), strict=True):
        assert word.startswith(f"{key}_")
