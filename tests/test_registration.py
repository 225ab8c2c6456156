"""Classes are registered under the package's name, and one name means one class."""

import keras
import pytest

from keras_multimodal._registration import register
from keras_multimodal.encoders import ConvImageEncoder


def test_a_class_is_registered_under_the_package():
    assert keras.saving.get_registered_name(ConvImageEncoder) == "keras_multimodal>ConvImageEncoder"


def test_a_second_class_of_the_same_name_is_refused():
    impostor = type("ConvImageEncoder", (keras.layers.Layer,), {})
    with pytest.raises(ValueError, match=r"name of its own.*conv_image_encoder.*Received"):
        register(impostor)
    assert keras.saving.get_registered_object("keras_multimodal>ConvImageEncoder") is (
        ConvImageEncoder
    )
