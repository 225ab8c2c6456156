"""Every public encoder keeps the promises that all layers make, a presence flag or not."""

import copy

import cases_tabular
import keras
import numpy as np
import pytest

from keras_multimodal import encoders
from keras_multimodal.encoders import (
    BagEncoder,
    ConvImageEncoder,
    ConvSensorEncoder,
    Encoder,
    LiteRTAudioEncoder,
    PatchImageEncoder,
    PatchSensorEncoder,
    PretrainedAudioEncoder,
    PretrainedImageEncoder,
    PretrainedTextEncoder,
    RecurrentSensorEncoder,
    RecurrentTextEncoder,
    ResidualImageEncoder,
    SequenceEncoder,
    SpectrogramEncoder,
    TransformerTextEncoder,
)
from keras_multimodal.testing import run_layer_conformance

RNG = np.random.default_rng(5)
PRESENT = np.array([True, False, True])
PICTURES = RNG.random((3, 7, 6, 3)).astype("float32")
IDS = np.array([[3, 1, 4, 0], [5, 2, 0, 0], [0, 7, 6, 2]], "int32")
CONV = {"dim": 6, "filters": (4, 5)}  # 7 by 6 pixels make 2 by 2 places
RESIDUAL = {"dim": 6, "filters": (4, 5), "blocks": 1}
PATCHES = {"dim": 6, "patch_size": 2, "num_layers": 1, "num_heads": 2, "intermediate_dim": 5}
EVEN_PICTURES = PICTURES[:, :4]  # 2 by 3 patches
TEXT = {"vocabulary_size": 9, "dim": 6}
TRANSFORMER = {**TEXT, "max_length": 9, "num_layers": 1, "num_heads": 2, "intermediate_dim": 5}
SERIES = RNG.normal(size=(3, 9, 2)).astype("float32")
# A gap and an end; nothing; everything.
STEPS = np.array([[1, 1, 1, 0, 0, 0, 0, 1, 0], [0] * 9, [1] * 9], bool)
PAIRS = np.array([[1, 1, 0, 1, 0], [0] * 5, [1] * 5], bool)
TRIPLES = np.array([[1, 0, 1], [0] * 3, [1] * 3], bool)
SENSOR = {"dim": 6, "num_layers": 1, "num_heads": 2, "intermediate_dim": 5, "patch_size": 3}
# Ten hops of four samples make five tokens.
RECORDINGS = RNG.uniform(-1, 1, size=(3, 38)).astype("float32")
SAMPLES = np.arange(38) < np.array([[21], [0], [38]])
STRETCHES = np.array([[1, 1, 1, 0, 0], [0] * 5, [1] * 5], bool)
AUDIO = {
    "dim": 6,
    "sample_rate": 100,
    "mel_bins": 4,
    "frame_length": 0.08,
    "hop_seconds": 0.04,
    "filters": (3,),
}

ITEMS = np.array([[True, False], [False, False], [True, True]])
GIVEN_NETWORK = {
    "constructor": "The network that is given has its weights already.",
    "sublayer_dtypes": "The network that is given keeps its own dtype policy.",
}


def bert():
    import keras_hub

    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=9,
        num_layers=1,
        num_heads=2,
        hidden_dim=6,
        intermediate_dim=5,
        dropout=0.4,
        max_sequence_length=9,
    )
    # What is pooled has weights that the tokens do not depend on.
    return keras.Model(backbone.input, backbone.output["sequence_output"])


def audio_network():
    samples = keras.Input((None,), name="samples")
    there = keras.Input((None,), dtype="bool", name="there")
    x = keras.ops.stack([samples, keras.ops.cast(there, "float32")], axis=-1)
    x = keras.layers.ZeroPadding1D((0, 7))(x)
    tokens = keras.layers.Conv1D(6, 8, strides=8, activation="tanh")(x)
    return keras.Model({"samples": samples, "there": there}, tokens)


def image_network():
    pictures = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(5, 3, 2, "same", use_bias=False)(pictures)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(pictures, keras.layers.Conv2D(6, 3, 2, "same", activation="tanh")(x))


CASES = [
    (ConvImageEncoder, CONV, PICTURES, (3, 4, 6), None),
    (ConvImageEncoder, CONV, [PICTURES, PRESENT], (3, 4, 6), np.tile(PRESENT[:, None], 4)),
    (ConvImageEncoder, {**CONV, "dropout": 0.4}, PICTURES, (3, 4, 6), None),
    (ResidualImageEncoder, RESIDUAL, [PICTURES, PRESENT], (3, 4, 6), np.tile(PRESENT[:, None], 4)),
    (ResidualImageEncoder, {**RESIDUAL, "dropout": 0.4}, PICTURES, (3, 4, 6), None),
    (
        PatchImageEncoder,
        PATCHES,
        [EVEN_PICTURES, PRESENT],
        (3, 6, 6),
        np.tile(PRESENT[:, None], 6),
    ),
    (
        PatchImageEncoder,
        {**PATCHES, "class_token": True, "dropout": 0.4, "seed": 3},
        EVEN_PICTURES,
        (3, 7, 6),
        None,
    ),
    (
        BagEncoder,
        {"encoder": ConvImageEncoder(**CONV)},
        [np.stack([PICTURES, PICTURES[::-1]], 1), ITEMS],
        (3, 8, 6),
        np.repeat(ITEMS, 4, axis=1),
    ),
    (
        BagEncoder,
        {"encoder": RecurrentTextEncoder(**TEXT)},
        np.stack([IDS, IDS[::-1], IDS], 1),
        (3, 12, 6),
        np.concatenate([IDS, IDS[::-1], IDS], 1) > 0,
    ),
    (
        PretrainedAudioEncoder,
        {"backbone": audio_network(), "stride": 8, "sample_rate": 100},
        [RECORDINGS, SAMPLES],
        (3, 5, 6),
        STRETCHES,
    ),
    (
        PretrainedImageEncoder,
        {"backbone": image_network(), "mean": (0.1, 0.2, 0.3), "channel_order": "BGR"},
        [PICTURES, PRESENT],
        (3, 4, 6),
        np.tile(PRESENT[:, None], 4),
    ),
    (
        PretrainedTextEncoder,
        {"backbone": bert()},
        [IDS, PRESENT],
        (3, 4, 6),
        (IDS > 0) & PRESENT[:, None],
    ),
    (RecurrentTextEncoder, TEXT, IDS, (3, 4, 6), IDS > 0),
    (RecurrentTextEncoder, TEXT, [IDS, PRESENT], (3, 4, 6), (IDS > 0) & PRESENT[:, None]),
    (RecurrentTextEncoder, {**TEXT, "dropout": 0.4, "embedding_dim": 5}, IDS, (3, 4, 6), IDS > 0),
    (
        RecurrentTextEncoder,
        {**TEXT, "cell": "lstm", "bidirectional": False},
        IDS,
        (3, 4, 6),
        IDS > 0,
    ),
    (
        ConvSensorEncoder,
        {"dim": 6, "filters": (4,), "kernel_size": 3},
        [SERIES, STEPS],
        (3, 5, 6),
        PAIRS,
    ),
    (
        ConvSensorEncoder,
        {"dim": 6, "filters": (4, 5), "kernel_size": 3, "dropout": 0.4},
        [SERIES, PRESENT],
        (3, 3, 6),
        np.tile(PRESENT[:, None], 3),
    ),
    (RecurrentSensorEncoder, {"dim": 6, "dropout": 0.4}, [SERIES, STEPS], (3, 9, 6), STEPS),
    (
        RecurrentSensorEncoder,
        {"dim": 6, "cell": "lstm", "bidirectional": False},
        SERIES,
        (3, 9, 6),
        None,
    ),
    (PatchSensorEncoder, SENSOR, [SERIES, STEPS], (3, 3, 6), TRIPLES),
    (PatchSensorEncoder, {**SENSOR, "dropout": 0.4, "seed": 3}, SERIES, (3, 3, 6), None),
    (SpectrogramEncoder, AUDIO, [RECORDINGS, SAMPLES], (3, 5, 6), STRETCHES),
    (
        SpectrogramEncoder,
        {**AUDIO, "recurrent": True, "band_dropout": 0.5, "dropout": 0.4, "seed": 3},
        [RECORDINGS, PRESENT],
        (3, 5, 6),
        np.tile(PRESENT[:, None], 5),
    ),
    (TransformerTextEncoder, TRANSFORMER, [IDS, PRESENT], (3, 4, 6), (IDS > 0) & PRESENT[:, None]),
    (
        TransformerTextEncoder,
        {**TRANSFORMER, "dropout": 0.4, "seed": 3},
        IDS,
        (3, 4, 6),
        IDS > 0,
    ),
    *cases_tabular.CASES,
]


def own(options):
    """The options with layers of their own: those in `CASES` belong to all tests."""
    return copy.deepcopy(options)


@pytest.mark.parametrize(("cls", "options", "inputs", "shape", "mask"), CASES)
def test_conformance(cls, options, inputs, shape, mask, conformance_checks):
    run_layer_conformance(
        cls,
        options,
        inputs,
        expected_output_shape=shape,
        expected_output_mask=mask,
        waivers=GIVEN_NETWORK if "backbone" in options else None,
        checks=conformance_checks,
    )


@pytest.mark.parametrize(
    ("cls", "options", "inputs", "shape", "mask"),
    {case[0]: case for case in reversed(CASES) if case[4] is not None}.values(),
)
def test_half_precision_compiled_and_saved(cls, options, inputs, shape, mask, tmp_path):
    """What `run_layer_conformance` tries in float32, in mixed_bfloat16."""
    # From a config, since some hold another layer, which has the first policy once it is built.
    layer = cls.from_config({**cls(**own(options)).get_config(), "dtype": "mixed_bfloat16"})
    tensors = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:], dtype=x.dtype), inputs)
    model = keras.Model(tensors, keras.layers.Activation("linear", dtype="float32")(layer(tensors)))
    expected = keras.ops.convert_to_numpy(model(inputs))
    assert layer.compute_dtype == "bfloat16"
    assert not expected[~mask].any()
    np.testing.assert_array_equal(layer.compute_mask(inputs), mask)
    model.compile(jit_compile=True)
    close = {"rtol": 0.05, "atol": 0.05}
    np.testing.assert_allclose(model.predict_on_batch(inputs), expected, **close)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(loaded.predict_on_batch(inputs), expected, **close)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        model.export(tmp_path / "served", verbose=False)
        served = tf.saved_model.load(tmp_path / "served")
        np.testing.assert_allclose(served.serve(inputs), expected, **close)


def test_every_public_encoder_is_tried():
    public = {
        cls
        for cls in map(vars(encoders).get, encoders.__all__)
        if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)
    }
    # A TFLite file runs outside of the graph: it is tried in `test_lite_rt_conformance`.
    assert public - {Encoder, SequenceEncoder, LiteRTAudioEncoder} == {case[0] for case in CASES}


@pytest.mark.parametrize(
    "case", {case[0]: case for case in CASES}.values(), ids=lambda c: c[0].__name__
)
def test_built_again_it_keeps_its_weights(case):
    cls, options, inputs = case[:3]
    layer = cls(**own(options))
    shapes = keras.tree.map_structure(lambda x: x.shape, inputs)
    layer.build(shapes)
    before = [(weight, keras.ops.convert_to_numpy(weight)) for weight in layer.weights]
    layer.build(shapes)
    assert len(layer.weights) == len(before) > 0
    for weight, (same, value) in zip(layer.weights, before, strict=True):
        assert weight is same
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), value)


@pytest.mark.parametrize(
    "case", {case[0]: case for case in CASES}.values(), ids=lambda c: c[0].__name__
)
def test_a_frozen_encoder_stays_as_it_is_when_loaded_too(case, tmp_path):
    """Made frozen, or saved so: no weight moves in training, nor a statistic."""
    cls, options, inputs = case[:3]
    tensors = inputs if isinstance(inputs, list) else [inputs]
    symbolic = [keras.Input(x.shape[1:], dtype=str(x.dtype)) for x in tensors]
    layer = cls(**own(options), trainable=False)
    tokens = layer(symbolic if len(symbolic) > 1 else symbolic[0])
    head = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(tokens))
    model = keras.Model(symbolic, head)
    model.save(tmp_path / "model.keras")
    for made in (model, keras.models.load_model(tmp_path / "model.keras")):
        (encoder,) = [layer for layer in made.layers if isinstance(layer, cls)]
        assert len(made.trainable_variables) == 2
        assert not any(weight.trainable for weight in encoder.weights)
        before = [keras.ops.convert_to_numpy(weight) for weight in encoder.weights]
        # What a step of training does to them: the optimizer has the head's weights alone.
        made(tensors, training=True)
        for weight, old in zip(encoder.weights, before, strict=True):
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), old)
        encoder.trainable = True
        assert len(made.trainable_variables) > 2
