"""One rule says what a missing cell is."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.schema.missing_cells import is_missing


@pytest.mark.parametrize(
    "cell",
    [
        *(None, float("nan"), np.float32("nan"), decimal.Decimal("nan"), pd.NA, pd.NaT),
        *(np.datetime64("NaT"), "", " ", "\t\n", "\u3000", "\xa0"),
    ],
    ids=repr,
)
def test_a_cell_that_holds_nothing_is_missing(cell):
    assert is_missing(cell) is True


@pytest.mark.parametrize(
    "cell",
    [
        *(0, 0.0, False, float("inf"), np.float32(1), decimal.Decimal(0), "0", "-", "nan", " a "),
        *(b"", [], (), np.array([np.nan]), [None], datetime.date(2026, 1, 1), "\u200b"),
    ],
    ids=repr,
)
def test_anything_else_is_there(cell):
    assert is_missing(cell) is False
