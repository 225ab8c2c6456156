"""Layers and models that know nothing of what is absent, in an encoder's place."""

import math

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import ConvImageEncoder, PretrainedImageEncoder
from keras_multimodal.schema import (
    Audio,
    ClassTarget,
    Features,
    Image,
    Schema,
    Sensor,
    Tabular,
    Text,
)
from keras_multimodal.tasks import attach_encoders, classifier, inputs
from keras_multimodal.tasks._as_tokens import AsTokens
from keras_multimodal.tasks._trunk import Trunk
from keras_multimodal.testing import run_layer_conformance

LAYERS = keras.layers
IMAGE = Image(height=8, width=6, rescale=1 / 255, optional=True)
TEXT = Text(length=5, vocabulary=("u", "v", "w"), optional=True)
SENSOR = Sensor(channels=("x", "y"), length=12)
AUDIO = Audio(sample_rate=1000, num_samples=40, optional=True)
TABLE = Tabular(numeric=("n",), categorical=("c",), categories=(("p", "q"),), optional=True)
FEATURES = Features(length=3, dim=4, optional=True)
# A whole series, one that ends early, none, and one with a gap.
STEPS = np.array([[1] * 12, [1] * 7 + [0] * 5, [0] * 12, [1] * 3 + [0] * 6 + [1] * 3], bool)
THERE = np.array([True, True, False, True])


@keras.saving.register_keras_serializable("own_encoders")
class Flat(keras.Model):
    """As people write them: a subclass of values alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flatten, self.dense = LAYERS.Flatten(), LAYERS.Dense(3)

    def call(self, values):
        return self.dense(self.flatten(values))


def functional(shape, *layers):
    tensor = given = keras.Input(shape)
    for layer in layers:
        tensor = layer(tensor)
    return keras.Model(given, tensor)


def of_two():
    """A table's own model: numbers, and ids of categories."""
    numbers, ids = keras.Input((1,)), keras.Input((1,), dtype="int32")
    category = LAYERS.Flatten()(LAYERS.Embedding(4, 3)(ids))
    return keras.Model([numbers, ids], LAYERS.Concatenate()([numbers, category]))


def batch_of(rng, spec):
    """Four rows of a modality, of which the third has none."""
    batch = {}
    for name, (shape, dtype) in spec.tensors.items():
        if dtype == "bool":
            there = STEPS if shape == (12,) else np.ones((4, *shape), bool)
            batch[name] = there & THERE.reshape(4, *[1] * len(shape))
        elif "int" in dtype:
            batch[name] = rng.integers(1, 3, (4, *shape)).astype(dtype)
        else:
            batch[name] = rng.random((4, *shape)).astype(dtype)
    return batch


ROWS = THERE[:, None]
CASES = {
    "a grid": (
        IMAGE,
        lambda: LAYERS.Conv2D(3, 3, strides=2, padding="same"),
        np.repeat(ROWS, 12, 1),
    ),
    "a vector": (IMAGE, Flat, ROWS),
    "a functional model": (IMAGE, lambda: functional((8, 6, 3), LAYERS.Flatten()), ROWS),
    "a sequential model": (
        IMAGE,
        lambda: keras.Sequential([LAYERS.Conv2D(3, 3), LAYERS.GlobalMaxPooling2D()]),
        ROWS,
    ),
    "a mask of its own": (
        TEXT,
        lambda: LAYERS.Embedding(5, 3, mask_zero=True),
        np.repeat(ROWS, 5, 1),
    ),
    "tokens of words": (TEXT, lambda: LAYERS.Embedding(5, 3), np.repeat(ROWS, 5, 1)),
    "a vector of words": (
        TEXT,
        lambda: keras.Sequential([LAYERS.Embedding(5, 3, mask_zero=True), LAYERS.GRU(3)]),
        ROWS,
    ),
    "a token for each step": (SENSOR, lambda: LAYERS.Dense(3), STEPS),
    # Four tokens of three steps each; the gap of the last row holds the second and third.
    "a token for three steps": (
        SENSOR,
        lambda: LAYERS.Conv1D(3, 3, strides=3),
        np.array([[1, 1, 1, 1], [1, 1, 1, 0], [0] * 4, [1, 0, 0, 1]], bool),
    ),
    # Five tokens of twelve steps: the second has those from 2 to 4, the fourth those from 7 to 9.
    "a token for some steps": (
        SENSOR,
        lambda: LAYERS.Conv1D(3, 4, strides=2),
        np.array([[1] * 5, [1, 1, 1, 0, 0], [0] * 5, [1, 1, 0, 1, 1]], bool),
    ),
    "a vector of steps": (SENSOR, lambda: LAYERS.GRU(3), ROWS),
    "a vector of samples": (AUDIO, lambda: LAYERS.Dense(3), ROWS),
    "numbers and categories": (TABLE, of_two, ROWS),
    "features": (FEATURES, lambda: LAYERS.Dense(3), np.repeat(ROWS, 3, 1)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_layer_makes_becomes_tokens_and_a_mask(case, rng):
    spec, make, mask = CASES[case]
    encoder = make()
    trunk = Trunk(Schema([spec]), {spec.name: encoder}, 4, 0.0, 0.0, None)
    model = keras.Model(trunk.inputs, trunk.tokens[spec.name])
    assert encoder in model.layers  # to be frozen, or found by its name
    batch = batch_of(rng, spec)
    found = model(batch)
    values = [batch[name] for name in spec.tensors if not name.endswith(("_mask", "_present"))]
    for each in values:
        each[~THERE] = 0
        if spec is SENSOR:
            each[~STEPS] = 0
    alone = keras.ops.convert_to_numpy(encoder(values[0] if len(values) == 1 else values))
    expected = np.where(mask[..., None], alone.reshape(4, -1, alone.shape[-1]), 0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found._keras_mask), mask)
    if values[0].dtype == np.float32:  # what is not there is not read
        values[0][~THERE] = np.nan
        np.testing.assert_allclose(model(batch), found, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("shape", "steps"), [((4, 2, 3, 5), False), ((4, 12, 5), True)])
def test_tokens_are_made_by_a_layer_like_any_other(shape, steps, rng):
    made = rng.normal(size=shape).astype("float32")
    length = math.prod(shape[1:-1])
    run_layer_conformance(
        AsTokens,
        {},
        [made, STEPS if steps else THERE],
        expected_output_shape=(4, length, 5),
        expected_output_mask=STEPS if steps else np.repeat(ROWS, length, 1),
    )


@pytest.mark.parametrize("case", ["a token for three steps", "a token for some steps"])
def test_shares_of_lengths_that_are_not_known_yet(case):
    spec, make, mask = CASES[case]
    series = keras.ops.ones((4, *spec.shape))
    values, there = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    tokens = AsTokens()([make()(values), there])
    found = keras.Model([values, there], tokens)([series, keras.ops.convert_to_tensor(STEPS)])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found._keras_mask), mask)


def test_what_is_always_there_has_no_mask(rng):
    image = Image(height=8, width=6, rescale=1 / 255)
    trunk = Trunk(Schema([image]), {"image": LAYERS.Conv2D(3, 3)}, 4, 0.0, 0.0, None)
    tokens = keras.Model(trunk.inputs, trunk.tokens["image"])(batch_of(rng, image))
    assert tokens.shape == (4, 6 * 4, 3)
    assert getattr(tokens, "_keras_mask", None) is None


def test_a_model_of_two_inputs_gets_the_flag(rng):
    pictures = keras.Input((8, 6, 3), name="image")
    present = keras.Input((), dtype="bool", name="image_present")
    vector = LAYERS.Concatenate()(
        [LAYERS.Flatten()(pictures), keras.ops.cast(present, "float32")[:, None]]
    )
    by_name = {"image": pictures, "image_present": present}
    for given in ([pictures, present], by_name):
        trunk = Trunk(Schema([IMAGE]), {"image": keras.Model(given, vector)}, 4, 0.0, 0.0, None)
        tokens = keras.Model(trunk.inputs, trunk.tokens["image"])(batch_of(rng, IMAGE))
        assert tokens[1, 0, -1] == 1
        assert not keras.ops.any(tokens[2])


def test_a_classifier_of_own_encoders_learns_and_is_saved(tmp_path, rng):
    schema = Schema([IMAGE, TEXT, SENSOR], ClassTarget(classes=("a", "b")))
    names = ("flat", "conv")
    encoders = {"image": Flat(name="flat"), "sensor": LAYERS.Conv1D(4, 3, name="conv")}
    model = classifier(schema, encoders=encoders, dim=4, fusion="weighted", seed=0)
    batch = {name: each for spec in schema.inputs for name, each in batch_of(rng, spec).items()}
    before = [model.get_layer(name).get_weights() for name in names]
    model.fit(batch, np.array([0, 1, 0, 1]), verbose=0)
    after = [model.get_layer(name).get_weights() for name in names]
    for old, new in zip(before, after, strict=True):
        assert all((a != b).any() for a, b in zip(old, new, strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(batch), model(batch), rtol=1e-5, atol=1e-6)


def test_a_name_is_looked_up(tmp_path):
    encoder = ConvImageEncoder(4, filters=(4,), name="of_a_file")
    encoder.build((None, 8, 6, 3))
    keras.Sequential([keras.Input((8, 6, 3)), encoder]).save(tmp_path / "network.keras")
    schema = Schema([IMAGE, TEXT], ClassTarget(classes=("a", "b")))
    for name in (tmp_path / "network.keras", str(tmp_path / "network.keras")):
        model = classifier(schema, encoders={"image": name}, dim=4, compile=False)
        found = model.get_layer("of_a_file")
        assert not found.trainable
        np.testing.assert_array_equal(found.get_weights()[0], encoder.get_weights()[0])
    with pytest.raises(ValueError, match=r"'ResNet5O'; did you mean 'ResNet50'"):
        classifier(schema, encoders={"image": "ResNet5O"})


def test_a_network_of_keras_applications_is_shown_what_it_was_trained_on():
    image = Image(height=32, width=32, rescale=1 / 255, optional=True)
    schema = Schema([image, TEXT], ClassTarget(classes=("a", "b")))
    for trainable in (True, False):
        network = keras.applications.MobileNetV2(
            include_top=False, weights=None, alpha=0.35, input_shape=(32, 32, 3)
        )
        network.trainable = trainable
        trunk = Trunk(schema, {"image": network}, 4, 0.0, 0.0, None)
        model = keras.Model(trunk.inputs, trunk.tokens)
        (encoder,) = (x for x in model.layers if isinstance(x, PretrainedImageEncoder))
        assert encoder.backbone is network
        assert (encoder.mean, encoder.std) == ((0.5,) * 3, (0.5,) * 3)
        assert bool(encoder.trainable_weights) == trainable


def test_what_comes_of_features_is_made_in_front_of_a_model_too(rng):
    cached = Schema([Features(name="image", length=1, dim=3, optional=True)])
    given = inputs(cached)
    head = keras.Model(given, keras.ops.sum(given["image"], axis=1))
    encoder = Flat()
    model = attach_encoders(head, {"image": encoder}, Schema([IMAGE]))
    batch = batch_of(rng, IMAGE)
    expected = keras.ops.where(ROWS, encoder(batch["image"]), 0.0)
    np.testing.assert_allclose(model(batch), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("encoder", "error", "message"),
    [
        (7, TypeError, r"`encoders\['image'\]` must be a Keras layer or model, or a name"),
        (ConvImageEncoder, TypeError, r"`encoders\['image'\]` must be a Keras layer"),
        (
            keras.Sequential([keras.Input((9, 9, 3)), LAYERS.Flatten()]),
            ValueError,
            r"`encoders\['image'\]` must take what is made of 'image', float32 of the shape "
            r"\(None, 8, 6, 3\)\. Received: 'sequential\S*', which says: .*\(None, 9, 9, 3\)",
        ),
        (
            functional((8, 6, 3), LAYERS.Flatten(), lambda x: x[:, 0]),
            ValueError,
            r"must make a grid .* Received: 'functional\S*' with an output of shape \(None,\)",
        ),
        (
            functional((8, 6, 3), lambda x: {"a": x}),
            ValueError,
            r"must make a grid .* Received: 'functional\S*' with dict",
        ),
    ],
)
def test_what_is_no_encoder_is_refused(encoder, error, message):
    schema = Schema([IMAGE], ClassTarget(classes=("a", "b")))
    with pytest.raises(error, match=message):
        classifier(schema, encoders={"image": encoder}, dim=4)
