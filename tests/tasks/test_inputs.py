"""The model inputs carry the names, shapes and dtypes of the schema's batches."""

from keras_multimodal.schema import Image, Schema, Text
from keras_multimodal.tasks import inputs


def test_one_input_for_each_modality_and_flag():
    tensors = inputs(Schema([Image(height=8, width=6, channels=1), Text(length=5, optional=True)]))
    assert {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()} == {
        "image": ((None, 8, 6, 1), "float32"),
        "text": ((None, 5), "int32"),
        "text_present": ((None,), "bool"),
    }
    assert all(name == tensor.name for name, tensor in tensors.items())
