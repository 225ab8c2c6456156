"""The layers in which modalities attend to each other are their papers' equations.

The references work on a row's real tokens alone: what is masked isn't there to begin with.
"""

import math

import keras
import numpy as np
import pytest

from keras_multimodal.layers import CoAttention, CrossModalTransformer, GatedCrossAttention

INPUTS = {
    "text": np.random.default_rng(17).normal(size=(4, 4, 8)).astype("float32"),
    "image": np.random.default_rng(18).normal(size=(4, 3, 8)).astype("float32"),
    "sound": np.random.default_rng(19).normal(size=(4, 2, 8)).astype("float32"),
}
# Everything; text alone; no text; nothing.
MASKS = {
    "text": np.array([[1, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool),
    "image": np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1], [0, 0, 0]], bool),
    "sound": np.array([[1, 1], [0, 0], [1, 0], [0, 0]], bool),
}
EVERYTHING = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
NAMES = ("image", "sound", "text")
TEXT, IMAGE = INPUTS["text"], INPUTS["image"]
NARROW = IMAGE[..., :6]
PAIR = [TEXT, IMAGE]

erf = np.vectorize(math.erf, otypes=[float])


def gelu(x):
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def normalize(p, prefix, x):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    x = (x - mean) / np.sqrt(variance + 1e-5)
    return x * p[f"{prefix}/gamma"] + p[f"{prefix}/beta"]


def dense(p, prefix, x):
    return x @ p[f"{prefix}/kernel"] + p[f"{prefix}/bias"]


def attention(queries, keys, values):
    """One head; a query at a time."""
    attended = np.zeros((len(queries), values.shape[-1]))
    for t, query in enumerate(queries):
        exponentials = [math.exp(query @ key / math.sqrt(len(query))) for key in keys]
        for weight, value in zip(exponentials, values, strict=True):
            attended[t] += weight / sum(exponentials) * value
    return attended


def cross_attention(p, prefix, x, context, heads):
    """What the real tokens `x` of a row gather from the real tokens `context`."""
    if not len(context):
        return np.zeros_like(x)
    queries = np.split(dense(p, f"{prefix}/query_projection", x), heads, axis=-1)
    parts = np.split(dense(p, f"{prefix}/context_projection", context), 2 * heads, axis=-1)
    attended = [attention(queries[h], parts[h], parts[heads + h]) for h in range(heads)]
    return dense(p, f"{prefix}/output_projection", np.concatenate(attended, axis=-1))


def feed_forward(p, prefix, x):
    """What is added to the tokens."""
    hidden = dense(p, f"{prefix}/hidden", normalize(p, f"{prefix}/normalization", x))
    return dense(p, f"{prefix}/output", gelu(hidden))


def block(p, prefix, x, context, heads):
    """A transformer block; without `context` the tokens attend to themselves."""
    seen = asked = normalize(p, f"{prefix}/query_normalization", x)
    if context is not None:
        seen = normalize(p, f"{prefix}/context_normalization", context)
    x = x + cross_attention(p, f"{prefix}/attention", asked, seen, heads)
    return x + feed_forward(p, f"{prefix}/feed_forward", x)


def gated_reference(p, layer, x, context):
    """Alayrac et al., 2022, figure 4."""
    if not len(context):
        return x
    asked = normalize(p, "normalization", x)
    attended = cross_attention(p, "attention", asked, context, layer.num_heads)
    y = x + math.tanh(p["attention_gate"]) * attended
    return y + math.tanh(p["feed_forward_gate"]) * feed_forward(p, "feed_forward", y)


def co_attention_reference(p, layer, row):
    """Lu et al., 2019, section 3.1, of the real tokens by modality."""
    heads, outputs = layer.num_heads, {}
    parts = {}
    for name, x in row.items():
        x = dense(p, f"{name}_projection", normalize(p, f"{name}_normalization", x))
        # The queries of all heads, then their keys, then their values.
        parts[name] = np.split(x, 3 * heads, axis=-1)
    for name, x in row.items():
        others = [parts[other] for other in NAMES if other != name]
        attended = []
        for h in range(heads):
            keys = np.concatenate([other[heads + h] for other in others])
            values = np.concatenate([other[2 * heads + h] for other in others])
            attended.append(attention(parts[name][h], keys, values))
        if any(len(row[other]) for other in NAMES if other != name):
            x = x + dense(p, f"{name}_output_projection", np.concatenate(attended, axis=-1))
        x = x + feed_forward(p, f"{name}_feed_forward", x)
        if layer.self_attention:
            x = block(p, f"{name}_block", x, None, heads)
        outputs[name] = x
    return outputs


def transformer_reference(p, layer, row):
    """Tsai et al., 2019, equations 1 to 5, of the real tokens by modality."""
    outputs = {}
    for target in NAMES:
        seen = []
        for source in NAMES:
            if source != target:
                x = row[target]
                for i in range(layer.num_layers):
                    x = block(p, f"{target}_from_{source}_{i}", x, row[source], layer.num_heads)
                seen.append(x)
        x = np.concatenate(seen, axis=-1)
        for i in range(layer.num_self_attention_layers):
            x = block(p, f"{target}_self_{i}", x, None, layer.num_heads)
        outputs[target] = x
    return outputs


def real_tokens(masks, row):
    return {name: INPUTS[name][row][masks[name][row]].astype("float64") for name in NAMES}


def assert_close(output, expected):
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
def test_gated_cross_attention_is_its_equation(masks, randomize, parameters):
    layer = GatedCrossAttention(num_heads=2, intermediate_dim=5)
    layer.build(TEXT.shape, NARROW.shape)
    randomize(layer)
    p, there = parameters(layer), masks or EVERYTHING
    kwargs = {"query_mask": masks["text"], "context_mask": masks["image"]} if masks else {}
    output = keras.ops.convert_to_numpy(layer(TEXT, NARROW, **kwargs))
    expected = np.zeros(output.shape)
    for row in range(4):
        x = TEXT[row][there["text"][row]].astype("float64")
        context = NARROW[row][there["image"][row]].astype("float64")
        expected[row][there["text"][row]] = gated_reference(p, layer, x, context)
    assert_close(output, expected)


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize(
    ("layer", "reference", "width"),
    [
        (CoAttention(2, intermediate_dim=5), co_attention_reference, 8),
        (CoAttention(3, key_dim=2, self_attention=False), co_attention_reference, 8),
        (CrossModalTransformer(2, intermediate_dim=5), transformer_reference, 16),
        (
            CrossModalTransformer(3, 1, num_self_attention_layers=0, key_dim=2),
            transformer_reference,
            16,
        ),
    ],
    ids=["co-attention", "co-attention alone", "transformer", "transformer of pairs alone"],
)
def test_it_is_its_equation(layer, reference, width, masks, randomize, parameters):
    outputs = layer(INPUTS, mask=masks)
    randomize(layer)
    outputs, p = layer(INPUTS, mask=masks), parameters(layer)
    there = masks or EVERYTHING
    expected = {name: np.zeros((*x.shape[:2], width)) for name, x in INPUTS.items()}
    for row in range(4):
        for name, x in reference(p, layer, real_tokens(there, row)).items():
            expected[name][row][there[name][row]] = x
    assert sorted(outputs) == sorted(expected)
    for name, output in outputs.items():
        assert_close(output, expected[name])
        np.testing.assert_array_equal(np.asarray(output)[~there[name]], 0)


def set_weights(layer, values):
    """The given weights by the end of their path; scales are 1, all others 0."""
    weights = {variable.path.split("/", 1)[1]: variable for variable in layer.weights}
    for path, variable in weights.items():
        variable.assign(np.full(variable.shape, float(path.endswith("gamma"))))
    for path, value in values.items():
        weights[path].assign(value)


# The normalization of (1, -1) and of (3, 1) is (1, -1), but for its epsilon.
QUERY, CONTEXT = np.array([[[1.0, -1.0]]], "float32"), np.array([[[3.0, 1.0]]], "float32")
IDENTITY, NOTHING = np.eye(2), np.zeros((2, 2))


def test_gated_cross_attention_by_hand():
    layer = GatedCrossAttention(1, intermediate_dim=1, activation="linear")
    layer.build(QUERY.shape, CONTEXT.shape)
    set_weights(
        layer,
        {
            # The only token of the context has all the weight: its value is (3, 1).
            "attention/context_projection/kernel": np.hstack([NOTHING, IDENTITY]),
            "attention/output_projection/kernel": IDENTITY,
            "attention_gate": math.atanh(0.5),  # (1, -1) + (3, 1) / 2 = (2.5, -0.5)
            "feed_forward/hidden/kernel": [[1.0], [0.0]],  # of (1, -1): 1
            "feed_forward/output/kernel": [[4.0, 8.0]],
            "feed_forward_gate": math.atanh(0.25),  # (4, 8) / 4 = (1, 2)
        },
    )
    np.testing.assert_allclose(layer(QUERY, CONTEXT), [[[3.5, 1.5]]], rtol=1e-4)


def test_co_attention_by_hand():
    layer = CoAttention(1, intermediate_dim=1, self_attention=False)
    # Normalized, the two tokens of the second modality are (1, -1) and (-1, 1).
    inputs = [QUERY, np.array([[[3.0, 1.0], [2.0, 4.0]]], "float32")]
    layer(inputs)
    set_weights(
        layer,
        {
            "0_projection/kernel": np.hstack([NOTHING, NOTHING, IDENTITY]),
            "1_projection/kernel": np.hstack([NOTHING, NOTHING, IDENTITY]),
            # All scores are alike, so that the mean of its values is (0, 0) + (4, 6).
            "1_projection/bias": [0.0, 0.0, 0.0, 0.0, 4.0, 6.0],
            "0_output_projection/kernel": IDENTITY,
            "1_output_projection/kernel": IDENTITY,
            "1_feed_forward/output/bias": [10.0, 20.0],
        },
    )
    first, second = layer(inputs)
    np.testing.assert_allclose(first, [[[5.0, 5.0]]], rtol=1e-4)
    np.testing.assert_allclose(second, [[[14.0, 20.0], [13.0, 23.0]]], rtol=1e-4)


def test_cross_modal_transformer_by_hand():
    layer = CrossModalTransformer(1, num_layers=2, num_self_attention_layers=0, intermediate_dim=1)
    layer([QUERY, CONTEXT])
    values = {}
    for pair, factor in (("0_from_1", 1.0), ("1_from_0", 10.0)):
        for i in range(2):
            prefix = f"{pair}_{i}/attention"
            values[f"{prefix}/context_projection/kernel"] = np.hstack([NOTHING, factor * IDENTITY])
            values[f"{prefix}/output_projection/kernel"] = IDENTITY
    values["0_from_1_1/feed_forward/output/bias"] = [0.0, 100.0]
    set_weights(layer, values)
    first, second = layer([QUERY, CONTEXT])
    # (1, -1) + 2 (1, -1) + (0, 100), and (3, 1) + 2 * 10 (1, -1).
    np.testing.assert_allclose(first, [[[3.0, 97.0]]], rtol=1e-4)
    np.testing.assert_allclose(second, [[[23.0, -19.0]]], rtol=1e-4)


class Merged:
    """A layer that is called with its modalities one by one, and gives them back in one tensor."""

    def __init__(self, layer):
        self.layer = layer
        self.trainable_variables = layer.trainable_variables

    def __call__(self, *tensors, **call_kwargs):
        return keras.ops.concatenate(self.layer(list(tensors), **call_kwargs), axis=1)


def test_the_attention_of_co_attention_is_pytorchs(randomize, parameters, gradients):
    torch = pytest.importorskip("torch")
    heads, width = 2, 8
    layer = CoAttention(heads, self_attention=False)
    # PyTorch has NaN where there is nothing to attend to, so without the other rows.
    arrays, masks = [x[:1] for x in PAIR], [MASKS["text"][:1], MASKS["image"][:1]]
    layer(arrays)
    randomize(layer)
    for variable in layer.weights:
        if "feed_forward/output" in variable.path:
            variable.assign(np.zeros(variable.shape))
    p = parameters(layer)

    def by_role(x):
        """Query, key and value; in PyTorch a kernel has its units first."""
        return np.split(x.T, 3)

    peers, norms = [], []
    for own, other in ((0, 1), (1, 0)):
        peer = torch.nn.MultiheadAttention(width, heads, batch_first=True).double()
        norm = torch.nn.LayerNorm(width, eps=1e-5).double()
        q, _, _ = by_role(p[f"{own}_projection/kernel"])
        _, k, v = by_role(p[f"{other}_projection/kernel"])
        q_bias, _, _ = by_role(p[f"{own}_projection/bias"])
        _, k_bias, v_bias = by_role(p[f"{other}_projection/bias"])
        with torch.no_grad():
            for parameter, value in [
                (peer.in_proj_weight, np.concatenate([q, k, v])),
                (peer.in_proj_bias, np.concatenate([q_bias, k_bias, v_bias])),
                (peer.out_proj.weight, p[f"{own}_output_projection/kernel"].T),
                (peer.out_proj.bias, p[f"{own}_output_projection/bias"]),
                (norm.weight, p[f"{own}_normalization/gamma"]),
                (norm.bias, p[f"{own}_normalization/beta"]),
            ]:
                parameter.copy_(torch.tensor(np.ascontiguousarray(value)))
        peers.append(peer)
        norms.append(norm)

    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in arrays]
    normalized = [norm(x) for norm, x in zip(norms, tensors, strict=True)]
    expected = []
    for own, other in ((0, 1), (1, 0)):
        attended, _ = peers[own](
            normalized[own],
            normalized[other],
            normalized[other],
            key_padding_mask=torch.tensor(~masks[other]),
        )
        there = torch.tensor(masks[own][..., None])
        expected.append((tensors[own] + attended) * there)
    expected = torch.cat(expected, dim=1)
    output = Merged(layer)(*arrays, mask=masks)
    np.testing.assert_allclose(output, expected.detach(), rtol=1e-5, atol=1e-5)

    numbers = np.random.default_rng(0).normal(size=expected.shape)
    (expected * torch.tensor(numbers)).sum().backward()
    by_weight, by_input = gradients(Merged(layer), arrays, mask=masks)
    for own, other in ((0, 1), (1, 0)):
        weight, bias = peers[own].in_proj_weight.grad, peers[own].in_proj_bias.grad
        others_weight, others_bias = (
            peers[other].in_proj_weight.grad,
            peers[other].in_proj_bias.grad,
        )
        kernel = by_role(by_weight[f"{own}_projection/kernel"])
        for found, wanted in [
            (by_input[own], tensors[own].grad),
            (kernel[0], weight[:width]),
            (np.concatenate(kernel[1:]), others_weight[width:]),
            (by_weight[f"{own}_projection/bias"][:width], bias[:width]),
            (by_weight[f"{own}_projection/bias"][width:], others_bias[width:]),
            (by_weight[f"{own}_output_projection/kernel"].T, peers[own].out_proj.weight.grad),
            (by_weight[f"{own}_output_projection/bias"], peers[own].out_proj.bias.grad),
            (by_weight[f"{own}_normalization/gamma"], norms[own].weight.grad),
            (by_weight[f"{own}_normalization/beta"], norms[own].bias.grad),
        ]:
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_a_gated_layer_starts_as_the_identity_and_can_open(gradients):
    layer = GatedCrossAttention(num_heads=2)
    np.testing.assert_array_equal(layer(TEXT, NARROW), TEXT)
    by_weight, _ = gradients(layer, [TEXT, NARROW])
    assert by_weight["attention_gate"] != 0
    assert by_weight["feed_forward_gate"] != 0


def test_a_gated_layer_leaves_a_row_without_context_alone(randomize, gradients):
    layer = GatedCrossAttention(num_heads=2)
    layer.build(TEXT.shape, NARROW.shape)
    randomize(layer)
    nothing = np.zeros_like(MASKS["image"])
    np.testing.assert_array_equal(layer(TEXT, NARROW, context_mask=nothing), TEXT)
    by_weight, (_, by_context) = gradients(layer, [TEXT, NARROW], context_mask=nothing)
    for gradient in (*by_weight.values(), by_context):
        np.testing.assert_array_equal(gradient, 0)


def test_what_is_alone_in_its_row_is_not_attended_for(randomize, gradients):
    layer = CoAttention(num_heads=2, self_attention=False)
    layer(PAIR)
    randomize(layer)
    for variable in layer.weights:
        if "feed_forward/output" in variable.path:
            variable.assign(np.zeros(variable.shape))
    nothing = [None, np.zeros_like(MASKS["image"])]
    text, image = layer(PAIR, mask=nothing)
    np.testing.assert_array_equal(text, TEXT)
    np.testing.assert_array_equal(image, 0)
    by_weight, (_, by_image) = gradients(Merged(layer), PAIR, mask=nothing)
    for name, gradient in (*by_weight.items(), ("image", by_image)):
        # The zeros that were put there for the test can learn.
        if "0_feed_forward/output" not in name:
            np.testing.assert_array_equal(gradient, 0, err_msg=name)


def test_one_product_makes_queries_keys_and_values(parameters):
    layer = CoAttention(num_heads=2, key_dim=3, self_attention=False)
    layer(PAIR)
    kernels = {name: x.shape for name, x in parameters(layer).items() if name.endswith("kernel")}
    assert kernels == {
        f"{name}_{part}/kernel": shape
        for name in (0, 1)
        for part, shape in {
            "projection": (8, 3 * 6),
            "output_projection": (6, 8),
            "feed_forward/hidden": (8, 32),
            "feed_forward/output": (32, 8),
        }.items()
    }


def test_shapes_are_known_symbolically():
    inputs = {name: keras.Input((None, 8)) for name in INPUTS}
    assert CoAttention(2)(inputs)["text"].shape == (None, None, 8)
    assert CrossModalTransformer(2)(inputs)["text"].shape == (None, None, 16)
    assert GatedCrossAttention(2)(inputs["text"], inputs["image"]).shape == (None, None, 8)


CLASSES = [GatedCrossAttention, CoAttention, CrossModalTransformer]


def call(layer, training=None):
    if isinstance(layer, GatedCrossAttention):
        return [layer(TEXT, IMAGE, training=training)]
    return layer(PAIR, training=training)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_seed_makes_dropout_reproducible(cls, randomize):
    def of(seed):
        layer = cls(num_heads=2, dropout=0.5, seed=seed)
        call(layer)
        randomize(layer)
        return np.asarray(call(layer, training=True)[0])

    np.testing.assert_array_equal(of(1), of(1))
    assert (of(1) != of(2)).any()


@pytest.mark.parametrize("cls", CLASSES)
def test_no_two_parts_drop_the_same_places(cls):
    layer = cls(num_heads=2, dropout=0.5, seed=1)
    call(layer)
    seeds = [
        keras.ops.convert_to_numpy(variable.value)[0]
        for variable in layer.non_trainable_variables
        if "seed" in variable.path
    ]
    assert len(seeds) > 3
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(
    ("classes", "options", "message"),
    [
        (CLASSES, {"num_heads": 0}, "`num_heads` must be at least 1. Received: num_heads=0"),
        (CLASSES, {"key_dim": 0}, "`key_dim` must be at least 1. Received: key_dim=0"),
        (CLASSES, {"intermediate_dim": -1}, "Received: intermediate_dim=-1"),
        (CLASSES, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\). Received: dropout=1.0"),
        (CLASSES[2:], {"num_layers": 0}, "`num_layers` must be at least 1. Received: num_layers=0"),
        (
            CLASSES[2:],
            {"num_self_attention_layers": -1},
            "must be at least 0. Received: num_self_attention_layers=-1",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_arguments_are_named(classes, options, message):
    for cls in classes:
        with pytest.raises(ValueError, match=message):
            cls(**{"num_heads": 2, **options})


def symbols(structure):
    """Symbolic tensors in the place of arrays: a mistake shows when the model is put together."""
    return keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=str(x.dtype)), structure
    )


@pytest.mark.parametrize(
    ("options", "query", "context", "masks", "message"),
    [
        ({"num_heads": 3}, TEXT, NARROW, {}, "num_heads=3, tokens of width 8"),
        ({}, TEXT[:, 0], NARROW, {}, r"`query` must be tokens .*\(4, 8\)"),
        ({}, TEXT, NARROW[:, 0], {}, r"`context` must be tokens .*\(4, 6\)"),
        ({}, TEXT.astype("int32"), NARROW, {}, "`query` must .* dtype int32"),
        ({}, TEXT, NARROW.astype("int32"), {}, "`context` must .* dtype int32"),
        ({}, TEXT, NARROW, {"query_mask": MASKS["image"]}, r"`query_mask` must .*shape \(4, 3\)"),
        (
            {},
            TEXT,
            NARROW,
            {"context_mask": MASKS["image"].astype("float32")},
            "`context_mask` must be boolean .* Received: dtype float32",
        ),
    ],
)
@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_bad_queries_and_contexts_are_named(options, query, context, masks, message, symbolic):
    if symbolic:
        query, context, masks = symbols((query, context, masks))
    with pytest.raises(ValueError, match=message):
        GatedCrossAttention(**{"num_heads": 2, **options})(query, context, **masks)


@pytest.mark.parametrize(
    ("options", "inputs", "masks", "message"),
    [
        ({"num_heads": 3}, PAIR, None, "`num_heads` must .* num_heads=3, inputs of width 8"),
        ({}, TEXT, None, "`inputs` must be a list or a dict"),
        ({}, {"text": TEXT}, None, r"`inputs` must have at least two modalities.* \['text'\]"),
        ({}, [TEXT, IMAGE[:, 0]], None, r"`inputs\[1\]` must be tokens .*\(4, 8\)"),
        ({}, [TEXT, NARROW], None, "`inputs` must have one width.*{0: 8, 1: 6}"),
        ({}, [TEXT.astype("int32"), IMAGE], None, r"`inputs\[0\]` must .* dtype int32"),
        ({}, PAIR, [MASKS["image"], None], r"`mask\[0\]` must be .*\(4, 4\).* shape \(4, 3\)"),
        ({}, PAIR, [MASKS["text"].astype("int32"), None], r"`mask\[0\]` must be .* dtype int32"),
        ({}, PAIR, [MASKS["text"]], "`mask` must be a list of 2.* Received: a list of 1"),
    ],
)
@pytest.mark.parametrize("cls", CLASSES[1:])
@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_bad_modalities_are_named(cls, options, inputs, masks, message, symbolic):
    if symbolic:
        inputs = symbols(inputs)
        masks = masks and [None if mask is None else symbols(mask) for mask in masks]
    with pytest.raises(ValueError, match=message):
        cls(**{"num_heads": 2, **options})(inputs, mask=masks)


@pytest.mark.parametrize("cls", CLASSES[1:])
def test_other_names_than_those_it_was_built_for_are_refused(cls):
    layer = cls(num_heads=2)
    layer({"text": TEXT, "image": IMAGE})
    with pytest.raises(ValueError, match=r"`inputs` must be .*\['image', 'text'\].*'words'\]"):
        layer({"words": TEXT, "image": IMAGE})
