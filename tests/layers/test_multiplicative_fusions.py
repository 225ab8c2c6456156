"""The fusions that multiply are their papers' equations, over the modalities that a row has."""

import itertools

import keras
import numpy as np
import pytest

from keras_multimodal.layers import (
    FactorizedBilinearPooling,
    MultiplicativeInteraction,
    MutanFusion,
    TensorFusion,
)

TEXT = np.random.default_rng(5).normal(size=(4, 3, 3)).astype("float32")
IMAGE = np.random.default_rng(6).normal(size=(4, 5, 4)).astype("float32")
SENSOR = np.random.default_rng(7).normal(size=(4, 2)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
WIDTHS = {"image": 4, "sensor": 2, "text": 3}
X, Z = np.random.default_rng(8).normal(size=(2, 6, 4)).astype("float32")


class OneByOne:
    """Takes a list layer's inputs as arguments of their own, as the gradients' fixture has them."""

    def __init__(self, layer):
        self._layer = layer
        self.trainable_variables = layer.trainable_variables

    def __call__(self, *inputs, **kwargs):
        return self._layer(list(inputs), **kwargs)


def vectors_of(row, pool, masks):
    """The modalities that a row has, in float64."""
    found = {}
    for name in WIDTHS:
        x, mask = INPUTS[name][row].astype("float64"), masks[name][row]
        if mask.any():
            found[name] = x if x.ndim == 1 else pool(x[mask], axis=0)
    return found


def factor_of(p, part, vectors, name, unit):
    """One number that a modality's layer makes of its vector; 1 where it is absent."""
    if name not in vectors:
        return 1.0
    layer = f"{name}_{part}"
    return vectors[name] @ p[f"{layer}/kernel"][:, unit] + p[f"{layer}/bias"][unit]


def tensor(p, layer, vectors):
    """Zadeh et al., 2017, section 4.2: one number of each modality, in every combination."""
    extended = [[*vectors.get(name, [0.0] * width), 1.0] for name, width in WIDTHS.items()]
    return np.array([np.prod(numbers) for numbers in itertools.product(*extended)])


def tensor_and_layer(p, layer, vectors):
    return tensor(p, layer, vectors) @ p["output/kernel"] + p["output/bias"]


def bilinear_sums(p, layer, vectors):
    sums = np.zeros(layer.units)
    for unit, neighbour in np.ndindex(layer.units, layer.factor):
        place = unit * layer.factor + neighbour
        sums[unit] += np.prod([factor_of(p, "projection", vectors, n, place) for n in WIDTHS])
    return sums


def normalized_bilinear_sums(p, layer, vectors):
    """Yu et al., 2017, section 3."""
    roots = [np.sign(z) * np.sqrt(abs(z)) for z in bilinear_sums(p, layer, vectors)]
    return np.array(roots) / np.sqrt(sum(root**2 for root in roots))


def tucker(p, layer, vectors):
    """Ben-younes et al., 2017, section 3."""
    width = layer.hidden_units or layer.units
    small = {
        name: np.tanh([factor_of(p, "projection", vectors, name, unit) for unit in range(width)])
        for name in vectors
    }
    z = np.zeros(width)
    for r, unit in np.ndindex(layer.rank, width):
        z[unit] += np.prod([factor_of(p, "factors", small, n, r * width + unit) for n in WIDTHS])
    return z @ p["output/kernel"] + p["output/bias"]


def interaction(p, layer, vectors):
    """Jayakumar et al., 2020, section 3, each pair in turn."""
    output = p["image_linear/bias"].copy()
    for name, vector in vectors.items():
        output += vector @ p[f"{name}_linear/kernel"]
    for first, second in itertools.combinations(WIDTHS, 2):
        kernel = p[f"{first}_{second}_bilinear/kernel"]
        for i, j in np.ndindex(WIDTHS[first], WIDTHS[second]):
            if first in vectors and second in vectors:
                weights = kernel[i * WIDTHS[second] + j]
                output += vectors[first][i] * vectors[second][j] * weights
    return output


PLAIN = {"power_normalization": False, "l2_normalization": False}
CASES = [
    (TensorFusion, {}, tensor),
    (TensorFusion, {"units": 5}, tensor_and_layer),
    (FactorizedBilinearPooling, {"units": 5, "factor": 3}, normalized_bilinear_sums),
    (FactorizedBilinearPooling, {"units": 4, **PLAIN}, bilinear_sums),
    (MutanFusion, {"units": 5, "hidden_units": 3, "rank": 2}, tucker),
    (MutanFusion, {"units": 4}, tucker),
    (MultiplicativeInteraction, {"units": 5}, interaction),
]
LAYERS = [case[:2] for case in CASES]
CLASSES = [TensorFusion, FactorizedBilinearPooling, MutanFusion, MultiplicativeInteraction]


def built(cls, options, shapes, randomize):
    layer = cls(**options)
    layer.build(shapes)
    randomize(layer)
    return layer


@pytest.mark.parametrize(
    ("pooling", "masks"),
    [("mean", MASKS), ("max", MASKS), ("mean", None)],
    ids=["mean", "max", "no_masks"],
)
@pytest.mark.parametrize(("cls", "options", "reference"), CASES)
def test_it_is_its_equation(cls, options, reference, pooling, masks, randomize, parameters):
    shapes = {name: x.shape for name, x in INPUTS.items()}
    layer = built(cls, {**options, "pooling": pooling}, shapes, randomize)
    everything = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
    pool = {"mean": np.mean, "max": np.max}[pooling]
    rows = [vectors_of(row, pool, masks or everything) for row in range(4)]
    expected = np.stack([reference(parameters(layer), layer, vectors) for vectors in rows])
    if masks:
        expected[3] = 0  # a row with nothing
    output = keras.ops.convert_to_numpy(layer(INPUTS, mask=masks))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def test_tensor_fusion_of_two_is_the_outer_product():
    output = keras.ops.convert_to_numpy(TensorFusion()([X, Z]))
    for row, (x, z) in enumerate(zip(X, Z, strict=True)):
        expected = np.outer(np.append(x, 1.0), np.append(z, 1.0)).ravel()
        np.testing.assert_allclose(output[row], expected, rtol=1e-6)


def test_pooling_of_two_is_a_bilinear_form_of_rank_factor(randomize, parameters):
    options = {"units": 3, "factor": 2, "use_bias": False}
    layer = built(FactorizedBilinearPooling, options, [X.shape, Z.shape], randomize)
    p, output = parameters(layer), keras.ops.convert_to_numpy(layer([X, Z]))
    for row, (x, z) in enumerate(zip(X.astype("float64"), Z.astype("float64"), strict=True)):
        forms = np.zeros(3)
        for unit in range(3):
            window = slice(2 * unit, 2 * unit + 2)
            u, v = p["0_projection/kernel"][:, window], p["1_projection/kernel"][:, window]
            forms[unit] = x @ (u @ v.T) @ z
        roots = np.sign(forms) * np.sqrt(np.abs(forms))
        np.testing.assert_allclose(output[row], roots / np.linalg.norm(roots), rtol=1e-4, atol=1e-5)


def test_mutan_of_two_is_a_tucker_decomposition(randomize, parameters):
    options = {"units": 5, "hidden_units": 3, "rank": 2, "use_bias": False}
    layer = built(MutanFusion, options, [X.shape, Z.shape], randomize)
    p, output = parameters(layer), keras.ops.convert_to_numpy(layer([X, Z]))
    core = np.zeros((3, 3, 3))
    for r, k in np.ndindex(2, 3):
        first, second = (p[f"{m}_factors/kernel"][:, 3 * r + k] for m in range(2))
        core[:, :, k] += np.outer(first, second)
    for row, (x, z) in enumerate(zip(X.astype("float64"), Z.astype("float64"), strict=True)):
        q, v = np.tanh(x @ p["0_projection/kernel"]), np.tanh(z @ p["1_projection/kernel"])
        joint = np.array([q @ core[:, :, k] @ v for k in range(3)])
        expected = joint @ p["output/kernel"]
        np.testing.assert_allclose(output[row], expected, rtol=1e-4, atol=1e-5)


def test_interaction_of_two_agrees_with_torch_forward_and_backward(randomize, gradients):
    torch = pytest.importorskip("torch")
    layer = built(MultiplicativeInteraction, {"units": 3}, [X.shape, Z.shape], randomize)
    weights = {w.path.split("/", 1)[1]: keras.ops.convert_to_numpy(w) for w in layer.weights}
    bilinear, v = torch.nn.Bilinear(4, 4, 3), torch.nn.Linear(4, 3, bias=False)
    u = torch.nn.Linear(4, 3, bias=False)
    kernel = weights["0_1_bilinear/kernel"].reshape(4, 4, 3).transpose(2, 0, 1)
    with torch.no_grad():
        for parameter, value in [
            (bilinear.weight, kernel),
            (bilinear.bias, weights["0_linear/bias"]),
            (v.weight, weights["0_linear/kernel"].T),
            (u.weight, weights["1_linear/kernel"].T),
        ]:
            parameter.copy_(torch.tensor(np.ascontiguousarray(value)))
    x, z = (torch.tensor(array, requires_grad=True) for array in (X, Z))
    expected = bilinear(x, z) + v(x) + u(z)
    np.testing.assert_allclose(layer([X, Z]), expected.detach(), rtol=1e-5, atol=1e-5)

    numbers = np.random.default_rng(0).normal(size=expected.shape).astype("float32")
    (expected * torch.tensor(numbers)).sum().backward()
    by_weight, (by_x, by_z) = gradients(OneByOne(layer), [X, Z])
    by_kernel = by_weight["0_1_bilinear/kernel"].reshape(4, 4, 3).transpose(2, 0, 1)
    for found, wanted in [
        (by_x, x.grad),
        (by_z, z.grad),
        (by_kernel, bilinear.weight.grad),
        (by_weight["0_linear/bias"], bilinear.bias.grad),
        (by_weight["0_linear/kernel"].T, v.weight.grad),
        (by_weight["1_linear/kernel"].T, u.weight.grad),
    ]:
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        # 2 * [3, 5] and the two themselves, added up with weights of 1; then the picture alone.
        (TensorFusion(1, kernel_initializer="ones"), [[27.0], [3.0]]),
        # Each projection is a sum, 2 and 8, of which the product counts twice; then 2 times 1.
        (
            FactorizedBilinearPooling(1, factor=2, kernel_initializer="ones", **PLAIN),
            [[32.0], [4.0]],
        ),
        # The same, of which the root is 4; of one number the length is its own.
        (
            FactorizedBilinearPooling(
                1, factor=2, l2_normalization=False, kernel_initializer="ones"
            ),
            [[32.0**0.5], [2.0]],
        ),
        # Twice tanh(2) tanh(8), then twice tanh(2).
        (
            MutanFusion(1, rank=2, kernel_initializer="ones"),
            [[2 * np.tanh(2.0) * np.tanh(8.0)], [2 * np.tanh(2.0)]],
        ),
        # 2 * (3 + 5) + 2 + 3 + 5, then the 2 alone.
        (MultiplicativeInteraction(1, kernel_initializer="ones"), [[26.0], [2.0]]),
    ],
)
def test_by_hand(layer, expected):
    picture = np.array([[2.0], [2.0], [7.0]], "float32")
    title = np.array([[3.0, 5.0], [np.nan, np.nan], [7.0, 7.0]], "float32")
    masks = [np.array([True, True, False]), np.array([True, False, False])]
    output = keras.ops.convert_to_numpy(layer([picture, title], mask=masks))
    np.testing.assert_allclose(output, [*expected, [0.0]], rtol=1e-6)


@pytest.mark.parametrize(("cls", "options"), LAYERS)
def test_a_row_with_nothing_gives_exact_zeros_and_no_gradient(cls, options, randomize, gradients):
    layer = built(cls, options, [X.shape, Z.shape], randomize)
    nothing = [np.zeros(6, bool)] * 2
    np.testing.assert_array_equal(layer([X, Z], mask=nothing), 0)
    by_weight, by_input = gradients(OneByOne(layer), [X, Z], mask=nothing)
    for gradient in (*by_weight.values(), *by_input):
        np.testing.assert_array_equal(gradient, 0)


def test_the_root_of_a_form_that_is_zero_has_a_finite_gradient(gradients):
    layer = FactorizedBilinearPooling(3, use_bias=False)
    x = np.zeros_like(X)
    np.testing.assert_array_equal(layer([x, Z]), 0)
    by_weight, (by_x, by_z) = gradients(OneByOne(layer), [x, Z])
    for gradient in (*by_weight.values(), by_x, by_z):
        assert np.isfinite(gradient).all()
    assert by_x.any()


def test_pooling_gives_vectors_of_length_one():
    output = keras.ops.convert_to_numpy(FactorizedBilinearPooling(8)([X, Z]))
    np.testing.assert_allclose(np.linalg.norm(output, axis=1), np.ones(6), rtol=1e-5)


def test_products_too_large_for_half_precision_are_normalized_all_the_same():
    layer = FactorizedBilinearPooling(4, kernel_initializer="ones", dtype="mixed_float16")
    x = np.full((2, 4), 100, "float32")
    output = layer([x, x, x])  # products of 400 ** 3; float16 ends at 65504
    np.testing.assert_allclose(output, np.full((2, 4), 0.5), rtol=1e-3)


def test_dropout_leaves_products_out_and_a_seed_makes_it_reproducible():
    def train(seed):
        layer = FactorizedBilinearPooling(
            50, 1, dropout=0.5, seed=seed, kernel_initializer="ones", **PLAIN
        )
        return keras.ops.convert_to_numpy(layer([X[:1], Z[:1]], training=True))

    product = X[0].sum() * Z[0].sum()
    dropped = train(1) == 0
    np.testing.assert_allclose(train(1)[~dropped], 2 * product, rtol=1e-5)
    assert 10 < dropped.sum() < 40
    np.testing.assert_array_equal(train(1), train(1))
    assert (train(1) != train(2)).any()


@pytest.mark.parametrize("cls", CLASSES)
def test_without_biases_there_are_none(cls):
    layer = cls(units=2, use_bias=False)
    layer.build([X.shape, Z.shape])
    assert {weight.name for weight in layer.weights} == {"kernel"}


@pytest.mark.parametrize(
    ("cls", "options", "count"),
    [
        (TensorFusion, {}, 0),
        (TensorFusion, {"units": 7}, 5 * 3 * 4 * 7 + 7),
        (FactorizedBilinearPooling, {"units": 7, "factor": 2}, (5 + 3 + 4) * 14),
        (MutanFusion, {"units": 7, "hidden_units": 2, "rank": 3}, 12 * 2 + 3 * 3 * 6 + 3 * 7),
        (MultiplicativeInteraction, {"units": 7}, (8 + 12 + 6 + 9) * 7 + 7),
    ],
)
def test_how_many_weights_there_are(cls, options, count):
    layer = cls(**options)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    assert layer.count_params() == count


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (TensorFusion, {"units": 0}, "`units` must be positive. Received: units=0"),
        (TensorFusion, {"max_size": 0}, "`max_size` must be positive. Received: max_size=0"),
        (MultiplicativeInteraction, {"units": None}, "`units` must be positive. .*units=None"),
        (FactorizedBilinearPooling, {"units": -1}, "`units` must be positive. .*units=-1"),
        (FactorizedBilinearPooling, {"units": 2, "factor": 0}, "`factor` must be at least 1"),
        (FactorizedBilinearPooling, {"units": 2, "dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (MutanFusion, {"units": 2, "rank": 0}, "`rank` must be at least 1. Received: rank=0"),
        (MutanFusion, {"units": 2, "hidden_units": 0}, "`hidden_units` must .* hidden_units=0"),
        (MutanFusion, {"units": 2, "pooling": "sum"}, r"`pooling` must be one of"),
    ],
)
def test_bad_arguments_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)


@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_a_tensor_that_is_too_large_is_refused(symbolic):
    inputs = [X, Z] if not symbolic else [keras.Input((4,)), keras.Input((4,))]
    assert TensorFusion(max_size=25)(inputs).shape[1] == 25
    message = r"`max_size=24` products .*`LowRankFusion`.* widths {0: 4, 1: 4}, 25 products"
    with pytest.raises(ValueError, match=message):
        TensorFusion(max_size=24)(inputs)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (X, None, "`inputs` must be a list or a dict"),
        ([X, TEXT[..., None]], None, r"`inputs\[1\]` must be tokens .*\(4, 3, 3, 1\)"),
        ([X, Z.astype("int32")], None, r"`inputs\[1\]` must have a float dtype.* int32"),
        ([X, Z], [MASKS["text"], None], r"`mask\[0\]` must be boolean .* shape \(4, 3\)"),
        ([X, Z], [np.ones(6), None], r"`mask\[0\]` must be boolean .* Received: dtype float"),
        ({"x": X, "z": Z}, {"x": None}, r"`mask` must be .*\['x', 'z'\].*\['x'\]"),
    ],
)
def test_bad_inputs_are_named(cls, inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        cls(units=2)(inputs, mask=mask)
