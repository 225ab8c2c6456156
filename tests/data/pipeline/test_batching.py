"""Batches hold what their rows hold, repeat for a seed, and name the row that cannot be read."""

import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data import ImageStream, TextProcessor, pair
from keras_multimodal.data.pipeline.dataset import available_cores


def paired(folder, frame, on_missing="error", **augmentation):
    images = ImageStream(**augmentation).flow_from_dataframe(
        frame, folder, "file", target_size=(10, 12)
    )
    texts = TextProcessor(length=2).from_dataframe(frame, "name")
    return pair(images, texts, labels=frame["category"], on_missing=on_missing).adapt()


def collect(dataset):
    """One epoch as arrays by input name, the labels among them."""
    batches = [{**inputs, "label": labels} for inputs, labels in dataset]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def rows_of(records, texts):
    """Which rows the token ids belong to; each row has a word of its own."""
    vocabulary = records.schema["text"].vocabulary
    return [int(vocabulary[word - 2].removeprefix("number")) for word in texts[:, 1]]


@pytest.mark.parametrize("threads", [1, 4])
def test_each_row_of_a_shuffled_batch_has_its_own_picture_text_and_label(
    folder, frame, pixels_of, threads
):
    shuffled = frame.sample(frac=1.0, random_state=3)
    images = ImageStream().flow_from_dataframe(frame, folder, "file", target_size=(10, 12))
    texts = TextProcessor(length=2).from_dataframe(shuffled, "name")
    records = pair(images, texts, labels=shuffled["category"]).adapt()
    dataset = records.batch(7, shuffle=True, num_parallel_calls=threads)
    for _ in range(2):
        epoch = collect(dataset)
        rows = rows_of(records, epoch["text"])
        assert sorted(rows) == list(range(40))  # each key exactly once an epoch
        assert rows != list(range(40))
        for place, row in enumerate(rows):
            np.testing.assert_array_equal(epoch["image"][place], pixels_of(f"{row}.png"))
            assert records.target.classes[epoch["label"][place]] == frame["category"].iloc[row]


def test_batches_have_their_shapes_and_their_number(folder, frame):
    records = paired(folder, frame, on_missing="mask")
    dataset = records.batch(16)
    inputs, labels = dataset.element_spec
    assert inputs["image"] == tf.TensorSpec((None, 10, 12, 3), tf.float32)
    assert inputs["text"] == tf.TensorSpec((None, 2), tf.int32)
    assert inputs["image_present"] == tf.TensorSpec((None,), tf.bool)
    assert labels == tf.TensorSpec((None,), tf.int32)
    assert [len(batch[1]) for batch in dataset] == [16, 16, 8]
    assert dataset.cardinality() == 3
    static = records.batch(16, drop_remainder=True)
    assert static.element_spec[0]["image"].shape == (16, 10, 12, 3)
    assert [len(batch[1]) for batch in static] == [16, 16]


def test_without_labels_there_are_inputs_alone(folder, frame):
    flow = ImageStream().flow_from_dataframe(frame, folder, "file", target_size=(10, 12))
    assert set(pair(flow).batch(8).element_spec) == {"image"}


AUGMENTED = {"horizontal_flip": True, "rotation_range": 30, "brightness_range": (0.5, 1.5)}


def test_the_same_seed_gives_the_same_batches_whatever_the_number_of_threads(folder, frame):
    records = paired(folder, frame, **AUGMENTED)
    datasets = [
        records.batch(16, training=True, seed=5, num_parallel_calls=threads)
        for threads in (1, 2, 7)
    ]
    for _ in range(2):
        first, *others = map(collect, datasets)
        for other in others:
            for name, values in first.items():
                np.testing.assert_array_equal(other[name], values, err_msg=name)


def test_epochs_and_seeds_differ(folder, frame):
    records = paired(folder, frame, **AUGMENTED)
    dataset = records.batch(40, training=True, seed=5)
    first, second = collect(dataset), collect(dataset)
    other = collect(records.batch(40, training=True, seed=6))
    orders = [rows_of(records, epoch["text"]) for epoch in (first, second, other)]
    assert orders[0] != orders[1] != orders[2] != orders[0]
    # Nor is a row changed alike: look at every row's picture in the two epochs.
    by_row = [
        epoch["image"][np.argsort(order)]
        for epoch, order in zip((first, second), orders[:2], strict=True)
    ]
    assert (by_row[0] != by_row[1]).any(axis=(1, 2, 3)).mean() > 0.9


def test_an_initial_epoch_is_the_one_that_would_have_come_then(folder, frame):
    records = paired(folder, frame, **AUGMENTED)
    dataset = records.batch(16, training=True, seed=5)
    _, _, third = (collect(dataset) for _ in range(3))
    found = collect(records.batch(16, training=True, seed=5, initial_epoch=2))
    for name, values in third.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)
    with pytest.raises(ValueError, match=r"`initial_epoch` must be at least 0\. Received"):
        records.batch(4, initial_epoch=-1)


def test_the_size_of_the_batch_and_the_order_do_not_change_how_a_row_is_augmented(folder, frame):
    records = paired(folder, frame, **AUGMENTED)
    whole = collect(records.batch(40, training=True, shuffle=False))
    parts = collect(records.batch(9, training=True, shuffle=False))
    np.testing.assert_array_equal(whole["image"], parts["image"])
    chosen = records.select(["k30", "k2"])
    np.testing.assert_array_equal(
        collect(chosen.batch(2, training=True, shuffle=False))["image"], whole["image"][[30, 2]]
    )


def test_only_training_batches_are_augmented(folder, frame, pixels_of):
    epoch = collect(paired(folder, frame, **AUGMENTED).batch(16))
    for row in range(40):
        np.testing.assert_array_equal(epoch["image"][row], pixels_of(f"{row}.png"))


def test_flips_are_drawn_row_by_row(folder, frame, pixels_of):
    epoch = collect(paired(folder, frame, horizontal_flip=True).batch(16, True, shuffle=False))
    flipped = 0
    for row in range(40):
        pixels = pixels_of(f"{row}.png")
        is_flipped = (epoch["image"][row] == pixels[:, ::-1]).all()
        assert is_flipped or (epoch["image"][row] == pixels).all()
        flipped += is_flipped
    assert 10 < flipped < 30


def test_absent_cells_are_zeros_and_flagged(folder, frame):
    frame.loc["k3", "file"] = None
    frame.loc["k5", "name"] = None
    records = paired(folder, frame, on_missing="mask", rescale=1 / 255, **AUGMENTED)
    epoch = collect(records.batch(16, training=True, shuffle=False))
    assert np.flatnonzero(~epoch["image_present"]).tolist() == [3]
    assert np.flatnonzero(~epoch["text_present"]).tolist() == [5]
    assert not epoch["image"][3].any()
    assert not epoch["text"][5].any()


def test_withheld_pictures_are_not_read(folder, frame):
    records = paired(folder, frame, on_missing="mask").mask_modality("image", 0.5)
    epoch = collect(records.batch(16))
    assert epoch["image_present"].sum() == 20
    assert not epoch["image"][~epoch["image_present"]].any()


@pytest.mark.parametrize("row", [0, 17, 39])
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_file_that_cannot_be_read_is_named_with_its_row(folder, frame, tmp_path, row, shuffle):
    broken = tmp_path / "broken.png"
    broken.write_bytes((folder / "1.png").read_bytes()[:-200])
    frame.loc[f"k{row}", "file"] = str(broken)
    records = paired(folder, frame)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"Row k{row} .*broken\.png"):
        collect(records.batch(16, shuffle=shuffle))
    with pytest.raises(ValueError, match=rf"1 that cannot.*row 'k{row}'.*broken\.png.*decoded"):
        records.verify()


def test_a_last_batch_that_cannot_be_read_at_all_is_no_quiet_end(folder, frame, tmp_path):
    (tmp_path / "no.png").write_text("no picture")
    frame.loc[["k38", "k39"], "file"] = str(tmp_path / "no.png")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Row k38 .*no\.png"):
        collect(paired(folder, frame).batch(19))


def test_verify_says_what_is_wrong_with_each_file(folder, frame, tmp_path):
    for name in ("gone.png", "empty.png"):
        (tmp_path / name).write_bytes(b"x")
    frame.loc[["k1", "k2"], "file"] = [str(tmp_path / "gone.png"), str(tmp_path / "empty.png")]
    records = paired(folder, frame)
    (tmp_path / "gone.png").unlink()
    (tmp_path / "empty.png").write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"gone\.png' is not there; .*empty\.png' has 0 bytes\. Rep"
    ):
        records.verify()


def test_files_that_can_be_read_pass_verification(folder, frame):
    records = paired(folder, frame)
    assert records.verify() is records


def test_a_text_that_was_never_adapted_says_what_to_do(frame):
    records = pair(TextProcessor().from_dataframe(frame, "name"))
    with pytest.raises(ValueError, match="no vocabulary yet"):
        records.batch(8)
    with pytest.raises(ValueError, match="`batch_size` must be at least 1"):
        records.adapt().batch(0)


def test_keras_trains_on_the_batches(folder, frame):
    records = paired(folder, frame, rescale=1 / 255, horizontal_flip=True)
    image, text = keras.Input((10, 12, 3), name="image"), keras.Input((2,), name="text")
    features = keras.layers.Concatenate()([keras.layers.Flatten()(image), text])
    model = keras.Model({"image": image, "text": text}, keras.layers.Dense(3, "softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    batches = records.batch(16, training=True)
    validation = records.batch(16)
    history = model.fit(batches, validation_data=validation, epochs=2, verbose=0, shuffle=False)
    assert int(model.optimizer.iterations) == 2 * len(batches) == 2 * 3
    inputs, labels = next(iter(records.batch(len(records))))
    right = model.predict_on_batch(inputs)[np.arange(len(records)), labels]
    assert history.history["val_loss"][-1] == pytest.approx(-np.log(right).mean(), rel=1e-4)


@pytest.mark.parametrize(("counted", "cores"), [(6, 6), (None, 1)])
def test_where_a_process_may_use_every_core_all_are_counted(monkeypatch, counted, cores):
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert available_cores() == cores
