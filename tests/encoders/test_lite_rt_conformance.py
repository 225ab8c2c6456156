"""What runs outside of the graph keeps the promises of a layer that it can keep."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import LiteRTAudioEncoder
from keras_multimodal.testing import run_layer_conformance
from keras_multimodal.testing.layer_conformance import _CHECKS

WINDOW = 8
RECORDINGS = np.random.default_rng(5).uniform(-1, 1, size=(3, 38)).astype("float32")
SAMPLES = np.arange(38) < np.array([[21], [0], [38]])
# 38 samples make five windows of eight, and of six, seven.
WINDOWS = np.array([[1, 1, 1, 0, 0], [0] * 5, [1] * 5], bool)
PRESENT = np.array([True, False, True])
OUTSIDE = "the network runs outside of the graph, where XLA cannot go"
WAIVERS = {"jit": OUTSIDE, "fit_step": OUTSIDE}
# A SavedModel runs in the process that wrote it, which knows the network, and in no other.
CHECKS = set(_CHECKS) - {"saved_model"}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A TFLite file that makes three numbers of a window of samples."""
    import tensorflow as tf

    module = tf.Module()
    module.kernel = tf.Variable(np.random.default_rng(1).normal(size=(WINDOW, 3)), dtype="float32")

    @tf.function(input_signature=[tf.TensorSpec((WINDOW,), "float32")])
    def read(samples):
        return tf.tanh(samples[None] @ module.kernel)

    concrete = [read.get_concrete_function()]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(concrete, module)
    path = tmp_path_factory.mktemp("network") / "network.tflite"
    path.write_bytes(converter.convert())
    return str(path)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph needs TensorFlow")
@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([((WINDOW,), "int32")], r"inputs of shapes \[\[8\]\]"),
        ([((WINDOW, 2), "float32")], r"inputs of shapes \[\[8, 2\]\]"),
        ([((WINDOW,), "float32"), ((2,), "float32")], r"inputs of shapes \[\["),
    ],
    ids=["integers", "two channels", "two inputs"],
)
def test_a_file_with_other_inputs_is_refused(tmp_path, inputs, message):
    import tensorflow as tf

    signature = [tf.TensorSpec(shape, dtype) for shape, dtype in inputs]
    total = tf.function(lambda *xs: sum(tf.reduce_sum(x) for x in xs), input_signature=signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([total.get_concrete_function()])
    path = tmp_path / "other.tflite"
    path.write_bytes(converter.convert())
    with pytest.raises(ValueError, match=rf"other\.tflite must take one window.*{message}"):
        LiteRTAudioEncoder(path)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph needs TensorFlow")
@pytest.mark.parametrize(
    ("options", "inputs", "shape", "mask"),
    [
        ({}, [RECORDINGS, SAMPLES], (3, 5, 3), WINDOWS),
        ({"hop_samples": 6}, [RECORDINGS, PRESENT], (3, 7, 3), np.tile(PRESENT[:, None], 7)),
    ],
)
def test_conformance(network, options, inputs, shape, mask):
    run_layer_conformance(
        LiteRTAudioEncoder,
        {"file": network, **options},
        inputs,
        expected_output_shape=shape,
        expected_output_mask=mask,
        waivers=WAIVERS,
        checks=CHECKS,
    )
