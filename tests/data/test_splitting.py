"""How rows are dealt to parts, by hand."""

import numpy as np
import pytest

from keras_multimodal.data.splitting import assign_parts


@pytest.mark.parametrize("seed", range(8))
def test_a_group_is_of_the_class_that_most_of_its_rows_have(seed):
    """Eight groups of three rows; the first row is of another class in four of them."""
    groups = np.repeat(np.arange(8), 3)
    strata = np.array([0, 0, 0] * 4 + [0, 1, 1] * 4)
    parts = assign_parts(range(24), (0.5, 0.5), seed, strata, groups.tolist())
    for part in (0, 1):
        chosen = set(groups[parts == part].tolist())
        assert len(chosen & {0, 1, 2, 3}) == len(chosen & {4, 5, 6, 7}) == 2
