"""Raw cells that make no batch are named."""

import numpy as np
import pytest

from keras_multimodal.data import Preprocessor
from keras_multimodal.inference._raw_cells import preprocess
from keras_multimodal.schema import Schema, Sensor, Text

PREPROCESSOR = Preprocessor(
    Schema(
        [
            Sensor(channels=("x",), length=3, standardize=False),
            Text(length=2, vocabulary=("a",)),
        ]
    )
)


def test_series_of_several_lengths_are_to_be_padded():
    series, shorter = [[1.0], [2.0], [3.0]], [[4.0], [5.0]]
    with pytest.raises(
        ValueError, match=r"`rows` must have cells of one shape.*NaN at its end"
    ) as e:
        preprocess(PREPROCESSOR, {"sensor": [series, shorter], "text": ["a", "a a"]}, "rows")
    assert str(e.value).endswith("{'sensor': [(2, 1), (3, 1)]}")
    cells = {"sensor": [series, [*shorter, [np.nan]]], "text": ["a", "a a"]}
    found = preprocess(PREPROCESSOR, cells, "rows")
    assert found["sensor_mask"].numpy().tolist() == [[True] * 3, [True, True, False]]


def test_a_row_that_cannot_be_read_by_itself_is_named():
    with pytest.raises(ValueError, match=r"`rows` must have cells that can be read.*in row 12"):
        preprocess(
            PREPROCESSOR, {"sensor": [[[1.0]]] * 3, "text": ["a", "a", 3.5]}, "rows", first=10
        )
