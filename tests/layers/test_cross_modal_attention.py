import keras
import numpy as np
import pytest

from keras_multimodal.layers import CrossModalAttention

QUERY = np.random.default_rng(11).normal(size=(3, 4, 8)).astype("float32")
CONTEXT = np.random.default_rng(12).normal(size=(3, 5, 6)).astype("float32")
QUERY_MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]], bool)
CONTEXT_MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
MASKS = {"query_mask": QUERY_MASK, "context_mask": CONTEXT_MASK}


def normalize(x, gamma, beta):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def reference(p, layer, query, context, query_mask, context_mask):
    """The class's equation in float64, one head of one query at a time."""
    query, context = query.astype("float64"), context.astype("float64")
    heads, width = layer.num_heads, p["output_projection/kernel"].shape[-1]
    split = p["query_projection/kernel"].shape[-1]
    affine = (p.get("normalization/gamma"), p.get("normalization/beta"))
    kernels = np.split(p["context_projection/kernel"], [split], axis=1)
    biases = np.split(p["context_projection/bias"], [split]) if layer.use_bias else (0, 0)
    output = np.zeros((*query.shape[:2], width))
    scores = np.zeros((query.shape[0], heads, query.shape[1], context.shape[1]))
    for b, t in zip(*np.nonzero(query_mask), strict=True):
        there = context_mask[b]
        x = query[b, t]
        attended = np.zeros(width)
        if there.any():
            asked = normalize(x, *affine) if layer.normalization == "pre" else x
            asked = asked @ p["query_projection/kernel"] + p.get("query_projection/bias", 0)
            keys = context[b, there] @ kernels[0] + biases[0]
            values = context[b, there] @ kernels[1] + biases[1]
            gathered = []
            for h in range(heads):
                of_head = np.split(np.arange(split), heads)[h]
                exponents = keys[:, of_head] @ asked[of_head] / np.sqrt(len(of_head))
                weights = np.exp(exponents) / np.exp(exponents).sum()
                scores[b, h, t, there] = weights
                gathered.append(weights @ np.split(values, heads, axis=1)[h])
            attended = np.concatenate(gathered) @ p["output_projection/kernel"]
            attended += p.get("output_projection/bias", 0)
            attended *= np.tanh(p.get("gate", np.inf))
            if layer.normalization == "post" and not layer.residual:
                attended = normalize(attended, *affine)
        output[b, t] = attended
        if layer.residual:
            output[b, t] += x
            if layer.normalization == "post":
                output[b, t] = normalize(output[b, t], *affine)
    return output, scores


@pytest.mark.parametrize(
    "options",
    [
        {"num_heads": 2},
        {"num_heads": 3, "key_dim": 5, "value_dim": 4, "output_dim": 7, "use_bias": False},
        {"num_heads": 2, "residual": True, "normalization": "pre", "gate": True},
        {"num_heads": 2, "residual": True, "normalization": "post"},
        {"num_heads": 2, "normalization": "post"},
        {"num_heads": 4, "residual": True},
        {"num_heads": 4, "key_dim": 3, "implementation": "blockwise"},
    ],
    ids=str,
)
def test_it_is_its_equation(options, randomize, parameters):
    layer = CrossModalAttention(**options)
    layer.build(QUERY.shape, CONTEXT.shape)
    randomize(layer)
    expected, expected_scores = reference(
        parameters(layer), layer, QUERY, CONTEXT, QUERY_MASK, CONTEXT_MASK
    )
    bound = 1e-5 * np.abs(expected).max()
    output = layer(QUERY, CONTEXT, **MASKS)
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=bound)
    if layer.implementation == "blockwise":
        with pytest.raises(ValueError, match="`return_attention_scores` must be False"):
            layer(QUERY, CONTEXT, return_attention_scores=True, **MASKS)
        return
    again, scores = layer(QUERY, CONTEXT, return_attention_scores=True, **MASKS)
    np.testing.assert_allclose(again, output, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-4, atol=1e-6)


def test_by_hand():
    layer = CrossModalAttention(num_heads=1, use_bias=False, kernel_initializer="ones")
    query = np.array([[[np.log(3)]]], "float32")
    context = np.array([[[1.0], [0.0], [7.0]]], "float32")
    # Scores log(3) and 0, so weights 3/4 and 1/4, of the values 1 and 0.
    output, scores = layer(
        query,
        context,
        context_mask=np.array([[True, True, False]]),
        return_attention_scores=True,
    )
    np.testing.assert_allclose(scores, [[[[0.75, 0.25, 0]]]], rtol=1e-6)
    np.testing.assert_allclose(output, [[[0.75]]], rtol=1e-6)


def test_it_agrees_with_torch_forward_and_backward(randomize, gradients):
    torch = pytest.importorskip("torch")
    layer = CrossModalAttention(num_heads=2)
    layer.build(QUERY.shape, CONTEXT.shape)
    randomize(layer)
    weights = {w.path.split("/", 1)[1]: keras.ops.convert_to_numpy(w) for w in layer.weights}
    peer = torch.nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=True)
    key_kernel, value_kernel = np.split(weights["context_projection/kernel"], 2, axis=1)
    with torch.no_grad():
        for parameter, value in [
            (peer.q_proj_weight, weights["query_projection/kernel"].T),
            (peer.k_proj_weight, key_kernel.T),
            (peer.v_proj_weight, value_kernel.T),
            (peer.out_proj.weight, weights["output_projection/kernel"].T),
            (peer.out_proj.bias, weights["output_projection/bias"]),
            (
                peer.in_proj_bias,
                np.concatenate(
                    [weights["query_projection/bias"], weights["context_projection/bias"]]
                ),
            ),
        ]:
            parameter.copy_(torch.tensor(np.ascontiguousarray(value)))

    # PyTorch has NaN where there is nothing to attend to, so without the last row.
    query, context, mask = QUERY[:2], CONTEXT[:2], CONTEXT_MASK[:2]
    torch_query = torch.tensor(query, requires_grad=True)
    torch_context = torch.tensor(context, requires_grad=True)
    expected, expected_scores = peer(
        torch_query,
        torch_context,
        torch_context,
        key_padding_mask=torch.tensor(~mask),
        average_attn_weights=False,
    )
    output, scores = layer(query, context, context_mask=mask, return_attention_scores=True)
    np.testing.assert_allclose(output, expected.detach(), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scores, expected_scores.detach(), rtol=1e-5, atol=1e-6)

    numbers = np.random.default_rng(0).normal(size=expected.shape).astype("float32")
    (expected * torch.tensor(numbers)).sum().backward()
    by_weight, (by_query, by_context) = gradients(layer, [query, context], context_mask=mask)
    by_key, by_value = np.split(by_weight["context_projection/kernel"], 2, axis=1)
    bias = np.concatenate(
        [by_weight["query_projection/bias"], by_weight["context_projection/bias"]]
    )
    for found, wanted in [
        (by_query, torch_query.grad),
        (by_context, torch_context.grad),
        (by_weight["query_projection/kernel"].T, peer.q_proj_weight.grad),
        (by_key.T, peer.k_proj_weight.grad),
        (by_value.T, peer.v_proj_weight.grad),
        (by_weight["output_projection/kernel"].T, peer.out_proj.weight.grad),
        (by_weight["output_projection/bias"], peer.out_proj.bias.grad),
        (bias, peer.in_proj_bias.grad),
    ]:
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("normalization", [None, "pre", "post"])
def test_a_row_without_context_gives_exact_zeros_and_no_gradient(
    normalization, randomize, gradients
):
    layer = CrossModalAttention(num_heads=2, normalization=normalization)
    layer.build(QUERY.shape, CONTEXT.shape)
    randomize(layer)
    nothing = np.zeros_like(CONTEXT_MASK)
    output, scores = layer(QUERY, CONTEXT, context_mask=nothing, return_attention_scores=True)
    np.testing.assert_array_equal(output, 0)
    np.testing.assert_array_equal(scores, 0)
    by_weight, by_input = gradients(layer, [QUERY, CONTEXT], context_mask=nothing)
    for gradient in (*by_weight.values(), *by_input):
        np.testing.assert_array_equal(gradient, 0)


def test_with_a_residual_a_row_without_context_keeps_its_query(randomize):
    layer = CrossModalAttention(num_heads=2, residual=True, normalization="pre")
    layer.build(QUERY.shape, CONTEXT.shape)
    randomize(layer)
    output = layer(QUERY, CONTEXT, context_mask=CONTEXT_MASK)
    np.testing.assert_array_equal(np.asarray(output)[2], QUERY[2])


def test_a_gated_layer_starts_as_the_identity_and_can_open(gradients):
    layer = CrossModalAttention(num_heads=2, residual=True, normalization="pre", gate=True)
    np.testing.assert_array_equal(layer(QUERY, CONTEXT), QUERY)
    by_weight, _ = gradients(layer, [QUERY, CONTEXT])
    assert by_weight["gate"] != 0


def test_scores_have_their_shape_symbolically():
    query, context = keras.Input((None, 8)), keras.Input((5, 6))
    output, scores = CrossModalAttention(num_heads=2)(query, context, return_attention_scores=True)
    assert output.shape == (None, None, 8)
    assert scores.shape == (None, 2, None, 5)


def test_nan_that_is_not_masked_is_not_hidden():
    context = CONTEXT.copy()
    context[0, 0] = np.nan
    output = np.asarray(CrossModalAttention(num_heads=2)(QUERY, context))
    assert np.isnan(output[0]).all()
    assert np.isfinite(output[1:]).all()


def test_a_seed_makes_dropout_reproducible():
    def attend(seed):
        keras.utils.set_random_seed(0)
        layer = CrossModalAttention(num_heads=2, dropout=0.5, seed=seed)
        return np.asarray(layer(QUERY, CONTEXT, training=True))

    np.testing.assert_array_equal(attend(1), attend(1))
    assert (attend(1) != attend(2)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_heads": 0}, "`num_heads` must be at least 1. Received: num_heads=0"),
        ({"num_heads": 2, "key_dim": 0}, "`key_dim` must be at least 1. Received: key_dim=0"),
        ({"num_heads": 2, "value_dim": -1}, "Received: value_dim=-1"),
        ({"num_heads": 2, "output_dim": 0}, "Received: output_dim=0"),
        ({"num_heads": 2, "dropout": 1.0}, "Received: dropout=1.0"),
        ({"num_heads": 2, "normalization": "batch"}, "Received: normalization='batch'"),
        ({"num_heads": 2, "gate": True}, "`gate` must come with `residual=True`"),
        ({"num_heads": 2, "implementation": "flash"}, "Received: implementation='flash'"),
        (
            {"num_heads": 2, "implementation": "blockwise", "dropout": 0.1},
            "`dropout` must be 0 where attention is blockwise",
        ),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        CrossModalAttention(**options)


@pytest.mark.parametrize(
    ("options", "query", "context", "masks", "message"),
    [
        ({"num_heads": 3}, QUERY, CONTEXT, {}, "num_heads=3, tokens of width 8"),
        (
            {"num_heads": 2, "residual": True, "output_dim": 4},
            QUERY,
            CONTEXT,
            {},
            "output_dim=4, query of width 8",
        ),
        ({"num_heads": 2}, QUERY[:, 0], CONTEXT, {}, r"`query` must be tokens .*\(3, 8\)"),
        ({"num_heads": 2}, QUERY, CONTEXT[:, 0], {}, r"`context` must be tokens .*\(3, 6\)"),
        ({"num_heads": 2}, QUERY.astype("int32"), CONTEXT, {}, "`query` must .* dtype int32"),
        ({"num_heads": 2}, QUERY, CONTEXT.astype("int32"), {}, "`context` must .* dtype int32"),
        (
            {"num_heads": 2},
            QUERY,
            CONTEXT,
            {"query_mask": CONTEXT_MASK},
            r"`query_mask` must .*\(3, 4\).* Received: dtype bool, shape \(3, 5\)",
        ),
        (
            {"num_heads": 2},
            QUERY,
            CONTEXT,
            {"context_mask": CONTEXT_MASK.astype("float32")},
            "`context_mask` must be boolean .* Received: dtype float32",
        ),
    ],
)
@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_bad_inputs_are_named(options, query, context, masks, message, symbolic):
    if symbolic:
        # A mistake shows when the model is put together, not only when it is trained.
        query, context, *values = (
            keras.Input(batch_shape=x.shape, dtype=str(x.dtype))
            for x in (query, context, *masks.values())
        )
        masks = dict(zip(masks, values, strict=True))
    with pytest.raises(ValueError, match=message):
        CrossModalAttention(**options)(query, context, **masks)


def test_a_context_of_one_token_is_no_mistake():
    """Keras warns of a softmax over one place, and warnings are errors here."""
    layer = CrossModalAttention(num_heads=2)
    _, scores = layer(np.ones((2, 3, 8)), np.ones((2, 1, 8)), return_attention_scores=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(scores), np.ones((2, 2, 3, 1)))


def test_a_mask_with_an_axis_too_many_is_refused():
    tokens = np.ones((2, 3, 4), "float32")
    with pytest.raises(ValueError, match=r"mask.*shape"):
        CrossModalAttention(num_heads=2)(tokens, tokens, context_mask=np.ones((2, 3, 1), bool))
