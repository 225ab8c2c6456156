import sys

import keras
import numpy as np
import pytest

from keras_multimodal.ops import masked_attention

QUERY, KEY, VALUE = (
    np.random.default_rng(seed).normal(size=shape).astype("float32")
    for seed, shape in enumerate(((3, 2, 4, 8), (3, 2, 5, 8), (3, 2, 5, 6)))
)
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
PAIRS = np.array([MASK[[0, 1, 2, 1]], MASK[[2, 2, 1, 0]], MASK[[1, 1, 1, 1]]])


def reference(query, key, value, mask):
    """Equation 1 in float64, one query at a time, over the keys that it may attend to."""
    query, key, value = (x.astype("float64") for x in (query, key, value))
    output = np.zeros((*query.shape[:3], value.shape[-1]))
    weights = np.zeros((*query.shape[:3], key.shape[2]))
    for b, h, t in np.ndindex(query.shape[:3]):
        there = mask[b] if mask.ndim == 2 else mask[b, t]
        if there.any():
            scores = key[b, h][there] @ query[b, h, t] / np.sqrt(query.shape[-1])
            weights[b, h, t, there] = np.exp(scores) / np.exp(scores).sum()
            output[b, h, t] = weights[b, h, t] @ value[b, h]
    return output, weights


BOTH = pytest.mark.parametrize("implementation", ["direct", "blockwise"])


@pytest.mark.parametrize("by_query", [False, True], ids=["keys", "pairs"])
def test_it_is_the_papers_equation(by_query):
    mask = PAIRS if by_query else MASK
    output, weights = masked_attention(QUERY, KEY, VALUE, mask, return_weights=True)
    expected_output, expected_weights = reference(QUERY, KEY, VALUE, mask)
    np.testing.assert_allclose(weights, expected_weights, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(output, expected_output, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(masked_attention(QUERY, KEY, VALUE, mask), output)
    blockwise = masked_attention(QUERY, KEY, VALUE, mask, implementation="blockwise")
    np.testing.assert_allclose(blockwise, expected_output, rtol=1e-5, atol=1e-6)


@BOTH
def test_without_a_mask_every_key_counts(implementation):
    expected, _ = reference(QUERY, KEY, VALUE, np.ones_like(MASK))
    output = masked_attention(QUERY, KEY, VALUE, implementation=implementation)
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


def test_by_hand():
    query = np.array([[[[np.log(3)]]]], "float32")
    key = np.array([[[[1.0], [0.0], [7.0]]]], "float32")
    value = np.array([[[[4.0], [8.0], [9.0]]]], "float32")
    output, weights = masked_attention(
        query, key, value, np.array([[True, True, False]]), return_weights=True
    )
    np.testing.assert_allclose(weights, [[[[0.75, 0.25, 0]]]], rtol=1e-6)
    np.testing.assert_allclose(output, [[[[5.0]]]], rtol=1e-6)


def test_the_scale_can_be_given():
    np.testing.assert_allclose(
        masked_attention(QUERY, KEY, VALUE, MASK, scale=0.5),
        masked_attention(QUERY * np.float32(0.5 * 8**0.5), KEY, VALUE, MASK),
        rtol=1e-5,
        atol=1e-6,
    )


@BOTH
def test_a_query_with_nothing_to_attend_to_gives_zeros_and_takes_no_gradient(
    implementation, gradient
):
    output = masked_attention(QUERY, KEY, VALUE, MASK, implementation=implementation)
    np.testing.assert_array_equal(np.asarray(output)[2], 0)
    for position, array in enumerate((QUERY, KEY, VALUE)):

        def attend(x, position=position):
            inputs = [keras.ops.convert_to_tensor(y) for y in (QUERY, KEY, VALUE)]
            inputs[position] = x
            return masked_attention(*inputs, MASK, implementation=implementation)

        found = gradient(attend, array)
        assert found[:2].any()
        np.testing.assert_array_equal(found[2], 0)


@pytest.mark.parametrize("content", [0.0, 1e4, -1e30])
def test_masked_keys_and_values_have_no_say(content):
    there = MASK[:, None, :, None]
    key, value = (np.where(there, x, np.float32(content)) for x in (KEY, VALUE))
    for found, expected in zip(
        masked_attention(QUERY, key, value, MASK, return_weights=True),
        masked_attention(QUERY, KEY, VALUE, MASK, return_weights=True),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)
    found, expected = (
        masked_attention(QUERY, *pair, MASK, implementation="blockwise")
        for pair in ((key, value), (KEY, VALUE))
    )
    np.testing.assert_array_equal(found, expected)


def test_dropout_drops_weights_and_keeps_their_mean():
    seed = keras.random.SeedGenerator(0)
    value = np.ones((1, 1, 4000, 1), "float32")
    key, query = np.zeros((1, 1, 4000, 1), "float32"), np.zeros((1, 1, 200, 1), "float32")
    output, weights = masked_attention(
        query, key, value, dropout=0.5, seed=seed, return_weights=True
    )
    output = np.asarray(output)
    # 4,000 weights of 1/4000, each doubled or dropped: mean 1, standard deviation 1/sqrt(4000).
    assert output.std() > 0.01
    assert abs(output.mean() - 1) < 0.005
    np.testing.assert_allclose(np.sum(weights, -1), 1, rtol=1e-5)


@BOTH
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 5e-3), ("bfloat16", 4e-2)])
def test_half_precision_keeps_its_dtype(dtype, tolerance, implementation):
    inputs = [keras.ops.cast(x, dtype) for x in (QUERY, KEY, VALUE)]
    output = masked_attention(*inputs, MASK, implementation=implementation)
    assert keras.backend.standardize_dtype(output.dtype) == dtype
    expected, _ = reference(QUERY, KEY, VALUE, MASK)
    np.testing.assert_allclose(keras.ops.cast(output, "float32"), expected, atol=tolerance)


@BOTH
def test_it_agrees_with_torch_forward_and_backward(implementation, gradient):
    torch = pytest.importorskip("torch")
    arrays = [x[:2] for x in (QUERY, KEY, VALUE)]
    inputs = [torch.tensor(x, requires_grad=True) for x in arrays]
    expected = torch.nn.functional.scaled_dot_product_attention(
        *inputs, attn_mask=torch.tensor(MASK[:2, None, None])
    )
    output = masked_attention(*arrays, MASK[:2], implementation=implementation)
    np.testing.assert_allclose(output, expected.detach(), rtol=1e-5, atol=1e-6)
    numbers = np.random.default_rng(0).normal(size=expected.shape).astype("float32")
    (expected * torch.tensor(numbers)).sum().backward()
    for position, array in enumerate(arrays):

        def attend(x, position=position):
            tensors = [keras.ops.convert_to_tensor(y) for y in arrays]
            tensors[position] = x
            return masked_attention(*tensors, MASK[:2], implementation=implementation)

        np.testing.assert_allclose(
            gradient(attend, array), inputs[position].grad, rtol=1e-4, atol=1e-5
        )


def test_auto_is_blockwise_where_there_are_many_scores(monkeypatch):
    module = sys.modules["keras_multimodal.ops.attention"]
    taken = []
    direct = module._direct

    def watch(*args, **kwargs):
        taken.append(args[0].shape[2])
        return direct(*args, **kwargs)

    monkeypatch.setattr(module, "_direct", watch)
    many = 512 if keras.backend.backend() == "tensorflow" else 1024
    key = keras.random.normal((1, 1, many, 4), seed=0)
    for length in (many - 1, many):
        query = keras.random.normal((1, 1, length, 4), seed=0)
        masked_attention(query, key, key)
    masked_attention(query, key, key, return_weights=True)
    masked_attention(query, key, key, dropout=0.5)
    assert taken == [many - 1, many, many]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"implementation": "flash"}, "`implementation` must be one of .*'flash'"),
        ({"implementation": "blockwise", "dropout": 0.1}, "dropout=0.1, return_weights=False"),
        ({"implementation": "blockwise", "return_weights": True}, "return_weights=True"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        masked_attention(QUERY, KEY, VALUE, **options)


def test_on_a_gpu_blocks_are_of_keys_of_known_length(monkeypatch):
    module = sys.modules["keras_multimodal.ops.attention"]
    monkeypatch.setattr(module, "_on_gpu", lambda: True)
    expected, _ = reference(QUERY, KEY, VALUE, MASK)
    found = masked_attention(QUERY, KEY, VALUE, MASK, implementation="blockwise")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    unknown = keras.KerasTensor((3, 2, None, 8))
    with pytest.raises(ValueError, match=r"`key` must be of known length.*\(3, 2, None, 8\)"):
        masked_attention(unknown, unknown, unknown, implementation="blockwise")


def test_on_a_gpu_blocks_pay_from_more_scores_on(monkeypatch):
    """4096 by 4096; a stand-in for the blocks, which would take a minute here."""
    module = sys.modules["keras_multimodal.ops.attention"]
    monkeypatch.setattr(module, "_on_gpu", lambda: True)
    monkeypatch.setattr(module, "_flash_fits", lambda *args: False)
    monkeypatch.setattr(module, "_direct", lambda *args: "direct")
    monkeypatch.setattr(module, "blockwise_attention", lambda *args: "blocks")
    for length, expected in ((4095, "direct"), (4096, "blocks")):
        query = keras.KerasTensor((1, 1, length, 4))
        key = keras.KerasTensor((1, 1, 4096, 4))
        assert module.masked_attention(query, key, key) == expected


def test_flash_attention_is_for_what_its_kernel_takes(monkeypatch):
    module = sys.modules["keras_multimodal.ops.attention"]
    monkeypatch.setattr(module, "_on_gpu", lambda: True)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    half, narrow = (np.ones((1, 1, 2, dim), "float16") for dim in (8, 4))
    assert module._flash_fits(half, half)
    assert not module._flash_fits(half, narrow)
    assert not module._flash_fits(half.astype("float32"), half)


@pytest.mark.parametrize("mask", [None, MASK, PAIRS], ids=["everything", "keys", "pairs"])
def test_flash_attention_is_attention(mask):
    module = sys.modules["keras_multimodal.ops.attention"]
    tensors = [keras.ops.convert_to_tensor(x) for x in (QUERY, KEY, KEY)]
    mask = None if mask is None else keras.ops.convert_to_tensor(mask)
    np.testing.assert_allclose(
        module._flash(*tensors, mask, 0.5),
        masked_attention(*tensors, mask, scale=0.5, implementation="direct"),
        rtol=1e-5,
        atol=1e-6,
    )


def test_flash_attention_is_taken_by_itself_where_it_fits(monkeypatch):
    module = sys.modules["keras_multimodal.ops.attention"]
    monkeypatch.setattr(module, "_flash_fits", lambda query, value: True)
    monkeypatch.setattr(module, "_direct", pytest.fail)
    expected, _ = reference(QUERY, KEY, KEY, MASK)
    tensors = [keras.ops.convert_to_tensor(x) for x in (QUERY, KEY, KEY, MASK)]
    np.testing.assert_allclose(masked_attention(*tensors), expected, rtol=1e-5, atol=1e-6)


def test_arguments_have_names_and_options_have_nothing_else():
    found = masked_attention(query=QUERY, key=KEY, value=VALUE, mask=MASK)
    np.testing.assert_array_equal(found, masked_attention(QUERY, KEY, VALUE, MASK))
    with pytest.raises(TypeError, match="positional argument"):
        masked_attention(QUERY, KEY, VALUE, MASK, 0.5)
