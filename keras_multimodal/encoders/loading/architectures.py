"""Which network of `keras.applications` a model is, whatever it is called."""

import re

import keras

# The layers that each kind begins with, of which all networks of a kind want the same pictures.
# Who puts layers of their own before these prepares pictures themselves.
_BEGINNINGS = {
    "ConvNeXtTiny": r"\S+_prestem_normalization \S+_stem \S+_stage_0_block_0_depthwise_conv ",
    "DenseNet121": r"zero_padding2d\S* conv1_conv conv1_bn conv1_relu .*conv2_block1_0_bn ",
    "EfficientNetB0": r"rescaling\S* normalization\S* (rescaling\S* )?stem_conv_pad stem_conv ",
    "EfficientNetV2B0": r"rescaling\S* (normalization\S* )?stem_conv stem_bn ",
    "InceptionResNetV2": r"conv2d\S* batch_normalization\S* .*mixed_5b ",
    "InceptionV3": r"conv2d\S* batch_normalization\S* .*mixed0 ",
    "MobileNet": r"conv1 conv1_bn conv1_relu conv_dw_1 ",
    "MobileNetV2": r"Conv1 bn_Conv1 Conv1_relu expanded_conv_depthwise ",
    "MobileNetV3Small": r"rescaling\S* conv conv_bn \S+ expanded_conv_depthwise",
    "NASNetMobile": r"stem_conv1 stem_bn1 \S+ reduction_conv_1_stem_1 ",
    "ResNet50": r"conv1_pad conv1_conv conv1_bn conv1_relu pool1_pad ",
    "ResNet50V2": r"conv1_pad conv1_conv pool1_pad pool1_pool conv2_block1_preact_bn ",
    "VGG16": r"block1_conv1 block1_conv2 block1_pool block2_conv1 ",
    "Xception": r"block1_conv1 block1_conv1_bn block1_conv1_act block1_conv2 ",
}


def known_architecture(model: keras.Model) -> str | None:
    """Return a network of `keras.applications` whose pictures a model wants, None if it is none.

    Args:
        model: A Functional model.
    """
    if len(model.inputs) != 1 or model.inputs[0].shape[-1] != 3:
        return None
    layers = [each for each in model.layers if not isinstance(each, keras.layers.InputLayer)]
    if layers and isinstance(layers[0], keras.Model) and layers[0].inputs:
        return known_architecture(layers[0])  # with a head behind it
    names = "".join(f"{each.name} " for each in layers)
    return next((name for name, begin in _BEGINNINGS.items() if re.match(begin, names)), None)
