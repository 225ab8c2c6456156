"""The fusions of vectors are their papers' equations, over the modalities that a row has."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import ConcatFusion, GatedFusion, LowRankFusion, MaxFusion, MeanFusion

TEXT = np.random.default_rng(3).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(4).normal(size=(4, 5, 6)).astype("float32")
SENSOR = np.random.default_rng(5).normal(size=(4, 6)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
NAMES = ("image", "sensor", "text")


def vectors_of(row, pool=np.mean):
    """The modalities that a row has, in float64."""
    found = {}
    for name in NAMES:
        x, mask = INPUTS[name][row].astype("float64"), MASKS[name][row]
        if mask.any():
            found[name] = x if x.ndim == 1 else pool(x[mask], axis=0)
    return found


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def mean(p, layer, vectors):
    return np.mean(list(vectors.values()), axis=0)


def greatest(p, layer, vectors):
    return np.max(list(vectors.values()), axis=0)


def concatenation(p, layer, vectors):
    return np.concatenate([vectors.get(name, p[f"absent_{name}"]) for name in NAMES])


def gates(p, layer, vectors):
    """Arevalo et al., 2017."""
    whole = np.concatenate([vectors.get(name, np.zeros(6)) for name in NAMES])
    total = 0
    for name, vector in vectors.items():
        gate = sigmoid(whole @ p[f"gate_kernel_{name}"] + p[f"gate_bias_{name}"])
        total = total + gate * np.tanh(vector @ p[f"kernel_{name}"] + p[f"bias_{name}"])
    return total


def tensor_product(p, layer, vectors):
    """Liu et al., 2018, by the whole tensor of products and the whole weights of equation 5."""
    rank, units = layer.rank, layer.units
    weights, features = 0, np.ones(())
    for vector in vectors.values():
        features = np.multiply.outer(features, np.append(vector, 1.0))
    for r in range(rank):
        for unit in range(units):
            outer = np.ones(())
            for name in vectors:
                factor = p[f"factor_{name}"].reshape(7, rank, units)[:, r, unit]
                outer = np.multiply.outer(outer, factor)
            one = np.zeros(units)
            one[unit] = p["rank_weights"][r]
            weights = weights + np.multiply.outer(outer, one)
    axes = len(vectors)
    return np.tensordot(features, weights, axes=axes) + p["bias"]


CASES = [
    (MeanFusion, {}, mean, np.zeros(6)),
    (MaxFusion, {}, greatest, np.zeros(6)),
    (ConcatFusion, {}, concatenation, None),
    (GatedFusion, {"units": 4}, gates, np.zeros(4)),
    (LowRankFusion, {"units": 4, "rank": 3}, tensor_product, np.zeros(4)),
]


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize(("cls", "options", "reference", "of_nothing"), CASES)
def test_it_is_its_equation(cls, options, reference, of_nothing, pooling, randomize, parameters):
    layer = cls(**options, pooling=pooling)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    p = parameters(layer)
    pool = {"mean": np.mean, "max": np.max}[pooling]
    expected = [reference(p, layer, vectors_of(row, pool)) for row in range(3)]
    expected.append(reference(p, layer, {}) if of_nothing is None else of_nothing)
    output = keras.ops.convert_to_numpy(layer(INPUTS, mask=MASKS))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(("cls", "options"), [case[:2] for case in CASES])
def test_without_masks_every_modality_is_there(cls, options, randomize):
    layer = cls(**options)
    everything = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    np.testing.assert_allclose(layer(INPUTS), layer(INPUTS, mask=everything), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (GatedFusion, {"units": 0}, "`units` must be positive"),
        (LowRankFusion, {"units": 0}, "`units` must be positive"),
        (LowRankFusion, {"units": 2, "rank": 0}, "`rank` must be at least 1"),
        (MeanFusion, {"pooling": "sum"}, r"`pooling` must be one of \['max', 'mean'\]"),
    ],
)
def test_wrong_arguments_are_refused(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)


@pytest.mark.parametrize("cls", [MeanFusion, MaxFusion])
def test_one_width_is_needed_where_features_are_compared(cls):
    with pytest.raises(ValueError, match="`inputs` must have one width"):
        cls()([SENSOR, SENSOR[:, :3]])


def test_low_rank_weights_grow_with_the_sum_of_the_widths():
    layer = LowRankFusion(5, rank=2)
    layer.build([(None, 10), (None, 20), (None, 30)])
    assert layer.count_params() == (11 + 21 + 31) * 2 * 5 + 2 + 5
