"""A model that writes the text of a record."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data, inference, tasks
from keras_multimodal.decoders import TextDecoder
from keras_multimodal.layers import MergedAttention
from keras_multimodal.schema import ClassTarget, Features, Image, Schema, Text, TextTarget

TARGET = TextTarget(length=4, vocabulary=("red", "blue", "big", "small"))
IMAGE = Image(height=8, width=8, rescale=1 / 255)
TEXT = Text(length=3, vocabulary=("what", "colour", "size"))


def answers(rows=64):
    """Pictures of a colour and a brightness, and questions of which of the two."""
    rng = np.random.default_rng(0)
    colour, bright, asked = (rng.integers(0, 2, rows) for _ in range(3))
    pictures = np.full((rows, 8, 8, 3), 20.0, "float32")
    pictures[np.arange(rows), :, :, np.where(colour, 2, 0)] = np.where(bright, 250, 120)[
        :, None, None
    ]
    names = np.array([["red", "blue"], ["dim", "bright light"]])
    frame = pd.DataFrame(
        {
            "question": np.where(asked, "how bright", "which colour"),
            "answer": np.where(asked, names[1][bright], names[0][colour]),
        }
    )
    images = data.ImageStream(rescale=1 / 255).flow(pictures)
    questions = data.TextProcessor(length=3).from_dataframe(
        frame, column="question", name="question"
    )
    target = data.TextProcessor(length=3).from_dataframe(frame, column="answer", name="answer")
    return data.pair(images, questions, captions=target).adapt()


def test_it_learns_to_answer_questions_about_pictures():
    keras.utils.set_random_seed(0)
    records = answers()
    model = tasks.captioner(records.schema, dim=16, learning_rate=1e-2, seed=0)
    batches = records.batch(16, training=True)
    model.fit(batches, epochs=40, shuffle=False, verbose=0)
    _, accuracy = model.evaluate(records.batch(16), verbose=0)
    assert accuracy > 0.99
    written = inference.TextGenerator(model, records.schema).generate(records)
    assert np.mean(np.array(written) == records.captions.cells) > 0.99
    # Of the picture or of the question alone, at most half can be known.
    assert len(set(written)) == 4


def test_loss_and_accuracy_are_those_of_real_tokens():
    records = answers(16)
    model = tasks.captioner(records.schema, dim=8, fusion=None)
    (inputs, labels), *_ = records.batch(16)
    loss, accuracy = model.evaluate(records.batch(16), verbose=0)
    logits = keras.ops.convert_to_numpy(model(inputs)).astype("float64")
    labels = labels.numpy()
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    each = -np.take_along_axis(logs, labels[..., None], -1)[..., 0]
    real = labels > 0
    assert not real.all()
    assert loss == pytest.approx(each[real].mean(), rel=1e-4)
    assert accuracy == pytest.approx((logits.argmax(-1) == labels)[real].mean(), abs=1e-6)


def test_what_stands_behind_a_texts_end_changes_nothing():
    schema = Schema([IMAGE], TARGET)
    model = tasks.captioner(schema, dim=8)
    ids = np.array([[6, 2, 3, 0, 0]], "int32")
    photo = np.ones((1, 8, 8, 3), "float32")
    first = keras.ops.convert_to_numpy(model({"image": photo, "caption": ids}))
    ids[0, 3:] = 4
    second = keras.ops.convert_to_numpy(model({"image": photo, "caption": ids}))
    np.testing.assert_allclose(first[:, :3], second[:, :3], rtol=1e-5, atol=1e-6)


# Keras: a fusion's vector is a context of one token.
@pytest.mark.filterwarnings("ignore:You are using a softmax over axis 3:UserWarning")
@pytest.mark.parametrize("fusion", ["co_attention", "mean", "merged_attention", None])
def test_every_kind_of_fusion_is_read(fusion, rng):
    schema = Schema([IMAGE, TEXT], TARGET)
    model = tasks.captioner(schema, fusion=fusion, dim=8)
    assert model.output.shape == (None, 5, TARGET.output_size)
    assert model.get_layer("context").dim == 8
    inputs = {
        "image": rng.random((1, 8, 8, 3)).astype("float32"),
        "text": np.array([[2, 3, 0]], "int32"),
        "caption": np.array([[6, 2, 3, 0, 0]], "int32"),
    }
    logits = keras.ops.convert_to_numpy(model(inputs))
    others = {
        "image": rng.random((1, 8, 8, 3)).astype("float32"),
        "text": np.array([[4, 2, 0]], "int32"),
    }
    for name, other in others.items():
        assert np.abs(model({**inputs, name: other}) - logits).max() > 1e-5, name


def test_parts_can_be_given():
    schema = Schema([IMAGE, TEXT], TARGET)
    decoder = TextDecoder(TARGET.output_size, TARGET.steps, dim=12, num_heads=3, name="mine")
    fusion = MergedAttention(num_heads=2)
    model = tasks.captioner(schema, decoder=decoder, fusion=fusion, dim=8, compile=False)
    assert model.get_layer("mine") is decoder
    assert model.get_layer("context").fusion is fusion
    assert not model.compiled


def test_a_modality_that_is_absent_is_not_read():
    image = Image(height=8, width=8, rescale=1 / 255, optional=True)
    model = tasks.captioner(Schema([image, TEXT], TARGET), dim=8)
    ids = np.array([[6, 2, 3, 0, 0]], "int32")
    inputs = {
        "image": np.full((1, 8, 8, 3), np.nan, "float32"),
        "image_present": np.array([False]),
        "text": np.array([[2, 3, 0]], "int32"),
        "caption": ids,
    }
    first = keras.ops.convert_to_numpy(model(inputs))
    inputs["image"] = np.ones((1, 8, 8, 3), "float32")
    np.testing.assert_array_equal(first, keras.ops.convert_to_numpy(model(inputs)))
    assert np.isfinite(first).all()


def test_it_is_saved_and_loaded(tmp_path):
    records = answers(32)
    model = tasks.captioner(records.schema, dim=8)
    model.fit(records.batch(16), epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs, _ = next(iter(records.batch(8)))
    np.testing.assert_allclose(loaded(inputs), model(inputs), rtol=1e-5, atol=1e-5)
    first = inference.TextGenerator(model, records.schema).generate(records)
    assert inference.TextGenerator(loaded, records.schema).generate(records) == first


def test_features_are_read(rng):
    schema = Schema([Features(name="image", length=6, dim=5)], TARGET)
    model = tasks.captioner(schema, dim=8)
    assert set(model.input) == {"image", "image_mask", "caption"}
    tokens = rng.normal(size=(1, 6, 5)).astype("float32")
    mask = np.arange(6)[None] < 3
    caption = np.array([[6, 2, 3, 0, 0]], "int32")

    def logits(tokens):
        return np.asarray(model({"image": tokens, "image_mask": mask, "caption": caption}))

    found = logits(tokens)
    np.testing.assert_array_equal(logits(np.where(mask[..., None], tokens, np.nan)), found)
    assert np.abs(logits(np.where(mask[..., None], -tokens, tokens)) - found).max() > 1e-5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: tasks.captioner(Schema([IMAGE], ClassTarget(classes=("a", "b")))),
            "`schema` must have a text for its target; pair the rows with `captions`",
        ),
        (
            lambda: tasks.captioner(Schema([IMAGE], TARGET), encoders={"text": None}),
            "`encoders` must be for modalities of the schema",
        ),
        (
            lambda: tasks.captioner(Schema([IMAGE], TARGET), decoder=TextDecoder(9, 5)),
            "`decoder` must be for 8 ids and texts of 5",
        ),
        (
            lambda: tasks.captioner(Schema([IMAGE, TEXT], TARGET), fusion="meen"),
            "Did you mean 'mean'",
        ),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
