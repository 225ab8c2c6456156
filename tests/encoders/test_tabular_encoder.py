"""The columns' tokens are what their equation says, and missing cells leave no trace."""

import keras
import numpy as np
import pytest
from cases_tabular import CELLS, IDS, NUMBERS, PRESENT

from keras_multimodal.encoders import TabularEncoder
from keras_multimodal.schema import Tabular

OPTIONS = {"numeric": 2, "category_counts": (5, 3), "dim": 6}


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def made(rng, **options):
    """An encoder with random weights, and those by name."""
    encoder = TabularEncoder(**{**OPTIONS, **options})
    encoder.build([NUMBERS.shape, IDS.shape, CELLS.shape])
    for variable in encoder.weights:
        variable.assign(rng.normal(size=variable.shape))
    return encoder, {w.name: numpy(w).astype("float64") for w in encoder.weights}


def by_hand(weights, numbers, ids):
    """Every token from its equation, one at a time, in float64."""
    tokens = np.zeros((3, 4, 6))
    tables = np.split(weights["embeddings"], [5])
    for row in range(3):
        for column in range(2):
            tokens[row, column] = numbers[row, column] * weights["scale"][column]
            tokens[row, 2 + column] = tables[column][ids[row, column]]
    return tokens + weights["bias"]


def test_it_is_its_equation(rng):
    encoder, weights = made(rng)
    expected = by_hand(weights, NUMBERS, IDS)
    expected[1, 3] = 0  # the one id that is missing
    np.testing.assert_allclose(encoder([NUMBERS, IDS]), expected, rtol=1e-5, atol=1e-6)


def test_missing_cells_are_masked(rng):
    encoder, weights = made(rng)
    mask = CELLS & np.concatenate([np.ones((3, 2), bool), IDS > 0], axis=1)
    expected = by_hand(weights, NUMBERS, IDS) * mask[..., None]
    np.testing.assert_allclose(encoder([NUMBERS, IDS, CELLS]), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(numpy(encoder.compute_mask([NUMBERS, IDS, CELLS])), mask)


def test_missing_cells_are_learned_tokens_where_the_row_is_there(rng):
    encoder, weights = made(rng, missing="token", class_token=True)
    expected = np.where(CELLS[..., None], by_hand(weights, NUMBERS, IDS), weights["missing_tokens"])
    expected = np.concatenate([np.tile(weights["class_token"], (3, 1, 1)), expected], axis=1)
    expected[1] = 0  # a row without a cell
    np.testing.assert_allclose(encoder([NUMBERS, IDS, CELLS]), expected, rtol=1e-5, atol=1e-6)
    mask = numpy(encoder.compute_mask([NUMBERS, IDS, CELLS]))
    np.testing.assert_array_equal(mask, np.tile(PRESENT[:, None], 5))


@pytest.mark.parametrize("missing", ["mask", "token"])
@pytest.mark.parametrize("class_token", [False, True])
def test_numbers_alone_are_all_there(missing, class_token, rng):
    encoder = TabularEncoder(2, (), 6, missing=missing, class_token=class_token)
    encoder.build([NUMBERS.shape])
    for variable in encoder.weights:
        variable.assign(rng.normal(size=variable.shape))
    weights = {w.name: numpy(w) for w in encoder.weights}
    expected = NUMBERS[..., None] * weights["scale"] + weights["bias"]
    if class_token:
        expected = np.concatenate([np.tile(weights["class_token"], (3, 1, 1)), expected], axis=1)
    np.testing.assert_allclose(encoder(NUMBERS), expected, rtol=1e-5, atol=1e-6)
    assert encoder.compute_mask(NUMBERS) is None


def test_a_class_token_is_there_whatever_is_missing():
    encoder = TabularEncoder(**OPTIONS, class_token=True)
    mask = np.concatenate([np.ones((3, 3), bool), IDS > 0], axis=1)
    np.testing.assert_array_equal(numpy(encoder.compute_mask([NUMBERS, IDS])), mask)
    tokens = numpy(encoder([NUMBERS, IDS]))
    np.testing.assert_allclose(tokens[:, 0], np.tile(numpy(encoder._class_token), (3, 1)))


@pytest.mark.parametrize("missing", ["mask", "token"])
@pytest.mark.parametrize("there", [CELLS, PRESENT], ids=["cells", "rows"])
def test_what_stands_at_missing_cells_is_never_read(missing, there, rng):
    encoder, _ = made(rng, missing=missing, num_layers=1, num_heads=2, class_token=True)
    cells = there if there.ndim == 2 else np.tile(there[:, None], 4)
    junk = [np.where(cells[:, :2], NUMBERS, np.nan), np.where(cells[:, 2:], IDS, 10**6), there]
    found = numpy(
        encoder([part.astype(p.dtype) for part, p in zip(junk, [NUMBERS, IDS, there], strict=True)])
    )
    np.testing.assert_array_equal(found, numpy(encoder([NUMBERS, IDS, there])))
    np.testing.assert_array_equal(found[1], 0)


@pytest.mark.parametrize("missing", ["mask", "token"])
def test_nan_at_missing_cells_reaches_no_gradient(missing, rng):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the tape is TensorFlow's")
    import tensorflow as tf

    encoder, _ = made(rng, missing=missing, num_layers=1, num_heads=2)

    def gradients(numbers):
        with tf.GradientTape() as tape:
            loss = keras.ops.sum(keras.ops.square(encoder([numbers, IDS, CELLS])))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, encoder.trainable_weights)]

    clean = gradients(NUMBERS)
    assert any(np.any(g) for g in clean)
    junk = np.where(CELLS[:, :2], NUMBERS, np.nan).astype("float32")
    for found, wanted in zip(gradients(junk), clean, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_an_id_out_of_its_range_is_unknown(rng):
    encoder, _ = made(rng)
    unknown = np.array([[1, 1]] * 3, "int32")
    for wrong in ([5, 3], [10**6, 7], [-1, -4]):
        np.testing.assert_array_equal(
            numpy(encoder([NUMBERS, np.array([wrong] * 3, "int32")])),
            numpy(encoder([NUMBERS, unknown])),
        )


def test_it_is_made_from_a_schema():
    table = Tabular(numeric=("age",), categorical=("town",), categories=(("Bonn", "Ulm"),))
    encoder = TabularEncoder.from_schema(table, dim=4, missing="token")
    assert (encoder.numeric, encoder.category_counts, encoder.missing) == (1, (4,), "token")
    with pytest.raises(ValueError, match=r"`modality` must have learned.*'table'"):
        TabularEncoder.from_schema(Tabular(categorical=("town",)), dim=4)


def test_a_frozen_encoder_stays_frozen_when_it_is_made_anew(rng):
    encoder, _ = made(rng, num_layers=1, num_heads=2)
    encoder.trainable = False
    anew = TabularEncoder.from_config(encoder.get_config())
    anew.build([NUMBERS.shape, IDS.shape, CELLS.shape])
    assert anew.weights
    assert not any(weight.trainable for weight in anew.weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 0}, "`dim` must be at least 1.*dim=0"),
        ({"numeric": -1}, "`numeric` must be at least 0.*numeric=-1"),
        ({"num_layers": -1}, "`num_layers` must be at least 0"),
        ({"category_counts": (5, 1)}, r"`category_counts` must be at least 2 each.*\(5, 1\)"),
        ({"numeric": 0, "category_counts": ()}, "at least one column"),
        ({"missing": "zero"}, "`missing` must be 'mask' or 'token'.*'zero'"),
        ({"num_layers": 1, "num_heads": 4}, "`num_heads` must divide `dim`"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder(**{**OPTIONS, **options})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (NUMBERS, "`inputs` must be a list of"),
        ([NUMBERS, IDS[:, :1]], r"\(batch, 2\), \(batch, 2\).*\(3, 1\)"),
        ([NUMBERS, IDS, CELLS[:, :3]], r"\(batch, 4\) or \(batch,\).*\(3, 3\)"),
        ([NUMBERS, IDS, CELLS, PRESENT], "`inputs` must be a list of"),
        ([IDS, IDS], r"`inputs\[0\]` must have a float dtype.*int32"),
        ([NUMBERS, NUMBERS], "ids in an integer dtype.*float32"),
        ([NUMBERS, IDS, NUMBERS[:, 0]], "must end with a boolean.*float32"),
    ],
)
def test_wrong_inputs_are_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        TabularEncoder(**OPTIONS)(inputs)
