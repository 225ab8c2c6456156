"""Both ways of attending block by block give what attending at once does, however it is cut."""

import keras
import numpy as np
import pytest

from keras_multimodal.ops import masked_attention
from keras_multimodal.ops._blockwise_attention import blockwise_attention

TENSORFLOW = keras.backend.backend() == "tensorflow"
SCALE = 0.4
# Three rows, four heads: 7 queries and 10 keys.
QUERY, KEY, VALUE = (
    np.random.default_rng(seed).normal(size=shape).astype("float32")
    for seed, shape in enumerate(((3, 4, 7, 5), (3, 4, 10, 5), (3, 4, 10, 6)))
)
KEYS = np.random.default_rng(3).random((3, 10)) < 0.6
KEYS[2] = False
PAIRS = np.random.default_rng(4).random((3, 7, 10)) < 0.3
PAIRS[1, 3] = False
MASKS = {"everything": None, "keys": KEYS, "pairs": PAIRS}


def tiled(tile):
    """`tensorflow_attention` in tiles of about so many scores."""
    if not TENSORFLOW:
        pytest.skip("TensorFlow's own path needs the TensorFlow backend")
    from keras_multimodal.ops._tensorflow_attention import tensorflow_attention

    return lambda *args: tensorflow_attention(*args, tile=tile)


WAYS = {
    # All heads, two heads and one head a tile; then two queries, the last tile padded.
    **{f"tiles of {tile}": (tiled, tile) for tile in (280, 140, 70, 20)},
    **{
        f"blocks of {block}": (lambda size: lambda *args: blockwise_attention(*args, size), block)
        for block in (16, 5, 4)
    },
}


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow's own path needs the TensorFlow backend")
@pytest.mark.parametrize(
    ("tile", "group", "chunks", "rows"),
    [
        (280, 4, 1, 7),
        (279, 2, 1, 7),
        (140, 2, 1, 7),
        (139, 1, 1, 7),
        (70, 1, 1, 7),
        (69, 1, 2, 4),  # six queries fit; as even as may be
        (40, 1, 2, 4),
        (39, 1, 3, 3),
        (20, 1, 4, 2),
        (10, 1, 7, 1),
        (1, 1, 7, 1),
    ],
)
def test_a_tile_has_as_many_scores_as_fit(tile, group, chunks, rows):
    from keras_multimodal.ops._tensorflow_attention import _Tiling

    found = _Tiling.of(QUERY, KEY, tile)
    assert found == _Tiling(4, group, chunks, rows, query_length=7, key_length=10)


@pytest.fixture(params=WAYS)
def attend(request):
    make, size = WAYS[request.param]
    return make(size)


@pytest.mark.parametrize("mask", MASKS)
def test_it_gives_what_attending_at_once_does(attend, mask, gradient):
    mask = MASKS[mask]

    def direct(query, key, value):
        return masked_attention(query, key, value, mask, scale=SCALE, implementation="direct")

    arrays = [QUERY, KEY, VALUE]
    found = attend(*map(keras.ops.convert_to_tensor, arrays), mask, SCALE)
    np.testing.assert_allclose(found, direct(*arrays), rtol=1e-5, atol=1e-6)
    for position, array in enumerate(arrays):

        def with_one(function, x, position=position):
            tensors = [keras.ops.convert_to_tensor(y) for y in arrays]
            tensors[position] = x
            return function(*tensors)

        found, expected = (
            gradient(lambda x, function=function: with_one(function, x), array)
            for function in (lambda *args: attend(*args, mask, SCALE), direct)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mask", MASKS)
def test_scores_far_from_their_bound_are_no_trouble(attend, mask):
    """The query is a long way from every key, so that no exponential under the bound is left."""
    mask = MASKS[mask]
    query = np.zeros_like(QUERY)
    query[..., 0], query[..., 1] = 40, QUERY[..., 1]
    key = np.concatenate([np.full_like(KEY[..., :1], -30), KEY[..., 1:]], axis=-1)
    found = attend(*map(keras.ops.convert_to_tensor, (query, key, VALUE)), mask, SCALE)
    expected = masked_attention(query, key, VALUE, mask, scale=SCALE, implementation="direct")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_keys_that_may_not_be_attended_to_have_no_gradient_however_well_they_fit(attend, gradient):
    """Their exponentials overflow: zero times infinity would be NaN."""

    def with_key(key):
        tensors = map(keras.ops.convert_to_tensor, (100 * QUERY, VALUE))
        query, value = tensors
        return attend(query, key, value, PAIRS, SCALE)

    found = gradient(with_key, KEY)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found[~PAIRS.any(axis=1)[:, None].repeat(4, axis=1)], 0)


def test_nan_is_not_hidden(attend):
    query = QUERY.copy()
    query[1, 2, 3, 0] = np.nan
    found = np.asarray(attend(*map(keras.ops.convert_to_tensor, (query, KEY, VALUE)), None, SCALE))
    assert np.isnan(found[1, 2, 3]).all()
    assert np.isfinite(found[[0, 2]]).all()


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "jit"])
@pytest.mark.skipif(not TENSORFLOW, reason="tf.function is TensorFlow's")
@pytest.mark.parametrize("mask", ["keys", "pairs"])
def test_lengths_may_be_unknown(jit, mask, gradient):
    import tensorflow as tf

    attend = tiled(20)
    function = tf.function(
        lambda q, k, v, m: attend(q, k, v, m, SCALE),
        input_signature=[
            tf.TensorSpec((None, 4, None, 5)),
            tf.TensorSpec((None, 4, None, 5)),
            tf.TensorSpec((None, 4, None, 6)),
            tf.TensorSpec([None] * MASKS[mask].ndim, "bool"),
        ],
        jit_compile=jit,
    )
    found = gradient(lambda q: function(q, KEY, VALUE, MASKS[mask]), QUERY)
    expected = gradient(lambda q: masked_attention(q, KEY, VALUE, MASKS[mask], scale=SCALE), QUERY)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)], ids=["no queries", "no keys"])
@pytest.mark.skipif(not TENSORFLOW, reason="tf.function is TensorFlow's")
def test_there_may_be_nothing(shape):
    import tensorflow as tf

    attend = tiled(20)
    function = tf.function(
        lambda q, k, m: attend(q, k, k, m, SCALE),
        input_signature=[tf.TensorSpec((None, 4, None, 5))] * 2
        + [tf.TensorSpec((None, None), "bool")],
    )
    query, key = (np.ones((2, 4, length, 5), "float32") for length in shape)
    found = function(query, key, np.ones((2, shape[1]), bool))
    np.testing.assert_array_equal(found, np.zeros((2, 4, shape[0], 5)))


@pytest.mark.skipif(not TENSORFLOW, reason="written with TensorFlow's tapes")
def test_second_derivatives_are_those_of_attending_at_once():
    import tensorflow as tf

    query = QUERY.copy()
    query[0, 0] = 0

    def second(attend):
        x = tf.constant(query)
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(tf.square(attend(x, tf.constant(KEY), tf.constant(VALUE))))
            z = tf.reduce_sum(tf.square(inner.gradient(y, x)))
        return outer.gradient(z, x)

    attend = tiled(140)
    np.testing.assert_allclose(
        second(lambda *args: attend(*args, KEYS, SCALE)),
        second(lambda *args: masked_attention(*args, KEYS, scale=SCALE, implementation="direct")),
        rtol=1e-3,
        atol=1e-5,
    )


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow's graphs are looked through")
@pytest.mark.parametrize("block", [10, 4, 3])
def test_no_more_scores_are_held_than_a_block_has(block):
    import tensorflow as tf

    @tf.function
    def attend(query, key, value):
        return blockwise_attention(query, key, value, None, SCALE, block)

    graph = attend.get_concrete_function(QUERY, KEY, VALUE).graph
    inner = [function.graph for function in graph._functions.values() if hasattr(function, "graph")]
    widths = {
        output.shape[-1]
        for each in (graph, *inner)
        for operation in each.get_operations()
        for output in operation.outputs
        if output.shape.rank == 4 and output.shape[-2] == QUERY.shape[2]
    }
    assert widths - {QUERY.shape[-1], VALUE.shape[-1], 1} == {block}


@pytest.mark.parametrize("block", [16, 4])
def test_queries_and_keys_may_be_a_single_number(block):
    query, key = QUERY[..., :1], KEY[..., :1]
    found = blockwise_attention(query, key, VALUE, None, SCALE, block)
    expected = masked_attention(query, key, VALUE, scale=SCALE, implementation="direct")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
