"""The layers at the end of a model can be built again, and say what they do not take."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import (
    ContrastiveHead,
    OrderedQuantiles,
    OrdinalLogits,
    Temperature,
    UnitVectors,
)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Temperature(), (None, 4)),
        (OrdinalLogits(3), (None, 4)),
        (OrderedQuantiles(2, 3), (None, 4)),
        (ContrastiveHead(), [(None, 4), (None, 4)]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_built_again_it_keeps_its_weights(layer, shape):
    layer.build(shape)
    before = list(layer.weights)
    assert before
    for weight in before:
        weight.assign(keras.ops.ones_like(weight) * 7)
    layer.build(shape)
    assert len(layer.weights) == len(before)
    for weight, same in zip(layer.weights, before, strict=True):
        assert weight is same
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), 7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OrdinalLogits(1), "`classes` must be at least 2"),
        (
            lambda: OrdinalLogits(3)(np.ones((2, 3, 4), "float32")),
            r"`inputs` must be \(batch, width\)",
        ),
        (lambda: UnitVectors()([np.ones((2, 3))]), "`inputs` must be a list of vectors"),
        (lambda: ContrastiveHead(scale=0), r"`scale` must be in \(0, 100\]"),
        (lambda: ContrastiveHead()([np.ones((2, 3)), np.ones((2, 4))]), "two or more vectors"),
        (lambda: OrderedQuantiles(0, 3), "must be at least 1.*targets=0, quantiles=3"),
        (lambda: OrderedQuantiles(2, 0), "must be at least 1.*targets=2, quantiles=0"),
        (
            lambda: OrderedQuantiles(2, 3)(np.ones((2, 3, 4), "float32")),
            r"`inputs` must be \(batch, width\).*\(2, 3, 4\)",
        ),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
