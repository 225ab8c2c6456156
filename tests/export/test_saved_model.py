"""What a SavedModel promises: raw bytes and strings in, the Keras model's answers out."""

import contextlib
import os
import pathlib
import pickle
import shutil
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal import data, encoders, layers, tasks
from keras_multimodal.export import saved_model
from keras_multimodal.schema import ClassTarget, Image, Schema, Text

IMAGE = Image(height=16, width=16, rescale=1 / 255, optional=True)
TEXT = Text(length=5, vocabulary=("red", "green", "square", "it's", "été"), optional=True)
CLASSES = ClassTarget(classes=("Warm & bright", "cold", "größer"))
SCHEMA = Schema([IMAGE, TEXT], CLASSES)

# Loads each SavedModel where this package cannot be imported, and answers.
WITHOUT_THE_PACKAGE = """
import pickle, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "keras_multimodal":
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
try:
    import keras_multimodal
    raise SystemExit("keras_multimodal can be imported: the test shows nothing")
except ImportError:
    pass

import tensorflow as tf

job, answers = sys.argv[1:]
with open(job, "rb") as file:
    folders, raw = pickle.load(file)
results = {}
for name, folder in folders.items():
    serve = tf.saved_model.load(folder).signatures["serving_default"]
    outputs = serve(**{key: tf.constant(cells) for key, cells in raw.items()})
    results[name] = {key: value.numpy() for key, value in outputs.items()}
with open(answers, "wb") as file:
    pickle.dump(results, file)
"""


def pictures() -> list[bytes]:
    """PNG of another size, JPEG, grey PNG, PNG with alpha, and no picture."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 24, 4), dtype="uint8")
    return [
        tf.io.encode_png(noise[..., :3]).numpy(),
        tf.io.encode_jpeg(noise[..., :3]).numpy(),
        tf.io.encode_png(noise[:16, :16, :1]).numpy(),
        tf.io.encode_png(noise).numpy(),
        b"",
    ]


RAW = {
    "image": pictures(),
    "text": [b"A red square", b"It's GREEN!", b"", "Été <unknown> & red".encode(), b"square"],
}


def fused_model(schema: Schema = SCHEMA, seed: int = 0) -> keras.Model:
    """A small model of the package's own layers, with weights that make the rows differ."""
    keras.utils.set_random_seed(seed)
    inputs = tasks.inputs(schema)
    picture = encoders.ConvImageEncoder(8, filters=(4, 4))(
        [inputs["image"], inputs["image_present"]]
    )
    text = encoders.RecurrentTextEncoder(schema["text"].vocabulary_size, 8)(
        [inputs["text"], inputs["text_present"]]
    )
    attended = layers.CrossModalAttention(num_heads=2)(text, picture)
    vector = layers.ModalityWeighting()([attended, picture, text])
    head = keras.layers.Dense(3, activation="softmax", kernel_initializer="he_normal")
    return keras.Model(inputs, head(vector))


def expected(model: keras.Model, schema: Schema, raw: dict[str, list[bytes]] = RAW) -> np.ndarray:
    inputs = data.Preprocessor(schema)({name: raw[name] for name in schema.names})
    return keras.ops.convert_to_numpy(keras.ops.cast(model(inputs, training=False), "float32"))


def serve(folder: pathlib.Path, **raw: list[bytes]) -> dict[str, np.ndarray]:
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    outputs = signature(**{name: tf.constant(cells, tf.string) for name, cells in raw.items()})
    return {name: value.numpy() for name, value in outputs.items()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> tuple[keras.Model, pathlib.Path]:
    model, folder = fused_model(), tmp_path_factory.mktemp("export") / "model"
    saved_model(model, folder, SCHEMA)
    return model, folder


def in_another_process(folders: dict[str, pathlib.Path], tmp_path: pathlib.Path, run) -> dict:
    job, answers = tmp_path / "job.pickle", tmp_path / "answers.pickle"
    job.write_bytes(pickle.dumps(({name: str(path) for name, path in folders.items()}, RAW)))
    with contextlib.chdir(tmp_path):
        process = run(["-c", WITHOUT_THE_PACKAGE, job, answers])
    assert process.returncode == 0, process.stderr[-3000:]
    return pickle.loads(answers.read_bytes())


def test_it_answers_like_the_model_where_the_package_cannot_be_imported(
    exported, tmp_path, run_forked
):
    """Also from another place, for a model that XLA trained, and in mixed precision."""
    model, folder = exported
    models, folders = {"plain": model}, {"plain": tmp_path / "elsewhere"}
    shutil.copytree(folder, folders["plain"])

    compiled = fused_model(seed=1)
    compiled.compile("adam", "sparse_categorical_crossentropy", jit_compile=True)
    inputs = data.Preprocessor(SCHEMA)(RAW)
    compiled.fit(inputs, np.array([0, 1, 2, 0, 1]), epochs=2, verbose=0)
    models["compiled"] = compiled

    keras.config.set_dtype_policy("mixed_float16")
    try:
        models["mixed_float16"] = fused_model(seed=2)
    finally:
        keras.config.set_dtype_policy("float32")
    for name in ("compiled", "mixed_float16"):
        folders[name] = tmp_path / name
        saved_model(models[name], folders[name], SCHEMA)

    answers = in_another_process(folders, tmp_path, run_forked)

    for name, answer in answers.items():
        reference = expected(models[name], SCHEMA)
        assert answer["probabilities"].dtype == np.float32
        np.testing.assert_allclose(answer["probabilities"], reference, atol=1e-5, err_msg=name)
        labels = [label.decode() for label in answer["label"]]
        assert labels == [CLASSES.classes[number] for number in reference.argmax(-1)]
    # The rows differ, so agreement means something.
    assert np.ptp(expected(model, SCHEMA), axis=0).max() > 1e-2
    predicted = compiled.predict(inputs, verbose=0)
    np.testing.assert_allclose(answers["compiled"]["probabilities"], predicted, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 5, 7])
def test_any_number_of_rows_is_served(exported, rows):
    model, folder = exported
    raw = {name: (cells * 2)[:rows] for name, cells in RAW.items()}
    answer = serve(folder, **raw)
    assert answer["probabilities"].shape == (rows, 3)
    assert answer["label"].shape == (rows,)
    np.testing.assert_allclose(answer["probabilities"], expected(model, SCHEMA, raw), atol=1e-5)


def test_an_empty_string_is_an_absent_modality(exported):
    model, folder = exported
    picture, text = RAW["image"][0], RAW["text"][0]
    answer = serve(folder, image=[b"", picture, b""], text=[text, b"", b""])
    inputs = {
        "image": np.full((3, 16, 16, 3), 7.0, "float32"),
        "image_present": np.array([False, True, False]),
        "text": np.array([[1, 2, 4, 0, 0]] * 3, "int32"),
        "text_present": np.array([True, False, False]),
    }
    inputs["image"][1] = data.Preprocessor(Schema([IMAGE]))({"image": [picture]})["image"][0]
    np.testing.assert_allclose(answer["probabilities"], model(inputs, training=False), atol=1e-5)


def test_a_row_of_one_column_is_not_one_of_many_of_another(exported):
    served = tf.saved_model.load(str(exported[1])).signatures["serving_default"]
    picture = RAW["image"][0]
    for pictures, texts in ((1, 3), (3, 1), (3, 2), (0, 1)):
        message = rf"as many rows\. Received:\] \[image\] \[{pictures}\] \[text\] \[{texts}\]"
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            served(
                image=tf.constant([picture] * pictures, tf.string),
                text=tf.constant(["red"] * texts, tf.string),
            )


def test_the_signature_takes_strings_by_the_modalities_names(exported):
    _, folder = exported
    loaded = tf.saved_model.load(str(folder))
    assert list(loaded.signatures) == ["serving_default"]
    arguments, keywords = loaded.signatures["serving_default"].structured_input_signature
    assert arguments == ()
    assert keywords == {
        name: tf.TensorSpec([None], tf.string, name=name) for name in ("image", "text")
    }


def test_a_row_without_a_modality_that_is_not_optional_has_no_answer(tmp_path):
    schema = Schema([Text(length=3, vocabulary=("a", "b"))], ClassTarget(classes=("x", "y")))
    model = bag_of_words(schema)
    saved_model(model, tmp_path / "model", schema)
    answer = serve(tmp_path / "model", text=[b"a", b""])
    assert answer["text_status"].tolist() == [0, 1]
    reference = model(data.Preprocessor(schema)({"text": [b"a"]})["text"])
    np.testing.assert_allclose(answer["probabilities"][:1], reference, atol=1e-6)
    assert np.isnan(answer["probabilities"][1]).all()
    assert answer["label"][1] == b""


def test_the_schema_travels_along(exported):
    _, folder = exported
    text = (folder / "assets.extra" / "schema.json").read_text(encoding="utf-8")
    assert Schema.from_json(text) == SCHEMA


def test_no_path_of_this_machine_is_written(exported):
    _, folder = exported
    secrets = [str(folder.parent), os.getcwd(), sys.prefix, str(pathlib.Path.home()) + "/"]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], path


def bag_of_words(schema: Schema, as_list: bool = False, sequential: bool = False) -> keras.Model:
    """The shortest model of a text; as one tensor in, a list, or a Sequential model."""
    size = schema["text"].vocabulary_size
    stack = [
        keras.layers.Embedding(size, 4),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(2, activation="softmax"),
    ]
    tokens = keras.Input(schema["text"].shape, dtype="int32", name="text")
    if sequential:
        return keras.Sequential([tokens, *stack])
    vector = tokens
    for layer in stack:
        vector = layer(vector)
    return keras.Model([tokens] if as_list else tokens, vector)


@pytest.mark.parametrize("form", [{}, {"as_list": True}, {"sequential": True}])
def test_every_form_of_model_inputs_is_served(tmp_path, form):
    schema = Schema([Text(length=3, vocabulary=("a", "b"))], ClassTarget(classes=("x", "y")))
    model = bag_of_words(schema, **form)
    saved_model(model, tmp_path / "model", data.Preprocessor(schema))
    texts = [b"a b", b"b b c"]
    ids = data.Preprocessor(schema)({"text": texts})["text"]
    reference = model([ids] if form.get("as_list") else ids)
    answer = serve(tmp_path / "model", text=texts)
    np.testing.assert_allclose(answer["probabilities"], reference, atol=1e-6)


def test_further_outputs_keep_their_names(tmp_path):
    inputs = tasks.inputs(SCHEMA)
    picture = encoders.ConvImageEncoder(4, filters=(2,))([inputs["image"], inputs["image_present"]])
    text = encoders.RecurrentTextEncoder(TEXT.vocabulary_size, 4)(
        [inputs["text"], inputs["text_present"]]
    )
    vector, weights = layers.ModalityWeighting()([picture, text], return_weights=True)
    head = keras.layers.Dense(3, activation="softmax")
    model = keras.Model(inputs, {"probabilities": head(vector), "weights": weights})
    saved_model(model, tmp_path / "model", SCHEMA)
    answer = serve(tmp_path / "model", **RAW)
    assert sorted(answer) == ["image_status", "label", "probabilities", "text_status", "weights"]
    # Row 2 has no text and row 4 no picture.
    np.testing.assert_allclose(answer["weights"][[2, 4]], [[1, 0], [0, 1]])


def test_without_a_target_the_one_output_is_called_output(tmp_path):
    schema = Schema([Text(length=3, vocabulary=("a", "b"))])
    saved_model(bag_of_words(schema), tmp_path / "model", schema)
    assert sorted(serve(tmp_path / "model", text=[b"a"])) == ["output", "text_status"]


def test_a_class_as_probable_as_not_is_said(tmp_path):
    target = ClassTarget(classes=("x", "y", "z"), multi_label=True)
    schema = Schema([Text(length=3, vocabulary=("a", "b"))], target)
    tokens = keras.Input((3,), dtype="int32", name="text")
    first = keras.ops.cast(tokens[:, :1], "float32")  # 2 of "a", 3 of "b"
    halves = keras.ops.concatenate([first * 0 + 0.5, first / 4, first / 6], axis=-1)
    saved_model(keras.Model(tokens, halves), tmp_path / "model", schema)
    answer = serve(tmp_path / "model", text=[b"a", b"b"])
    np.testing.assert_array_equal(answer["probabilities"][:, :2], [[0.5, 0.5], [0.5, 0.75]])
    assert answer["label"].tolist() == [[True, True, False], [True, True, True]]


def test_an_unknown_length_is_accepted(small, tmp_path):
    _, schema = small
    tokens = keras.Input((None,), dtype="int32", name="text")
    vector = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(4, 2)(tokens))
    model = keras.Model(tokens, keras.layers.Softmax()(vector))
    saved_model(model, tmp_path / "model", schema)
    texts = [b"a", b"b a"]
    answer = serve(tmp_path / "model", text=texts)["probabilities"]
    reference = model(data.Preprocessor(schema)({"text": texts})["text"])
    np.testing.assert_allclose(answer, reference, atol=1e-6)
    assert np.abs(answer[0] - answer[1]).max() > 1e-4
