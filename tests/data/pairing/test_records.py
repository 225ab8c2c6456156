"""Splits leak nothing and repeat exactly; what is learned is learned on the training rows."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TableProcessor, TextProcessor, pair


def records(rows=200, classes=4, order=None, **arguments):
    keys = list(range(rows)) if order is None else order
    texts = {f"k{key}": f"word{key}" for key in keys}
    labels = {f"k{key}": f"c{key % classes}" for key in keys}
    return pair(TextProcessor(length=2).load_data(texts, **arguments), labels=labels)


def split_keys(parts):
    return [set(part.keys) for part in parts]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("shares", "sizes"),
    [
        ({"test": 0.2}, [160, 40]),
        ({"validation": 0.1, "test": 0.2}, [140, 20, 40]),
        ({"train": 0.5, "validation": 0.5}, [100, 100]),
    ],
)
def test_parts_are_disjoint_complete_balanced_and_of_the_size_asked_for(seed, shares, sizes):
    whole = records()
    parts = whole.split(seed=seed, **shares)
    assert [len(part) for part in parts] == sizes
    keys = split_keys(parts)
    assert set.union(*keys) == set(whole.keys)
    assert sum(map(len, keys)) == len(whole)
    for part in parts:
        counts = np.bincount(part.labels, minlength=4)
        assert abs(counts - len(part) / 4).max() <= 1


def test_a_split_depends_on_the_seed_and_not_on_the_order_of_the_rows():
    first = split_keys(records().split(test=0.3, seed=1))
    shuffled = np.random.default_rng(0).permutation(200).tolist()
    assert split_keys(records(order=shuffled).split(test=0.3, seed=1)) == first
    assert split_keys(records().split(test=0.3, seed=2)) != first


def test_a_group_is_never_divided():
    whole = records()
    groups = pd.Series({key: int(key[1:]) // 7 for key in whole.keys})
    for seed in range(5):
        parts = whole.split(validation=0.2, test=0.2, seed=seed, groups=groups)
        found = [set(groups[part.keys]) for part in parts]
        assert sum(map(len, found)) == len(set.union(*found))
        assert abs(len(parts[2]) - 40) <= 7


def test_the_vocabulary_is_learned_on_the_training_rows_and_shared():
    train, validation, test = records().split(validation=0.1, test=0.2, seed=0)
    words = {f"word{key[1:]}" for key in train.keys}
    assert set(train.schema["text"].vocabulary) == words
    assert validation.schema == test.schema == train.schema
    (inputs, _) = test.batch(len(test)).get_single_element()
    assert set(inputs["text"].numpy()[:, 0]) == {1}  # every word of the test rows is unknown


def test_splitting_a_part_again_learns_anew():
    train, _ = records().split(test=0.2)
    inner, outer = train.split(validation=0.5)
    assert set(inner.schema["text"].vocabulary) == {f"word{key[1:]}" for key in inner.keys}
    assert outer.schema == inner.schema


@pytest.mark.parametrize(
    ("rows", "arguments", "message"),
    [
        (200, {"test": 1.5}, r"shares in \[0, 1\] that add up to 1.*test=1.5"),
        (200, {"train": 0.5, "test": 0.2}, "add up to 1.*train=0.5"),
        (200, {"test": 1.0}, "`train` must be above 0"),
        (4, {"test": 0.1}, "too few.*4 rows.*'test': 0"),
        (5, {"test": 0.5}, "none for training of"),
        (200, {"groups": [1, 2]}, "`groups` must have one entry for each of the 200 rows"),
        (200, {"groups": {"k0": 1}}, "`groups` must have an entry for each row.*199 rows"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(rows, arguments, message):
    with pytest.raises(ValueError, match=message):
        records(rows).split(**arguments)


def test_a_published_split_is_followed():
    whole = records(10)
    column = pd.Series({f"k{i}": ["train", "test", "unused"][i % 3] for i in range(10)})
    train, test = whole.split_by(column, ("train", "test"), ignore=["unused"])
    assert split_keys([train, test]) == [{"k0", "k3", "k6", "k9"}, {"k1", "k4", "k7"}]
    assert set(test.schema["text"].vocabulary) == {"word0", "word3", "word6", "word9"}
    with pytest.raises(ValueError, match=r"none of 'validation', but \['test', 'train'\]"):
        whole.split_by(column.replace("unused", "train"))


@pytest.mark.parametrize("stray", ["Train", None, float("nan")])
def test_a_row_of_no_known_part_is_not_lost_in_silence(stray):
    column = pd.Series({f"k{i}": ["train", "test"][i % 2] for i in range(10)}, dtype=object)
    column["k4"] = stray
    with pytest.raises(ValueError, match=rf"\['{stray}'\] in 1 rows \('k4'\)"):
        records(10).split_by(column, ("train", "test"))


def test_a_key_may_repeat_with_one_group():
    groups = pd.Series([1, 1, None, 1, None], index=["k0", "k0", "k2", "k1", "k2"])
    parts = records(3).split(test=0.5, groups=groups, stratify=False)
    assert sorted(map(sorted, split_keys(parts))) == [["k0", "k1"], ["k2"]]


def test_a_key_with_two_groups_is_refused():
    groups = pd.Series([1, 2, 1], index=["k0", "k0", "k1"])
    with pytest.raises(ValueError, match=r"`groups` must have one value for each key.*'k0'"):
        records(2).split(test=0.5, groups=groups, stratify=False)


def test_rows_are_selected_by_key_in_the_order_asked_for():
    chosen = records(10).select(["k7", "k2"])
    assert chosen.keys == ["k7", "k2"]
    assert chosen.to_frame()["text"].tolist() == ["word7", "word2"]
    assert chosen.labels.tolist() == [3, 2]
    with pytest.raises(ValueError, match="1 that are not: 'k99'"):
        records(10).select(["k1", "k99"])


def test_withholding_takes_a_modality_from_the_share_asked_for():
    whole = records(optional=True)
    half = whole.mask_modality("text", 0.5, seed=1)
    gone = [key for key, cell in half.to_frame()["text"].items() if not cell]
    assert len(gone) == 100
    again = whole.select(whole.keys[::-1]).mask_modality("text", 0.5, seed=1).to_frame()["text"]
    assert set(again.index[again == ""]) == set(gone)
    assert not whole.mask_modality("text").columns[0].present.any()
    assert whole.mask_modality("text", 0.0).columns[0].present.all()
    assert whole.columns[0].present.all()


def test_only_what_is_optional_can_be_withheld():
    with pytest.raises(ValueError, match=r"optional modality, one of \[\].*name='text'"):
        records().mask_modality("text")
    with pytest.raises(ValueError, match=r"one of \['text'\].*name='image'"):
        records(optional=True).mask_modality("image")
    with pytest.raises(ValueError, match=r"`fraction` must be in \[0, 1\].*2"):
        records(optional=True).mask_modality("text", 2)


def test_a_single_modality_can_be_kept():
    names = {"a": "cat", "b": "dog"}
    whole = pair(
        TextProcessor(length=2).load_data(names, name="title"),
        TextProcessor(length=3).load_data(names, name="note", optional=True),
        labels={"a": 0, "b": 1},
    ).adapt()
    assert list(whole.select_modalities("title").batch(2).element_spec[0]) == ["title"]
    assert whole.select_modalities("note", "title").schema.names == ("note", "title")
    assert whole.select_modalities("note").keys == whole.keys
    for wrong in ([], ["image"], ["note", "note"]):
        with pytest.raises(ValueError, match=r"modalities \['title', 'note'\]"):
            whole.select_modalities(*wrong)


def test_rows_without_their_target_have_inputs_only():
    whole = records(10).adapt()
    found = whole.without_target()
    assert list(next(iter(found.batch(4)))) == ["text"]
    assert found.labels is found.target is found.schema.target is None
    assert found.keys == whole.keys
    assert whole.target is not None  # as before


def test_it_shows_its_rows_and_what_is_missing():
    frame = pd.DataFrame({"note": ["a cat", None, "a dog"], "size": [1.0, 2.0, 3.0]})
    notes = TextProcessor(length=4).from_dataframe(frame, column="note", name="note", optional=True)
    sizes = TableProcessor().from_dataframe(frame, numeric=["size"], name="sizes")
    assert repr(notes) == (
        "<TextColumn 'note' of column 'note': (4,) int32, 3 rows, 1 of them missing>"
    )
    found = pair(notes, sizes, labels=["x", "y", "x"], on_missing="mask")
    assert repr(found).splitlines() == [
        "<Records: 3 rows, ClassTarget 'label'",
        "  note   Text (4,) int32, 3 rows, 1 of them missing",
        "  sizes  Tabular (1,) float32, 3 rows>",
    ]
    assert "no target" in repr(pair(sizes))
