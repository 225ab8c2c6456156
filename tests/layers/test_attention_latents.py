"""Merged sequences, bottlenecks, latents and queries are what their papers say."""

import keras
import numpy as np
import pytest
from reference_transformer import block, residual_attention

from keras_multimodal.layers import BottleneckFusion, MergedAttention, PerceiverResampler, QFormer

TEXT = np.random.default_rng(5).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(6).normal(size=(4, 5, 6)).astype("float32")
SENSOR = np.random.default_rng(7).normal(size=(4, 6)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
EVERYTHING = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
NAMES = ("image", "sensor", "text")
LATENTS = [(PerceiverResampler, "num_latents"), (QFormer, "num_queries")]
ALL = [MergedAttention, BottleneckFusion, PerceiverResampler, QFormer]


def tokens_of(row, masks):
    """Each modality's real tokens in a row, in float64; those that have none are left out."""
    found = {}
    for name in NAMES:
        there = np.atleast_1d(masks[name][row])
        if there.any():
            found[name] = INPUTS[name][row].astype("float64").reshape(len(there), 6)[there]
    return found


def merged_attention(p, layer, found):
    embeddings = dict(zip(NAMES, p.get("modality_embedding", np.zeros((3, 6))), strict=True))
    x = np.concatenate([tokens + embeddings[name] for name, tokens in found.items()])
    for number in range(layer.num_layers):
        x = block(p, f"block_{number}", x, layer.num_heads)
    return dict(zip(found, np.split(x, np.cumsum([len(t) for t in found.values()])), strict=False))


def bottleneck_fusion(p, layer, found):
    """Nagrani et al., 2021, equations 8 and 9, over the modalities that are there."""
    found, shared = dict(found), p["bottlenecks"]
    for number in range(layer.num_layers):
        written = []
        for name, tokens in found.items():
            x = np.concatenate([tokens, shared])
            x = block(p, f"{name}_block_{number}", x, layer.num_heads)
            found[name] = x[: len(tokens)]
            written.append(x[len(tokens) :])
        shared = np.mean(written, axis=0)
    return found


def perceiver_resampler(p, layer, found):
    """Alayrac et al., 2022, figure 5."""
    x_f, x = np.concatenate(list(found.values())), p["latents"]
    for number in range(layer.num_layers):
        x = block(p, f"block_{number}", x, layer.num_heads, np.concatenate([x_f, x]))
    return x


def q_former(p, layer, found):
    """Li et al., 2023, figure 2."""
    tokens, x = np.concatenate(list(found.values())), p["latents"]
    for number in range(layer.num_layers):
        x = residual_attention(p, f"self_attention_{number}", x, layer.num_heads)
        x = block(p, f"block_{number}", x, layer.num_heads, tokens)
    return x


def by_place(found, masks, row):
    """The real tokens where they stand, zeros elsewhere."""
    output = {}
    for name in NAMES:
        there = np.atleast_1d(masks[name][row])
        output[name] = np.zeros((len(there), 6))
        output[name][there] = found.get(name, np.zeros((0, 6)))
    return output


def assert_near(actual, expected):
    expected = np.asarray(expected)
    actual = keras.ops.convert_to_numpy(actual)
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


def ready(layer, randomize, shapes=None):
    """The layer, built, with numbers that hide nothing."""
    layer.build(shapes or {name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    return layer


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize(
    "options",
    [
        {"num_heads": 2},
        {"num_heads": 3, "num_layers": 2, "key_dim": 5, "intermediate_dim": 4},
        {"num_heads": 1, "modality_embedding": False},
    ],
    ids=str,
)
def test_merged_attention_is_its_equation(options, masks, randomize, parameters):
    layer = ready(MergedAttention(**options), randomize)
    output = layer(INPUTS, mask=masks)
    known = masks or EVERYTHING
    rows = []
    for row in range(4):
        found = tokens_of(row, known)
        if found:
            found = merged_attention(parameters(layer), layer, found)
        places = by_place(found, known, row)
        rows.append(np.concatenate([places[name] for name in NAMES]))
    assert_near(output, rows)


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize(
    "options",
    [
        {"num_heads": 2},
        {"num_heads": 3, "num_bottlenecks": 1, "num_layers": 3, "key_dim": 2},
        {"num_heads": 1, "intermediate_dim": 4},
    ],
    ids=str,
)
def test_bottleneck_fusion_is_its_equation(options, masks, randomize, parameters):
    layer = ready(BottleneckFusion(**options), randomize)
    output = layer(INPUTS, mask=masks)
    known = masks or EVERYTHING
    rows = []
    for row in range(4):
        found = tokens_of(row, known)
        if found:
            found = bottleneck_fusion(parameters(layer), layer, found)
        rows.append(by_place(found, known, row))
    for name in NAMES:
        expected = np.array([places[name] for places in rows]).reshape(INPUTS[name].shape)
        assert_near(output[name], expected)


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize(
    "options",
    [
        {"num_heads": 2},
        {"num_heads": 3, "num_layers": 1, "key_dim": 5, "intermediate_dim": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("cls", "count", "reference"),
    [(*LATENTS[0], perceiver_resampler), (*LATENTS[1], q_former)],
)
def test_latents_are_their_equations(cls, count, reference, options, masks, randomize, parameters):
    layer = ready(cls(**{count: 3}, **options), randomize)
    output = layer(INPUTS, mask=masks)
    founds = [tokens_of(row, masks or EVERYTHING) for row in range(4)]
    p = parameters(layer)
    expected = [reference(p, layer, found) if found else np.zeros((3, 6)) for found in founds]
    assert_near(output, expected)


def make_uniform(layer, scale=1.0):
    """Makes every token gather the mean of what it attends to, times `scale`, and nothing more."""
    for variable in layer.weights:
        name = variable.path.split("/", 1)[1]
        value = np.ones(variable.shape) if name.endswith("gamma") else np.zeros(variable.shape)
        if name.endswith("context_projection/kernel"):
            value[:, 2:] = scale * np.eye(2)
        if name.endswith("output_projection/kernel"):
            value = np.eye(2)
        variable.assign(value)


# Normalized, these are (1, -1) and (-1, 1).
UP, DOWN = [200.0, 0.0], [0.0, 400.0]


def test_merged_attention_by_hand():
    layer = MergedAttention(num_heads=1)
    words, picture = np.array([[UP, UP, DOWN, UP]], "float32"), np.array([UP], "float32")
    masks = [np.array([[True, True, True, False]]), None]
    layer([words, picture], mask=masks)
    make_uniform(layer)
    layer.trainable_variables[0].assign([[10.0, 10.0], [0.0, 0.0]])
    # The words move by their embedding, which the normalization doesn't see. Of four tokens three
    # are up: their mean is (0.5, -0.5).
    output = layer([words, picture], mask=masks)
    expected = [[[210.5, 9.5], [210.5, 9.5], [10.5, 409.5], [0, 0], [200.5, -0.5]]]
    np.testing.assert_allclose(output, expected, rtol=1e-5)


def test_bottleneck_fusion_by_hand():
    layer = BottleneckFusion(num_heads=1, num_bottlenecks=1)
    words = np.array([[UP], [UP]], "float32")
    places = np.array([[DOWN, DOWN, DOWN]] * 2, "float32")
    inputs = {"text": words, "image": places}
    masks = {"text": None, "image": np.array([[True] * 3, [False] * 3])}
    layer(inputs, mask=masks)
    make_uniform(layer, scale=100.0)
    # First layer: the bottleneck, zeros, becomes (50, -50) beside one word, and (-75, 75) beside
    # three places; so (-12.5, 12.5), or (50, -50) where there is no picture. Words move by
    # (50, -50), places by (-75, 75).
    # Second layer: normalized, the bottleneck is down, or up where there is no picture. Words move
    # by the mean of up and down, or by (100, -100); places by (-100, 100).
    output = layer(inputs, mask=masks)
    np.testing.assert_allclose(output["text"], [[[250, -50]], [[350, -150]]], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(
        output["image"], [[[-175, 575]] * 3, [[0, 0]] * 3], rtol=1e-5, atol=1e-4
    )


def test_perceiver_resampler_by_hand():
    layer = PerceiverResampler(num_latents=1, num_layers=2, num_heads=1)
    tokens = np.array([[UP, UP, UP, DOWN], [UP, UP, UP, DOWN]], "float32")
    mask = np.array([[True, True, True, False], [False, False, False, True]])
    layer(tokens, mask=mask)
    make_uniform(layer, scale=40.0)
    # First row: three tokens are up, the latent is zeros at first: (30, -30); then up itself:
    # (40, -40) more. Second row: one token is down: (-20, 20), then (-40, 40) more.
    output = layer(tokens, mask=mask)
    np.testing.assert_allclose(output, [[[70, -70]], [[-60, 60]]], rtol=1e-5)


def test_q_former_by_hand():
    layer = QFormer(num_queries=2, num_layers=1, num_heads=1, activation="relu", intermediate_dim=2)
    tokens = np.array([[UP, UP, UP, DOWN]], "float32")
    layer(tokens)
    make_uniform(layer)
    weights = {variable.path.split("/", 1)[1]: variable for variable in layer.weights}
    weights["latents"].assign([UP, UP])
    for name in ("hidden", "output"):
        weights[f"block_0/feed_forward/{name}/kernel"].assign(np.eye(2))
    # Each other: (1, -1) more. The tokens: (0.5, -0.5) more. The network: relu of (1, -1) more.
    np.testing.assert_allclose(layer(tokens), [[[202.5, -1.5]] * 2], rtol=1e-5)


class OfOneTensor:
    """A layer called with its modalities one by one, for `gradients`; outputs in one tensor."""

    def __init__(self, layer):
        self.layer = layer
        self.trainable_variables = layer.trainable_variables

    def __call__(self, *tensors, **call_kwargs):
        output = self.layer(list(tensors), **call_kwargs)
        return keras.ops.concatenate(output, axis=1) if isinstance(output, list) else output


def as_torch(values, attentions, normalizations, feed_forward):
    """Weights, or their gradients, under PyTorch's names and in its layout."""
    found = {}
    for name, prefix in attentions.items():
        projections = [f"{prefix}/query_projection", f"{prefix}/context_projection"]
        for end, torch_end in (("kernel", "in_proj_weight"), ("bias", "in_proj_bias")):
            parts = [values[f"{projection}/{end}"] for projection in projections]
            found[f"{name}.{torch_end}"] = np.concatenate(parts, axis=-1).T
        found[f"{name}.out_proj.weight"] = values[f"{prefix}/output_projection/kernel"].T
        found[f"{name}.out_proj.bias"] = values[f"{prefix}/output_projection/bias"]
    for name, prefix in normalizations.items():
        found[f"{name}.weight"] = values[f"{prefix}/gamma"]
        found[f"{name}.bias"] = values[f"{prefix}/beta"]
    for name, part in (("linear1", "hidden"), ("linear2", "output")):
        found[f"{name}.weight"] = values[f"{feed_forward}/{part}/kernel"].T
        found[f"{name}.bias"] = values[f"{feed_forward}/{part}/bias"]
    return found


def load(torch, module, values):
    arrays = {name: np.ascontiguousarray(x, "float32") for name, x in values.items()}
    module.load_state_dict({name: torch.tensor(x) for name, x in arrays.items()})
    return module


def assert_same_gradients(module, gradients):
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad, rtol=1e-4, atol=1e-4)


OPTIONS = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}


def test_merged_attention_agrees_with_torch(randomize, parameters, gradients):
    torch = pytest.importorskip("torch")
    layer = ready(MergedAttention(num_heads=2, num_layers=2), randomize, [TEXT.shape, IMAGE.shape])
    parts = [
        (
            {"self_attn": f"block_{i}/attention"},
            {
                "norm1": f"block_{i}/query_normalization",
                "norm2": f"block_{i}/feed_forward/normalization",
            },
            f"block_{i}/feed_forward",
        )
        for i in range(2)
    ]
    p = parameters(layer)
    peers = [
        load(torch, torch.nn.TransformerEncoderLayer(6, 2, 24, **OPTIONS), as_torch(p, *part))
        for part in parts
    ]
    # PyTorch has NaN where there is nothing to attend to, so the first two rows.
    arrays = [TEXT[:2], IMAGE[:2]]
    masks = [MASKS["text"][:2], MASKS["image"][:2]]
    text, image = (torch.tensor(x, requires_grad=True) for x in arrays)
    embedding = torch.tensor(p["modality_embedding"], dtype=torch.float32, requires_grad=True)
    x = torch.cat([text + embedding[0], image + embedding[1]], 1)
    there = torch.tensor(np.concatenate(masks, axis=1))
    for peer in peers:
        x = peer(x, src_key_padding_mask=~there)
    x = x * there[..., None]
    assert_near(layer(arrays, mask=masks), x.detach())

    (x * torch.tensor(np.random.default_rng(0).normal(size=x.shape))).sum().backward()
    by_weight, by_input = gradients(OfOneTensor(layer), arrays, mask=masks)
    for found, wanted in zip(by_input, (text, image), strict=True):
        np.testing.assert_allclose(found, wanted.grad, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        by_weight["modality_embedding"], embedding.grad, rtol=1e-4, atol=1e-4
    )
    for peer, part in zip(peers, parts, strict=True):
        assert_same_gradients(peer, as_torch(by_weight, *part))


def test_q_former_agrees_with_torch(randomize, parameters, gradients):
    torch = pytest.importorskip("torch")
    layer = ready(QFormer(num_queries=3, num_layers=1, num_heads=2), randomize, IMAGE.shape)
    part = (
        {"self_attn": "self_attention_0/attention", "multihead_attn": "block_0/attention"},
        {
            "norm1": "self_attention_0/query_normalization",
            "norm2": "block_0/query_normalization",
            "norm3": "block_0/feed_forward/normalization",
        },
        "block_0/feed_forward",
    )
    p = parameters(layer)
    peer = load(torch, torch.nn.TransformerDecoderLayer(6, 2, 24, **OPTIONS), as_torch(p, *part))
    # What the queries read is not normalized by PyTorch's layer.
    normalization = torch.nn.LayerNorm(6)
    name = "block_0/context_normalization"
    load(torch, normalization, {"weight": p[f"{name}/gamma"], "bias": p[f"{name}/beta"]})
    image, mask = torch.tensor(IMAGE[:2], requires_grad=True), MASKS["image"][:2]
    latents = torch.tensor(p["latents"], dtype=torch.float32, requires_grad=True)
    x = peer(
        latents.expand(2, 3, 6),
        normalization(image),
        memory_key_padding_mask=torch.tensor(~mask),
    )
    assert_near(layer(IMAGE[:2], mask=mask), x.detach())

    (x * torch.tensor(np.random.default_rng(0).normal(size=x.shape))).sum().backward()
    by_weight, (by_input,) = gradients(layer, [IMAGE[:2]], mask=mask)
    np.testing.assert_allclose(by_input, image.grad, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_weight["latents"], latents.grad, rtol=1e-4, atol=1e-4)
    assert_same_gradients(peer, as_torch(by_weight, *part))
    of_normalization = {"weight": by_weight[f"{name}/gamma"], "bias": by_weight[f"{name}/beta"]}
    assert_same_gradients(normalization, of_normalization)


@pytest.mark.parametrize("cls", ALL)
def test_rows_of_nothing_give_exact_zeros_and_no_gradient(cls, randomize, gradients):
    layer = ready(cls(num_heads=2), randomize, [TEXT.shape, IMAGE.shape])
    nothing = [np.zeros(TEXT.shape[:2], bool), np.zeros(IMAGE.shape[:2], bool)]
    outputs = OfOneTensor(layer)(TEXT, IMAGE, mask=nothing)
    np.testing.assert_array_equal(outputs, 0)
    by_weight, by_input = gradients(OfOneTensor(layer), [TEXT, IMAGE], mask=nothing)
    for gradient in (*by_weight.values(), *by_input):
        np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("cls", ALL)
def test_nan_that_is_not_masked_is_not_hidden(cls):
    text = TEXT.copy()
    text[0, 0] = np.nan
    output = np.asarray(OfOneTensor(cls(num_heads=2))(text, IMAGE))
    assert np.isnan(output[0]).all()
    assert np.isfinite(output[1:]).all()


@pytest.mark.parametrize("cls", ALL)
def test_a_seed_makes_dropout_reproducible(cls):
    def attend(seed):
        keras.utils.set_random_seed(0)
        layer = cls(num_heads=2, dropout=0.5, seed=seed)
        return np.asarray(OfOneTensor(layer)(TEXT, IMAGE, training=True))

    np.testing.assert_array_equal(attend(1), attend(1))
    assert (attend(1) != attend(2)).any()


def test_an_embedding_tells_modalities_apart(randomize):
    without = ready(MergedAttention(2, modality_embedding=False), randomize, [TEXT.shape] * 2)
    first, second = np.split(np.asarray(without([TEXT, TEXT])), 2, axis=1)
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
    layer = ready(MergedAttention(2), randomize, [TEXT.shape] * 2)
    first, second = np.split(np.asarray(layer([TEXT, TEXT])), 2, axis=1)
    assert (first != second).all()


@pytest.mark.parametrize(("cls", "count"), LATENTS)
def test_one_tensor_is_as_a_list_of_it(cls, count, randomize):
    layer = ready(cls(**{count: 3}, num_heads=2), randomize, IMAGE.shape)
    alone, listed = layer(IMAGE, mask=MASKS["image"]), layer([IMAGE], mask=[MASKS["image"]])
    np.testing.assert_array_equal(alone, listed)
    symbolic = cls(**{count: 3}, num_heads=2)(keras.Input((None, 6)))
    assert symbolic.shape == (None, 3, 6)


@pytest.mark.parametrize(("cls", "count"), LATENTS)
def test_latents_are_masked_in_rows_of_nothing(cls, count):
    layer = cls(**{count: 2}, num_heads=2)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    mask = layer.compute_mask(INPUTS, MASKS)
    np.testing.assert_array_equal(mask, [[True] * 2] * 3 + [[False] * 2])
    mask = layer.compute_mask(INPUTS, {**MASKS, "sensor": None})
    np.testing.assert_array_equal(mask, [[True] * 2] * 4)
    assert layer.compute_mask(INPUTS, None) is None
    assert layer.compute_mask(INPUTS, dict.fromkeys(MASKS)) is None


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_heads": 0}, "`num_heads` must be at least 1. Received: num_heads=0"),
        ({"num_layers": 0}, "`num_layers` must be at least 1. Received: num_layers=0"),
        ({"key_dim": 0}, "`key_dim` must be at least 1. Received: key_dim=0"),
        ({"intermediate_dim": 0}, "Received: intermediate_dim=0"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\). Received: dropout=1.0"),
    ],
)
def test_bad_arguments_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"num_heads": 2, **options})


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (PerceiverResampler, {"num_latents": 0}, "`num_latents` must be at least 1"),
        (QFormer, {"num_queries": 0}, "`num_queries` must be at least 1"),
        (BottleneckFusion, {"num_bottlenecks": 0}, "`num_bottlenecks` must be at least 1"),
        (BottleneckFusion, {"num_layers": 1}, "`num_layers` must be at least 2: .*num_layers=1"),
    ],
)
def test_bad_arguments_of_one_layer_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**{"num_heads": 2, **options})


def symbolic(structure):
    return keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=str(x.dtype)), structure
    )


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        ([TEXT, IMAGE[..., :4]], None, "`inputs` must have one width; .*{0: 6, 1: 4}"),
        ([TEXT[..., None]], None, r"`inputs\[0\]` must be tokens .*\(4, 3, 6, 1\)"),
        ({"text": TEXT.astype("int32")}, None, r"`inputs\['text'\]` must .* dtype int32"),
        ([TEXT], [MASKS["sensor"]], r"`mask\[0\]` must be .*\(4, 3\).* shape \(4,\)"),
        ([TEXT], [MASKS["text"].astype("float32")], r"`mask\[0\]` .*Received: dtype float32"),
        ({"text": TEXT}, {"words": MASKS["text"]}, r"`mask` must .*\['text'\].*\['words'\]"),
        ([TEXT[..., :5]], None, "num_heads=2, tokens of width 5"),
    ],
)
@pytest.mark.parametrize("wrap", [symbolic, lambda x: x], ids=["symbolic", "eager"])
def test_bad_inputs_are_named(cls, inputs, mask, message, wrap):
    with pytest.raises(ValueError, match=message):
        cls(num_heads=2)(wrap(inputs), mask=None if mask is None else wrap(mask))


@pytest.mark.parametrize("cls", ALL)
def test_other_names_are_refused(cls):
    layer = cls(num_heads=2)
    layer({"text": TEXT, "image": IMAGE})
    with pytest.raises(ValueError, match=r"`inputs` must be a dict .*Received: .*\['text'\]"):
        layer({"text": TEXT})


@pytest.mark.parametrize("cls", [MergedAttention, BottleneckFusion])
def test_one_tensor_is_no_list_of_modalities(cls):
    with pytest.raises(ValueError, match="`inputs` must be a list or a dict"):
        cls(num_heads=2)(TEXT)
