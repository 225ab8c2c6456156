"""The port computes what PyTorch does with the same weights, and knows what is in a photograph."""

import keras
import numpy as np
import packages
import pytest
import torch
from torch.nn import functional

from keras_multimodal.encoders import PretrainedImageEncoder, pretrained
from keras_multimodal.encoders.loading.efficientnet_lite0 import MEAN, STD, efficientnet_lite0
from keras_multimodal.encoders.loading.torch_file import read_torch_file

# Classes of ImageNet that are right, in its order.
RIGHT = {
    "chelsea.png": {281, 282, 285},  # tabby, tiger cat, Egyptian cat
    "coffee.png": {967},  # espresso
    "motorcycle_left.png": {665, 670},  # moped, motor scooter
}
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)


@pytest.fixture(scope="module")
def classifier():
    """The network with the layer of classes that its file has beside it."""
    network = efficientnet_lite0(packages.efficientnet_file())
    pooled = keras.layers.GlobalAveragePooling2D()(network.output)
    classes = keras.layers.Dense(1000, activation="softmax", name="fc")
    model = keras.Model(network.input, classes(pooled))
    tensors = read_torch_file(packages.efficientnet_file())
    classes.set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])
    return model


def shown(picture):
    return (picture - np.float32(MEAN)) / np.float32(STD)


def torch_probabilities(pictures):
    """The network in PyTorch's functions, from the file as PyTorch reads it."""
    state = torch.load(packages.efficientnet_file(), map_location="cpu", weights_only=True)

    def norm(x, name):
        own = [state[f"{name}.{x}"] for x in ("running_mean", "running_var", "weight", "bias")]
        return functional.batch_norm(x, *own, eps=1e-3)

    def conv(x, name, stride=1, groups=1):
        kernel = state[f"{name}.weight"]
        sizes = zip(x.shape[2:], kernel.shape[2:], strict=True)
        # TensorFlow's "SAME" pads less before than after.
        lacking = [max((-(-n // stride) - 1) * stride + k - n, 0) for n, k in sizes]
        top, left = (n // 2 for n in lacking)
        x = functional.pad(x, (left, lacking[1] - left, top, lacking[0] - top))
        return functional.conv2d(x, kernel, stride=stride, groups=groups)

    x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())
    x = functional.relu6(norm(conv(x, "_conv_stem", 2), "_bn0"))
    for number, stride in enumerate(STRIDES):
        prefix, before = f"_blocks.{number}.", x
        if number:
            x = functional.relu6(norm(conv(x, f"{prefix}_expand_conv"), f"{prefix}_bn0"))
        x = conv(x, f"{prefix}_depthwise_conv", stride, groups=x.shape[1])
        x = functional.relu6(norm(x, f"{prefix}_bn1"))
        x = norm(conv(x, f"{prefix}_project_conv"), f"{prefix}_bn2")
        x = x + before if stride == 1 and x.shape == before.shape else x
    x = functional.relu6(norm(conv(x, "_conv_head"), "_bn1")).mean((2, 3))
    return functional.linear(x, state["_fc.weight"], state["_fc.bias"]).softmax(-1).numpy()


def test_it_agrees_with_pytorch(classifier):
    picture = shown(packages.photograph("coffee.png"))
    found = keras.ops.convert_to_numpy(classifier(picture))
    np.testing.assert_allclose(found, torch_probabilities(picture), atol=1e-5)


@pytest.mark.parametrize("name", RIGHT)
def test_it_knows_what_is_in_a_photograph(classifier, name):
    found = keras.ops.convert_to_numpy(classifier(shown(packages.photograph(name))))[0]
    assert found.argmax() in RIGHT[name]


def test_the_encoder_shows_the_network_what_it_was_trained_on(classifier):
    encoder = pretrained(packages.EFFICIENTNET)
    assert isinstance(encoder, PretrainedImageEncoder)
    picture = packages.photograph("coffee.png")
    tokens = keras.ops.convert_to_numpy(encoder(picture))
    assert tokens.shape == (1, 49, 1280)
    # The mean of the places, and the classifier's last layer.
    kernel, bias = classifier.get_layer("fc").get_weights()
    assert (tokens.mean(1) @ kernel + bias).argmax() == 967
    assert not encoder.trainable_weights


def test_weights_that_do_not_fit_are_named(tmp_path):
    state = torch.load(packages.efficientnet_file(), map_location="cpu", weights_only=True)
    del state["_bn0.weight"]
    state["_conv_stem.weight"] = state["_conv_stem.weight"][:16]
    state["stray"] = torch.zeros(2)
    torch.save(state, tmp_path / "efficientnet-lite0.pth")
    with pytest.raises(
        ValueError,
        match=r"3 tensors differ: conv_stem_weight: \(3, 3, 3, 16\) in the file, \(3, 3, 3, 32\) in"
        r" the network; bn0_weight: None in the file.*stray: \(2,\) in the file, None",
    ):
        pretrained(tmp_path)


def test_a_file_that_is_cut_off_is_named(tmp_path):
    path = tmp_path / "efficientnet-lite0.pth"
    path.write_bytes(packages.efficientnet_file().read_bytes()[:5_000_000])
    with pytest.raises(ValueError, match=r"lite0\.pth must be a whole file.*cut off"):
        pretrained(path)
