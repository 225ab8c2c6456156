"""Networks that have learned before are worth it: on real icons, alone and together."""

import pathlib
import re

import keras
import pytest

from keras_multimodal.data import cache_features

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the data are TensorFlow's"),
]
RESULTS = pathlib.Path(__file__).parents[2] / "benchmarks/results/pretrained_accuracy.txt"


@pytest.fixture(scope="module")
def parts_of(shared_icons, shared_folder):
    """Training, validation and test icons as EfficientNet-Lite0 and MiniLM see them, frozen."""
    from benchmarks import _pretrained_icons as icons

    def parts_of(match):
        records, parts = icons.read(shared_icons(icons.SIZE), match)
        networks = icons.networks()
        features = shared_folder(
            "pretrained_features",
            lambda path: cache_features(records, networks, path, verbose=False),
        )
        return cache_features(records, networks, features, verbose=False).split_by(parts)

    return parts_of


def test_both_are_better_than_either_and_than_learning_from_scratch(parts_of):
    """By category; three seeds are in the benchmark's results."""
    from benchmarks.pretrained_accuracy import HEADS, head_accuracy

    train, _, test = parts_of(match=False)
    accuracy = {
        name: head_accuracy(train.select_modalities(*own), test.select_modalities(*own), seed=0)
        for name, own in HEADS.items()
    }
    (scratch,) = re.findall(r"^both, from scratch +(0\.\d+)", RESULTS.read_text(), re.MULTILINE)
    assert accuracy["both"] > max(accuracy["picture"], accuracy["name"]) + 0.01
    assert accuracy["both"] > float(scratch) + 0.05


def test_names_find_their_icons_more_often_than_by_ridge_regression(parts_of):
    from benchmarks.pretrained_retrieval import heads, ridge

    train, validation, test = parts_of(match=True)
    way, at = "name to icon", "recall@10"
    assert heads(train, test, seed=0)[way][at] > ridge(train, validation, test)[way][at]
