"""Networks that have learned before are worth it: on real icons, alone and together."""

import pathlib
import re

import keras
import numpy as np
import pytest

from keras_multimodal.data import cache_features

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the data are TensorFlow's"),
]
RESULTS = pathlib.Path(__file__).parents[2] / "benchmarks/results/pretrained_accuracy.txt"


def test_both_are_better_than_either_and_than_learning_from_scratch(tmp_path):
    """EfficientNet-Lite0 and MiniLM, frozen, by category of icons, over three seeds."""
    from benchmarks import _pretrained_icons as icons
    from benchmarks.pretrained_accuracy import HEADS, head_accuracy

    records, parts = icons.read(tmp_path / "icons")
    cached = cache_features(records, icons.networks(), tmp_path / "features", verbose=False)
    train, _, test = cached.split_by(parts)
    accuracy = {
        name: np.mean([head_accuracy(train.only(*own), test.only(*own), seed) for seed in range(3)])
        for name, own in HEADS.items()
    }
    (scratch,) = re.findall(r"^both, from scratch +(0\.\d+)", RESULTS.read_text(), re.MULTILINE)
    assert accuracy["both"] > max(accuracy["picture"], accuracy["name"]) + 0.01
    assert accuracy["both"] > float(scratch) + 0.05
