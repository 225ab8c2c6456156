"""Sentiment of utterances, read in the context of their video."""

import pathlib

import pytest

from benchmarks import mosi

DATA = pathlib.Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "mosi.zip").is_file(), reason="needs ../shared/data/mosi.zip")
def test_all_three_modalities_do_better_than_sound_or_picture_alone():
    train, test = (mosi.read(DATA, part) for part in ("train", "test"))
    assert set(train.sentences).isdisjoint({""})
    assert (len(train.labels), len(test.labels)) == (1447, 752)
    fused, *single = (
        mosi.accuracy(train, test, names, seed=0)
        for names in (mosi.MODALITIES, ("audio",), ("video",))
    )
    assert fused > 0.75  # the most frequent class is 0.621
    assert fused > max(single) + 0.1
