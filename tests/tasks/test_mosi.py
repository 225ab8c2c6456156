"""Sentiment of utterances, read in the context of their video."""

import pytest

from benchmarks import mosi


@pytest.mark.slow
def test_all_three_modalities_do_better_than_sound_or_picture_alone(shared_data):
    train, test = (mosi.read(shared_data, part) for part in ("train", "test"))
    assert set(train.sentences).isdisjoint({""})
    assert (len(train.labels), len(test.labels)) == (1447, 752)
    fused, *single = (
        mosi.accuracy(train, test, names, seed=0)
        for names in (mosi.MODALITIES, ("audio",), ("video",))
    )
    assert fused > 0.75  # the most frequent class is 0.621
    assert fused > max(single) + 0.1
