"""The head hands the scale and the bias to the loss, beside each vector."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import ContrastiveHead


def test_the_head_adds_scale_and_bias_to_each_vector(rng):
    vectors = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    out = keras.ops.convert_to_numpy(ContrastiveHead(10.0, -10.0)(vectors))
    np.testing.assert_allclose(out[:, 1, :4], vectors[1])
    np.testing.assert_allclose(out[..., 4:], np.broadcast_to([10.0, -10.0], (3, 2, 2)), rtol=1e-5)


@pytest.mark.parametrize("shapes", [[(3, 4)], (3, 4), [(3, 4), (3, 5)], [(3, 4), (3, 2, 4)]])
def test_two_vectors_of_one_width_are_needed(shapes):
    with pytest.raises(ValueError, match=r"a list of two or more vectors \(batch, dim\)"):
        ContrastiveHead(10.0, -10.0).build(shapes)
