"""A flow serves as Keras' own iterator does: `next`, `len`, indexing, `fit`, and what it knows."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageColumn, ImageStream, pair

Generator = tf.keras.preprocessing.image.ImageDataGenerator


@pytest.fixture
def pictures(rng):
    return rng.integers(0, 256, (10, 6, 8, 3), dtype=np.uint8)


def same(found, expected):
    for ours, theirs in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_next_gives_what_batch_gives_epoch_after_epoch(pictures):
    stream = ImageStream(horizontal_flip=True, rotation_range=30, rescale=1 / 255)
    weights = np.arange(10) / 2
    flow = stream.flow(pictures, np.arange(10), batch_size=4, sample_weight=weights, seed=3)
    first, second = list(flow.batch(training=True)), []
    for batch in [*first, *second]:
        same(next(flow), batch)
    dataset = flow.batch(training=True, initial_epoch=1)
    for batch in dataset:
        found = flow.next()
        assert all(isinstance(part, np.ndarray) for part in found)
        same(found, batch)
    images, targets, _ = found
    assert images.shape == (2, 6, 8, 3)
    assert targets.dtype.kind == "i"


def test_batches_are_those_of_keras_by_their_numbers(folder, frame):
    arguments = {"x_col": "file", "y_col": "category", "target_size": (10, 12), "batch_size": 16}
    ours = ImageStream(rescale=0.5).flow_from_dataframe(frame, folder, shuffle=False, **arguments)
    theirs = Generator(rescale=0.5).flow_from_dataframe(
        frame, str(folder), shuffle=False, **arguments
    )
    assert len(ours) == len(theirs) == 3
    assert ours.num_batches == 3
    for number in (2, 0, 1):
        for found, expected in zip(ours[number], theirs[number], strict=True):
            assert isinstance(found, np.ndarray)
            np.testing.assert_array_equal(found, expected)
    same(ours[np.int64(-1)], ours[2])
    for number in (3, -4):
        with pytest.raises(ValueError, match=f"one of the 3 batches. Received: {number}"):
            ours[number]
    with pytest.raises(TypeError):
        ours[:2]
    for name in ("samples", "n", "batch_size", "class_indices", "image_shape", "filepaths"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.filenames == list(theirs.filenames)
    assert ours.classes.tolist() == list(theirs.classes)
    assert ours.num_classes == 3


def test_reset_and_the_end_of_an_epoch_give_another_order(pictures):
    flow = ImageStream().flow(pictures, np.arange(10), batch_size=10)
    in_order = ImageStream().flow(pictures, np.arange(10), batch_size=10, shuffle=False)
    orders = [flow[0][1].tolist()]
    flow.on_epoch_end()
    orders.append(flow[0][1].tolist())
    next(flow)
    flow.reset()
    orders.append(next(flow)[1].tolist())
    assert len({tuple(order) for order in orders}) == 3
    assert all(sorted(order) == list(range(10)) for order in orders)
    for _ in range(2):
        assert next(in_order)[1].tolist() == list(range(10))
    # A loop has no end, as in Keras.
    orders = [batch[1].tolist() for _, batch in zip(range(3), in_order, strict=False)]
    assert orders == [list(range(10))] * 3


def test_a_model_is_fitted_and_predicts_with_a_flow(pictures):
    flow = ImageStream(rescale=1 / 255).flow(
        pictures, np.arange(10) % 2, batch_size=4, shuffle=False
    )
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    history = model.fit(flow, validation_data=flow, epochs=1, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    found = model.predict(flow, verbose=0)
    np.testing.assert_allclose(found, model.predict(pictures / 255.0, verbose=0), atol=1e-5)


def test_several_outputs_are_a_list_and_inputs_are_two_arrays(folder, frame):
    arguments = {"directory": folder, "x_col": "file", "target_size": (4, 4), "batch_size": 3}
    frame = frame.assign(a=np.arange(40.0), b=[np.ones((2, 2)) * row for row in range(40)])
    stream = ImageStream()
    _, targets = next(
        stream.flow_from_dataframe(
            frame, y_col=["a", "b"], class_mode="multi_output", shuffle=False, **arguments
        )
    )
    assert isinstance(targets, list)
    np.testing.assert_array_equal(targets[0], [0.0, 1.0, 2.0])
    assert targets[1].shape == (3, 2, 2)
    images, again = next(stream.flow_from_dataframe(frame, class_mode="input", **arguments))
    again += 1
    assert (images != again).all()
    alone = next(stream.flow_from_dataframe(frame, class_mode=None, **arguments))
    assert isinstance(alone, np.ndarray)
    lists = frame.assign(kind=[["x", "y"], "z"] * 20)
    flow = stream.flow_from_dataframe(lists, y_col="kind", shuffle=False, **arguments)
    assert flow.classes[:2] == [[0, 1], [2]]
    np.testing.assert_array_equal(next(flow)[1], [[1, 1, 0], [0, 0, 1], [1, 1, 0]])


def test_a_file_that_cannot_be_read_is_named(folder, frame, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    frame.loc["k5", "file"] = str(tmp_path / "broken.png")
    flow = ImageStream().flow_from_dataframe(
        frame, folder, "file", class_mode=None, batch_size=4, shuffle=False, target_size=(4, 4)
    )
    assert flow[0].shape == (4, 4, 4, 3)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Row k5 could not be read.*broken"):
        flow[1]


def test_pictures_are_saved_by_the_iterator_too(pictures, tmp_path):
    flow = ImageStream().flow(pictures, batch_size=4, save_to_dir=tmp_path / "seen")
    next(flow)
    assert len(os.listdir(tmp_path / "seen")) == 4


def test_a_flow_stands_for_its_column(pictures):
    flow = ImageStream(rescale=0.5).flow(pictures, np.arange(10) % 2, name="photo")
    assert isinstance(flow.column, ImageColumn)
    assert repr(flow).startswith("<ImageFlow of 1 batches of <ImageColumn 'photo'")
    records = pair(flow, labels=flow.labels)
    assert records.columns[0].spec == flow.spec
    assert records.keys == flow.keys


@pytest.mark.parametrize("make", [pair, lambda flow: flow.column], ids=["records", "column"])
@pytest.mark.parametrize("method", ["fit", "predict", "evaluate"])
def test_a_model_is_given_batches_and_not_records(pictures, make, method):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    given = make(ImageStream().flow(pictures))
    with pytest.raises(AttributeError, match=r"must be given batches.*\.batch\(32, training=True"):
        getattr(model, method)(given)
    with pytest.raises(TypeError, match="must be given batches"):
        np.asarray(given)
