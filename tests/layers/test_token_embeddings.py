"""What is added to tokens is what the papers say, and nothing is added where nothing is."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal.layers import (
    AbsentToken,
    ModalityEmbedding,
    PositionEmbedding,
    TimeEmbedding,
)

TOKENS = np.random.default_rng(17).normal(size=(3, 5, 8)).astype("float32")
VECTORS = np.random.default_rng(18).normal(size=(3, 6)).astype("float32")
# Gaps; one token; nothing.
MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
ROWS = np.array([True, False, True])


def added(layer, tokens, *arguments, **kwargs):
    """What a layer adds to each token."""
    return ops.convert_to_numpy(layer(tokens, *arguments, **kwargs)) - tokens


def where_real(mask, values):
    return np.where(mask[..., None], values, 0.0)


def waves(position, periods):
    features = []
    for period in periods:
        features += [np.sin(2 * np.pi * position / period), np.cos(2 * np.pi * position / period)]
    return np.array(features)


def position_waves(position, dim, wavelength=10000.0):
    """Vaswani et al., 2017, section 3.5."""
    row = np.zeros(dim)
    for i in range(dim // 2):
        row[2 * i] = np.sin(position / wavelength ** (2 * i / dim))
        row[2 * i + 1] = np.cos(position / wavelength ** (2 * i / dim))
    return row


class TestModalityEmbedding:
    @pytest.mark.parametrize("masked", [True, False])
    def test_each_modality_gets_a_vector_of_its_own(self, masked, randomize, parameters):
        layer = ModalityEmbedding()
        inputs = {"text": TOKENS, "sensor": VECTORS}
        masks = {"text": MASK, "sensor": ROWS}
        layer.build({name: x.shape for name, x in inputs.items()})
        randomize(layer)
        p = parameters(layer)
        outputs = layer(inputs, mask=masks if masked else None)
        for name, x in inputs.items():
            expected = x + p[f"embedding_{name}"]
            if masked:
                expected = where_real(masks[name], expected)
            np.testing.assert_allclose(outputs[name], expected, rtol=1e-5, atol=1e-6)

    def test_by_hand(self):
        layer = ModalityEmbedding(embeddings_initializer=keras.initializers.Constant(2.0))
        first, second = layer(
            [np.array([[[1.0], [np.nan]]], "float32"), np.array([[3.0]], "float32")],
            mask=[np.array([[True, False]]), None],
        )
        np.testing.assert_array_equal(first, [[[3.0], [0.0]]])
        np.testing.assert_array_equal(second, [[5.0]])

    def test_vectors_start_small_and_different(self):
        layer = ModalityEmbedding()
        layer.build([(None, 3, 5000), (None, 5000)])
        first, second = layer.get_weights()
        assert 0.019 < first.std() < 0.021
        assert np.abs(first - second).max() > 0.01

    def test_wrong_inputs_are_refused(self):
        with pytest.raises(ValueError, match="`inputs` must be a list or a dict"):
            ModalityEmbedding()(TOKENS)
        with pytest.raises(ValueError, match="must be tokens"):
            ModalityEmbedding()([TOKENS[..., None]])
        for ids in (np.ones((3, 5, 8), "int32"), keras.Input((5, 8), dtype="int32")):
            with pytest.raises(ValueError, match=r"`inputs\[0\]` must have a float dtype"):
                ModalityEmbedding()([ids])
        with pytest.raises(ValueError, match=r"`mask\[0\]` must be boolean"):
            ModalityEmbedding()([TOKENS], mask=[MASK.astype("float32")])


class TestPositionEmbedding:
    def test_learned_positions_are_rows_of_a_table(self, randomize, parameters):
        layer = PositionEmbedding(max_length=7)
        layer.build(TOKENS.shape)
        randomize(layer)
        table = parameters(layer)["embeddings"]
        assert table.shape == (7, 8)
        for mask in (None, MASK):
            output = layer(TOKENS, mask=mask)
            for row in range(3):
                for k in range(5):
                    real = mask is None or mask[row, k]
                    expected = TOKENS[row, k] + table[k] if real else np.zeros(8)
                    np.testing.assert_allclose(output[row, k], expected, rtol=1e-5, atol=1e-6)

    def test_sinusoids_are_the_paper_s(self):
        layer = PositionEmbedding("sinusoidal")
        expected = [position_waves(k, 8) for k in range(5)]
        np.testing.assert_allclose(added(layer, TOKENS)[1], expected, rtol=1e-5, atol=1e-6)
        masked = layer(TOKENS, mask=MASK)
        np.testing.assert_allclose(masked, where_real(MASK, TOKENS + expected), atol=1e-6)

    def test_sinusoids_by_hand(self):
        """With wavelength 1 and width 2 the features are the sine and cosine of the position."""
        output = added(PositionEmbedding("sinusoidal", max_wavelength=1.0), np.zeros((1, 3, 2)))
        expected = [[0.0, 1.0], [0.841471, 0.540302], [0.909297, -0.416147]]
        np.testing.assert_allclose(output[0], expected, atol=1e-5)

    def test_a_learned_grid_adds_row_and_column(self, randomize, parameters):
        x = np.zeros((1, 6, 8), "float32")
        layer = PositionEmbedding(grid=(2, 3))
        layer.build(x.shape)
        randomize(layer)
        p = parameters(layer)
        output = added(layer, x)[0]
        for row in range(2):
            for column in range(3):
                expected = p["row_embeddings"][row] + p["column_embeddings"][column]
                np.testing.assert_allclose(output[3 * row + column], expected, rtol=1e-5, atol=1e-6)

    def test_a_grid_of_sinusoids_has_rows_first(self):
        output = added(
            PositionEmbedding("sinusoidal", grid=(2, 3), max_wavelength=50.0), np.zeros((1, 6, 8))
        )[0]
        for row in range(2):
            for column in range(3):
                expected = [*position_waves(row, 4, 50.0), *position_waves(column, 4, 50.0)]
                np.testing.assert_allclose(output[3 * row + column], expected, atol=1e-6)

    def test_every_place_of_a_grid_is_told_apart(self):
        output = added(PositionEmbedding("sinusoidal", grid=(14, 14)), np.zeros((1, 196, 16)))[0]
        distances = np.abs(output[:, None] - output[None]).max(-1) + np.eye(196)
        assert distances.min() > 1e-3

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"mode": "rotary"}, "`mode` must be 'learned' or 'sinusoidal'"),
            ({}, "`max_length` must be given for learned positions of a sequence"),
            ({"mode": "sinusoidal", "max_length": 9}, "`max_length` must be given for learned"),
            ({"grid": (2, 3), "max_length": 9}, "`max_length` must be given for learned"),
            ({"max_length": 0}, "`max_length` must be at least 1"),
            ({"grid": (2, 3, 4)}, "`grid` must be a positive number of rows and one of columns"),
            ({"grid": (0, 4)}, "`grid` must be a positive number of rows and one of columns"),
            ({"mode": "sinusoidal", "max_wavelength": 0.0}, "`max_wavelength` must be above 0"),
        ],
    )
    def test_wrong_arguments_are_refused(self, options, message):
        with pytest.raises(ValueError, match=message):
            PositionEmbedding(**options)

    @pytest.mark.parametrize(
        ("options", "shape", "message"),
        [
            ({"max_length": 4}, (5, 8), r"length of at most `max_length=4`. Received: length 5"),
            ({"grid": (2, 3)}, (5, 8), r"each place of `grid=\(2, 3\)`. Received: length 5"),
            ({"mode": "sinusoidal"}, (5, 7), "a width that 2 divides"),
            ({"mode": "sinusoidal", "grid": (1, 5)}, (5, 6), "a width that 4 divides"),
            ({"max_length": 4}, (8,), "`inputs` must be tokens of shape"),
        ],
    )
    def test_wrong_inputs_are_refused(self, options, shape, message):
        for inputs in (np.zeros((2, *shape), "float32"), keras.Input(shape)):
            with pytest.raises(ValueError, match=message):
                PositionEmbedding(**options)(inputs)

    def test_wrong_dtypes_and_masks_are_refused(self):
        layer = PositionEmbedding("sinusoidal")
        for ids in (np.ones((3, 5, 8), "int32"), keras.Input((5, 8), dtype="int32")):
            with pytest.raises(ValueError, match="`inputs` must have a float dtype"):
                layer(ids)
        with pytest.raises(ValueError, match="`mask` must be boolean and have the shape"):
            layer(TOKENS, mask=MASK[:, :4])

    @pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX knows each length")
    @pytest.mark.parametrize("max_length", [1, 4])
    def test_a_length_that_a_graph_does_not_know_is_refused_too(self, max_length):
        import tensorflow as tf

        layer = PositionEmbedding(max_length=max_length)
        layer.build((None, None, 8))
        graph = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 8))])
        np.testing.assert_array_equal(graph(TOKENS[:, :1]), layer(TOKENS[:, :1]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="reshape"):
            graph(TOKENS)


class TestTimeEmbedding:
    def test_sinusoids_of_geometric_periods(self):
        times = np.array([[0.0, 1.5, 7.0, 30.0, 100.0]] * 3, "float32")
        layer = TimeEmbedding(min_period=2.0, max_period=2000.0)
        expected = [waves(t, [2.0, 20.0, 200.0, 2000.0]) for t in times[0].astype("float64")]
        np.testing.assert_allclose(added(layer, TOKENS, times)[0], expected, rtol=1e-4, atol=1e-5)

    def test_by_hand(self):
        """A quarter and a half of a minute, with the one period a minute."""
        output = added(TimeEmbedding(60, 60), np.zeros((1, 3, 2)), np.array([[0.0, 15.0, 30.0]]))
        np.testing.assert_allclose(output[0], [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0]], atol=1e-6)

    def test_one_pair_of_features_has_the_longest_period(self):
        output = added(TimeEmbedding(1, 60), np.zeros((1, 1, 2)), np.array([[15.0]]))
        np.testing.assert_allclose(output[0], [[1.0, 0.0]], atol=1e-6)

    def test_times_at_masked_places_are_not_read(self):
        times = np.arange(15, dtype="float32").reshape(3, 5)
        layer = TimeEmbedding(4.0, 40.0)
        expected = where_real(MASK, layer(TOKENS, times))
        blank = np.where(MASK, times, np.nan)
        np.testing.assert_array_equal(layer(TOKENS, blank, inputs_mask=MASK), expected)

    def test_nothing_is_added_where_the_time_is_not_known(self):
        times = np.where(MASK, 3.0, np.nan).astype("float32")
        output = added(TimeEmbedding(4.0, 40.0), TOKENS, times, times_mask=MASK)
        assert not output[~MASK].any()
        np.testing.assert_allclose(output[0, 0], waves(3.0, np.geomspace(4, 40, 4)), atol=1e-5)

    def test_integers_are_taken_and_half_precision_keeps_the_seconds(self):
        seconds = np.array([[5000, 5001, 5002, 5003, 5004]] * 3)
        layer = TimeEmbedding(4.0, 40.0)
        output = added(layer, TOKENS, seconds)
        np.testing.assert_array_equal(output, added(layer, TOKENS, seconds.astype("float32")))
        # float16 has steps of 4 there.
        half = TimeEmbedding(4.0, 40.0, dtype="mixed_float16")
        zeros = np.zeros((3, 5, 8), "float32")
        np.testing.assert_allclose(half(zeros, seconds), added(layer, zeros, seconds), atol=1e-3)
        floats = seconds.astype("float32")
        np.testing.assert_array_equal(half(zeros, floats), half(zeros, seconds))

    @pytest.mark.parametrize(
        ("periods", "message"),
        [((0.0, 1.0), "`min_period` must be above 0"), ((2.0, 1.0), "`max_period` must be at lea")],
    )
    def test_wrong_arguments_are_refused(self, periods, message):
        with pytest.raises(ValueError, match=message):
            TimeEmbedding(*periods)

    @pytest.mark.parametrize(
        ("inputs", "times", "message"),
        [
            ((5, 7), (5,), "`inputs` must be tokens of shape .* dim even"),
            ((8,), (5,), "`inputs` must be tokens of shape"),
            ((5, 8), (4,), r"`times` must have one time for each token, .*Received: shape"),
            ((5, 8), (5, 1), r"`times` must have one time for each token"),
        ],
    )
    def test_wrong_inputs_are_refused(self, inputs, times, message):
        for make in (lambda shape: np.zeros((2, *shape), "float32"), keras.Input):
            with pytest.raises(ValueError, match=message):
                TimeEmbedding(1, 10)(make(inputs), make(times))

    def test_wrong_dtypes_and_masks_are_refused(self):
        layer, times = TimeEmbedding(1, 10), np.zeros((3, 5), "float32")
        with pytest.raises(ValueError, match="`inputs` must have a float dtype"):
            layer(np.ones((3, 5, 8), "int32"), times)
        with pytest.raises(ValueError, match="`inputs_mask` must be boolean"):
            layer(TOKENS, times, inputs_mask=MASK.astype("float32"))
        with pytest.raises(ValueError, match="`times_mask` must be boolean"):
            layer(TOKENS, times, times_mask=MASK[:, :4])


class TestAbsentToken:
    def test_a_row_without_a_token_gets_one(self, randomize, parameters):
        layer = AbsentToken()
        layer.build(TOKENS.shape)
        randomize(layer)
        output = ops.convert_to_numpy(layer(np.where(MASK[..., None], TOKENS, np.nan), mask=MASK))
        np.testing.assert_array_equal(output[:2], where_real(MASK, TOKENS)[:2])
        np.testing.assert_allclose(output[2, 0], parameters(layer)["token"], rtol=1e-6)
        assert not output[2, 1:].any()

    def test_by_hand(self):
        layer = AbsentToken(token_initializer="ones")
        tokens = np.array([[[5.0], [7.0]], [[np.nan], [np.nan]]], "float32")
        mask = np.array([[False, True], [False, False]])
        np.testing.assert_array_equal(layer(tokens, mask=mask)[..., 0], [[0.0, 7.0], [1.0, 0.0]])
        vectors = np.array([[5.0], [np.nan]], "float32")
        np.testing.assert_array_equal(layer(vectors, mask=np.array([True, False])), [[5.0], [1.0]])

    def test_every_row_has_a_token_then(self):
        layer = AbsentToken()
        mask = ops.convert_to_tensor(MASK)
        expected = MASK.copy()
        expected[2, 0] = True
        np.testing.assert_array_equal(layer.compute_mask(TOKENS, mask), expected)
        rows = ops.convert_to_tensor(ROWS)
        np.testing.assert_array_equal(layer.compute_mask(VECTORS, rows), [True] * 3)

    def test_without_a_mask_nothing_is_absent(self):
        layer = AbsentToken()
        np.testing.assert_array_equal(layer(TOKENS), TOKENS)
        assert layer.compute_mask(TOKENS, None) is None

    def test_the_token_learns_from_the_rows_without_one_alone(self, gradients):
        layer = AbsentToken()
        layer(TOKENS)
        numbers = np.random.default_rng(0).normal(size=TOKENS.shape)
        blank = np.where(MASK[..., None], TOKENS, np.nan).astype("float32")
        by_weight, (by_token,) = gradients(layer, [blank], mask=ops.convert_to_tensor(MASK))
        np.testing.assert_allclose(by_weight["token"], numbers[2, 0], rtol=1e-5)
        np.testing.assert_allclose(by_token, where_real(MASK, numbers), rtol=1e-5)

    @pytest.mark.parametrize("shape", [(0, 8), (2, 3, 8), ()])
    def test_wrong_inputs_are_refused(self, shape):
        for inputs in (np.zeros((2, *shape), "float32"), keras.Input(shape)):
            with pytest.raises(ValueError, match=r"`inputs` must be tokens .*length at least 1"):
                AbsentToken()(inputs)

    def test_wrong_dtypes_and_masks_are_refused(self):
        for ids in (np.ones((3, 5, 8), "int32"), keras.Input((5, 8), dtype="int32")):
            with pytest.raises(ValueError, match="`inputs` must have a float dtype"):
                AbsentToken()(ids)
        with pytest.raises(ValueError, match="`mask` must be boolean and have the shape"):
            AbsentToken()(TOKENS, mask=MASK[:, :4])
