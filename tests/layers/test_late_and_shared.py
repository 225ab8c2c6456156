"""Late fusion, and modalities taken apart into what they share and what is their own."""

import itertools
from unittest import mock

import keras
import numpy as np
import pytest

from keras_multimodal.layers import LogitFusion, ModalitySpecificShared
from keras_multimodal.layers.embedding._subspace_losses import (
    central_moments,
    moment_discrepancy,
    overlap,
)

NAMES = ("image", "sensor", "text")
# Everything; no text; a sensor alone; nothing; everything.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 1]], bool),
    "image": np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0] * 4, [0] * 4, [1, 1, 1, 1]], bool),
    "sensor": np.array([True, True, True, False, True]),
}
EVERYTHING = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
NOTHING = {name: np.zeros(mask.shape, bool) for name, mask in MASKS.items()}


def random(seed, widths):
    rng = np.random.default_rng(seed)
    shapes = {name: (*MASKS[name].shape, width) for name, width in widths.items()}
    return {name: 2 * rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}


LOGITS = random(22, {"text": 4, "image": 4, "sensor": 4})
YES = random(23, {"text": 1, "image": 1, "sensor": 1})
INPUTS = random(24, {"text": 6, "image": 4, "sensor": 5})
LOSSES = {"similarity_weight": 2.0, "difference_weight": 0.5, "reconstruction_weight": 0.1}


def vectors_of(row, inputs, masks):
    """The modalities that a row has, in float64."""
    found = {}
    for name in NAMES:
        x, mask = inputs[name][row].astype("float64"), masks[name][row]
        if mask.any():
            found[name] = x if x.ndim == 1 else x[mask].mean(axis=0)
    return found


def close(actual, expected, rtol=1e-5):
    expected = np.asarray(expected)
    bound = rtol * np.abs(expected).max()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, rtol=rtol, atol=bound)


class Spread(keras.layers.Layer):
    """A layer of a dict, called with the modalities one by one, as `gradients` calls it.

    In training it gives the losses instead of the output.
    """

    def __init__(self, layer, masks, training=False):
        super().__init__()
        self.layer = layer
        self.masks = masks
        self.training = training

    def call(self, *inputs):
        inputs = dict(zip(NAMES, inputs, strict=True))
        if not self.training:
            return self.layer(inputs, mask=self.masks)
        # Not `losses`: on JAX, gradients are taken in a scope that has no place for them.
        with mock.patch.object(self.layer, "add_loss") as add_loss:
            self.layer(inputs, mask=self.masks, training=True)
        return keras.ops.stack([call.args[0] for call in add_loss.call_args_list])


# Late fusion


def probabilities(mode, scores, logits):
    """The pooled opinion of one row's modalities, each a row of logits of two classes or more."""
    opinions = {name: np.exp(x) / np.exp(x).sum() for name, x in logits.items()}
    pooled = 0 if mode in ("mean", "confidence") else 1
    confidences = {name: 1 + (q * np.log(q)).sum() / np.log(len(q)) for name, q in opinions.items()}
    weights = {name: np.exp(scores[NAMES.index(name)]) for name in opinions}
    for name, q in opinions.items():
        if mode == "mean":
            pooled = pooled + q / len(opinions)
        elif mode == "confidence":
            pooled = pooled + q * confidences[name] / sum(confidences.values())
        elif mode == "product":
            pooled = pooled * q
        else:
            pooled = pooled * q ** (weights[name] / sum(weights.values()))
    return pooled / np.sum(pooled)


MODES = ["mean", "product", "learned", "confidence"]


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize("mode", MODES)
def test_opinions_are_pooled_as_the_mode_says(mode, masks, randomize, parameters):
    layer = LogitFusion(mode)
    layer.build({name: x.shape for name, x in LOGITS.items()})
    randomize(layer)
    scores = parameters(layer).get("scores", np.zeros(3))
    rows = [vectors_of(row, LOGITS, masks or EVERYTHING) for row in range(5)]
    expected = [np.log(probabilities(mode, scores, row)) if row else np.zeros(4) for row in rows]
    close(layer(LOGITS, mask=masks), expected)


@pytest.mark.parametrize("mode", MODES)
def test_one_class_is_the_yes_of_two(mode, randomize, parameters):
    layer = LogitFusion(mode)
    layer.build({name: x.shape for name, x in YES.items()})
    randomize(layer)
    scores = parameters(layer).get("scores", np.zeros(3))
    output = keras.ops.convert_to_numpy(layer(YES, mask=MASKS))
    for row in range(5):
        logits = vectors_of(row, YES, MASKS)
        if logits:
            both = {name: np.append(0.0, x) for name, x in logits.items()}
            expected = probabilities(mode, scores, both)[1]
        else:
            expected = 0.5
        np.testing.assert_allclose(1 / (1 + np.exp(-output[row])), [expected], rtol=1e-5)


@pytest.mark.parametrize(
    ("mode", "first", "expected"),
    [
        ("mean", [0.5, 0.5], [0.7, 0.3]),
        ("product", [0.5, 0.5], [0.9, 0.1]),
        ("product", [0.9, 0.1], [81 / 82, 1 / 82]),
        ("learned", [0.5, 0.5], [0.75, 0.25]),
        ("learned", [0.9, 0.1], [0.9, 0.1]),
        # Who knows nothing has nothing to say.
        ("confidence", [0.5, 0.5], [0.9, 0.1]),
        ("confidence", [0.1, 0.9], [0.5, 0.5]),
    ],
)
def test_late_fusion_by_hand(mode, first, expected):
    first = np.log(np.array([first, first], "float32"))
    second = np.log(np.array([[0.9, 0.1], [0.9, 0.1]], "float32"))
    output = LogitFusion(mode)([first, second], mask=[None, np.array([True, False])])
    np.testing.assert_allclose(np.exp(output), [expected, np.exp(first[1])], rtol=1e-4)


@pytest.mark.parametrize("mode", MODES)
def test_a_class_may_be_ruled_out(mode):
    """Its logit is minus infinity; the others' are pooled as if it weren't there."""
    first, second = (np.array([[a, b]], "float32") for a, b in ((0, 1), (0, 3)))
    without = LogitFusion(mode)([first, second])
    out = np.full((1, 1), -np.inf, "float32")
    found = LogitFusion(mode)([np.concatenate([x, out], axis=1) for x in (first, second)])
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(found))
    assert probabilities[0, 2] == 0
    if mode != "confidence":  # how sure one is depends on the number of classes
        np.testing.assert_allclose(probabilities[:, :2], keras.ops.softmax(without), rtol=1e-5)
    assert probabilities[0, 1] > 0.73  # more than the first alone is


def test_modalities_that_all_know_nothing_share_the_row():
    nothing = np.zeros((1, 3), "float32")
    np.testing.assert_allclose(np.exp(LogitFusion("confidence")([nothing] * 2)), [[1 / 3] * 3])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("classes", [1, 3])
def test_logits_beyond_the_range_of_exp_are_finite(mode, classes, gradients):
    first, second = (np.full((2, classes), x, "float32") for x in (1e4, -1e4))
    first[:, 0], second[:, 0] = -1e4, 1e4
    inputs = {"text": first, "image": second, "sensor": first}
    layer = LogitFusion(mode)
    output = layer(inputs)
    assert np.isfinite(output).all()
    _, by_input = gradients(Spread(layer, None), [inputs[name] for name in NAMES])
    assert all(np.isfinite(gradient).all() for gradient in by_input)
    if mode == "mean" and classes == 1:
        # Two of three say no.
        close(1 / (1 + np.exp(-np.asarray(output))), [[1 / 3]] * 2)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_absent_has_no_say_and_no_gradient(mode, gradients):
    layer = LogitFusion(mode)
    np.testing.assert_array_equal(layer(LOGITS, mask=MASKS)[3], 0)
    _, by_input = gradients(Spread(layer, MASKS), [LOGITS[name] for name in NAMES])
    for name, gradient in zip(NAMES, by_input, strict=True):
        np.testing.assert_array_equal(gradient[~MASKS[name]], 0)
        assert (gradient[MASKS[name]] != 0).any(axis=-1).all()


def test_pooled_logits_go_into_the_usual_loss():
    output = LogitFusion()([LOGITS["sensor"]])
    labels = np.arange(5) % 4
    losses = [
        keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        for logits in (output, LOGITS["sensor"])
    ]
    close(losses[0], losses[1])


@pytest.mark.parametrize("mode", ["mean", "learned", "confidence"])
def test_a_modality_that_a_row_lacks_leaves_its_gradients_finite(mode, gradients):
    """Its weight is 0, whose logarithm has no gradient."""
    there = np.array([[True, False], [False, True], [True, True], [False, False]])
    arrays = [LOGITS[name][:4, 0] for name in ("image", "text")]
    layer = LogitFusion(mode)

    def fuse(first, second):
        return layer([first, second], mask=list(there.T))

    layer(arrays)
    fuse.trainable_variables = layer.trainable_variables
    by_weight, by_input = gradients(fuse, arrays)
    for name, gradient in (*by_weight.items(), *enumerate(by_input)):
        assert np.isfinite(gradient).all(), name
    for gradient, rows in zip(by_input, there.T, strict=True):
        np.testing.assert_array_equal(gradient.any(axis=1), rows)


# Shared and specific parts


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def taken_apart(p, name, vector):
    """The projection, the shared and the specific part of one modality of one row."""
    u = vector @ p[f"projection/{name}_projection/kernel"]
    u = u + p[f"projection/{name}_projection/bias"]
    u = (u - u.mean()) / np.sqrt(u.var() + 1e-5)
    u = u * p[f"projection/{name}_normalization/gamma"]
    u = u + p[f"projection/{name}_normalization/beta"]
    shared = sigmoid(u @ p["shared/kernel"] + p["shared/bias"])
    return u, shared, sigmoid(u @ p[f"specific_{name}/kernel"] + p[f"specific_{name}/bias"])


def discrepancy(x, y):
    """Zellinger et al., 2017, of order 5 on [0, 1]."""
    if not (len(x) and len(y)):
        return 0.0
    total = np.linalg.norm(np.mean(x, axis=0) - np.mean(y, axis=0))
    for k in range(2, 6):
        moments = [np.mean((z - np.mean(z, axis=0)) ** k, axis=0) for z in (x, y)]
        total += np.linalg.norm(moments[0] - moments[1])
    return total


def directions(x):
    x = x - np.mean(x, axis=0)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def nonorthogonality(x, y):
    """The mean over all pairs of rows of what they have in common in `x`, times that in `y`."""
    x, y, total = directions(x), directions(y), 0.0
    for i, j in itertools.product(range(len(x)), repeat=2):
        total += (x[i] @ x[j]) * (y[i] @ y[j])
    return total / len(x) ** 2


def expected_losses(p, masks):
    """What the losses are before their factors."""
    parts = {name: {} for name in NAMES}
    for row in range(5):
        for name, vector in vectors_of(row, INPUTS, masks).items():
            parts[name][row] = taken_apart(p, name, vector)
    pairs = list(itertools.combinations(NAMES, 2))

    def column(name, which, rows=None):
        rows = parts[name] if rows is None else rows
        return np.array([parts[name][row][which] for row in rows])

    similarity = [discrepancy(column(a, 1), column(b, 1)) for a, b in pairs]
    difference = [nonorthogonality(column(name, 1), column(name, 2)) for name in NAMES]
    for a, b in pairs:
        both = sorted(parts[a].keys() & parts[b].keys())
        difference.append(nonorthogonality(column(a, 2, both), column(b, 2, both)))
    errors = []
    for name in NAMES:
        estimates = (column(name, 1) + column(name, 2)) @ p["decoder/kernel"] + p["decoder/bias"]
        errors.append(np.mean((column(name, 0) - estimates) ** 2))
    return np.mean(similarity), np.sum(difference), np.mean(errors)


def built(randomize, **options):
    layer = ModalitySpecificShared(4, **options)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    return layer


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
def test_parts_and_losses_are_their_equations(masks, randomize, parameters):
    layer = built(randomize, **LOSSES)
    p = parameters(layer)
    tokens = layer(INPUTS, mask=masks)
    assert not layer.losses
    rows = [vectors_of(row, INPUTS, masks or EVERYTHING) for row in range(5)]
    expected = np.zeros((5, 6, 4))
    for row, vectors in enumerate(rows):
        for name, vector in vectors.items():
            m = NAMES.index(name)
            _, expected[row, m], expected[row, 3 + m] = taken_apart(p, name, vector)
    close(tokens, expected)
    close(layer(INPUTS, mask=masks, training=True), expected)
    # A power of five of small numbers in float32.
    factors = np.array(list(LOSSES.values()))
    close(
        np.array([float(loss) for loss in layer.losses]),
        factors * expected_losses(p, masks or EVERYTHING),
        rtol=1e-4,
    )


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_comes_with_its_factor(name, randomize, parameters):
    layer = built(randomize, **{name: 1.0})
    layer(INPUTS, mask=MASKS, training=True)
    (loss,) = layer.losses
    all_losses = built(randomize, **dict.fromkeys(LOSSES, 1.0))
    p = parameters(all_losses)
    decoder = any("decoder" in path for path in parameters(layer))
    assert decoder == (name == "reconstruction_weight")
    # Without a decoder the other weights were drawn alike.
    expected = dict(zip(LOSSES, expected_losses(p, MASKS), strict=True))[name]
    close(float(loss), expected, rtol=1e-4)


def test_without_factors_there_are_no_losses(randomize):
    layer = built(randomize)
    layer(INPUTS, mask=MASKS, training=True)
    assert not layer.losses


def test_discrepancy_by_hand():
    x = central_moments(*map(keras.ops.convert_to_tensor, ([[0.0], [1.0]], [True, True])))
    y = [[0.5], [0.5], [9.0]]
    y = central_moments(*map(keras.ops.convert_to_tensor, (y, [True, True, False])))
    # The means are alike, the odd moments 0; the second is 1/4 and the fourth 1/16.
    np.testing.assert_allclose(x, [[0.5], [0.25], [0.0], [0.0625], [0.0]])
    found = [moment_discrepancy(x, y, keras.ops.convert_to_tensor(both)) for both in (True, False)]
    np.testing.assert_allclose(found, [0.3125, 0.0])


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        # Along one axis both: all that one row says of another in `x`, it says in `y` too.
        ([1, -1, 1, -1], [2, -2, 2, -2], 1.0),
        ([1, 1, -1, -1], [1, -1, 1, -1], 0.0),
        # About their mean, 1: the first row of length one, the second too, the others zero.
        ([2, 0, 1, 1], [1, -1, 0, 0], 0.25),
    ],
)
def test_overlap_by_hand(x, y, expected):
    x, y = ([[value, 0.0] for value in [*z, 7.0]] for z in (x, y))
    rows = [True] * 4 + [False]
    found = overlap(*map(keras.ops.convert_to_tensor, (x, y, rows)))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("absent", [("text",), ("text", "image"), NAMES])
def test_what_is_absent_from_a_whole_batch_counts_in_no_loss(absent, randomize, gradients):
    layer = built(randomize, **LOSSES)
    masks = {name: NOTHING[name] if name in absent else EVERYTHING[name] for name in NAMES}
    layer(INPUTS, mask=masks, training=True)
    found = [float(loss) for loss in layer.losses]
    assert np.isfinite(found).all()
    assert (found[0] == 0) == (len(absent) > 1)
    assert (found[2] == 0) == (len(absent) == 3)
    by_weight, by_input = gradients(
        Spread(layer, masks, training=True), [INPUTS[name] for name in NAMES]
    )
    assert all(np.isfinite(gradient).all() for gradient in by_weight.values())
    for name, gradient in zip(NAMES, by_input, strict=True):
        assert np.isfinite(gradient).all()
        assert gradient.any() == (name not in absent)


def test_a_single_row_has_finite_gradients(randomize, gradients):
    layer = built(randomize, **LOSSES)
    inputs = [INPUTS[name][:1] for name in NAMES]
    by_weight, by_input = gradients(Spread(layer, None, training=True), inputs)
    for gradient in [*by_weight.values(), *by_input]:
        assert np.isfinite(gradient).all()
    assert all(gradient.any() for gradient in by_input)


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (LogitFusion, {"mode": "vote"}, "`mode` must be one of .* Received: mode='vote'"),
        (LogitFusion, {"pooling": "sum"}, "`pooling` must be one of .* Received: pooling='sum'"),
        (ModalitySpecificShared, {"units": 1}, "`units` must be at least 2.* Received: units=1"),
        *(
            (ModalitySpecificShared, {"units": 4, name: -1.0}, f"`{name}` must be .*{name}=-1.0")
            for name in LOSSES
        ),
        (ModalitySpecificShared, {"units": 4, "pooling": "sum"}, "`pooling` must be one of"),
    ],
)
def test_bad_arguments_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)


@pytest.mark.parametrize(
    ("cls", "options"), [(LogitFusion, {}), (ModalitySpecificShared, {"units": 4})]
)
@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (YES["sensor"], None, "`inputs` must be a list or a dict"),
        ([YES["sensor"][:, 0]], None, r"`inputs\[0\]` must be tokens .* \(5,\)"),
        ([YES["sensor"].astype("int32")], None, r"`inputs\[0\]` must .* dtype int32"),
        ([YES["sensor"]], [MASKS["text"]], r"`mask\[0\]` must be .* shape \(5, 3\)"),
        ([YES["sensor"]], [np.ones(5, "float32")], r"`mask\[0\]` must be boolean"),
        ([YES["sensor"]], [None, None], "`mask` must be a list of 1.* Received: a list of 2"),
    ],
)
def test_bad_inputs_are_named(cls, options, inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)(inputs, mask=mask)


def test_logits_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="`inputs` must have one width"):
        LogitFusion()([LOGITS["sensor"], YES["sensor"]])


def test_a_single_modality_has_a_shared_and_a_specific_part():
    layer = ModalitySpecificShared(4)
    assert layer.compute_output_shape([(None, 6)]) == (None, 2, 4)
    assert layer([INPUTS["sensor"]]).shape == (*INPUTS["sensor"].shape[:1], 2, 4)


def test_a_single_modality_is_like_no_other():
    layer = ModalitySpecificShared(4, similarity_weight=1.0)
    with pytest.raises(ValueError, match=r"`similarity_weight` must be 0 where .* modality"):
        layer([INPUTS["sensor"]])


@pytest.mark.parametrize(
    ("cls", "options"), [(LogitFusion, {}), (ModalitySpecificShared, {"units": 4})]
)
def test_bad_inputs_are_named_in_a_model_too(cls, options):
    layer = cls(**options)
    layer([LOGITS["sensor"]])
    with pytest.raises(ValueError, match=r"`inputs\[0\]` must have a float dtype"):
        layer([keras.Input((4,), dtype="int32")])
    with pytest.raises(ValueError, match=r"a list of 1, as when .* Received: a dict"):
        layer({"text": keras.Input((4,))})
