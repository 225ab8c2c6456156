"""A decoder of the name of a language model."""

import os
import pathlib
from typing import Any

from keras_multimodal.decoders.prefix_decoder import PrefixDecoder
from keras_multimodal.encoders.loading.presets import load_backbone, load_tokenizer
from keras_multimodal.encoders.loading.pretrained_networks import network_path
from keras_multimodal.encoders.loading.sources import find_source
from keras_multimodal.schema import TextTarget
from keras_multimodal.schema.tokenizer import pads_with_zero


def pretrained(
    name: str | os.PathLike[str],
    target: TextTarget,
    *,
    prefix_length: int = 8,
    trainable: bool = False,
    **options: Any,
) -> PrefixDecoder:
    """Make a decoder of a causal language model that has learned before, such as GPT-2.

    The texts must be cut by its tokenizer: `TextProcessor(tokenizer=
    encoders.pretrained_tokenizer(name), special_tokens=True)`.

    Args:
        name: A preset of keras_hub, such as `"gpt2_base_en"`, a handle, the path of a folder, or
            `"package:NAME"`, as for `encoders.pretrained`.
        target: The description of the texts, `records.schema.target`.
        prefix_length: How many tokens stand before the text. Default 8.
        trainable: Whether the language model is trained, too. Default False: the prefix alone.
        **options: Further arguments of the network, such as `dtype`.

    Returns:
        The decoder, for `tasks.captioner(decoder=...)`.

    Raises:
        ConnectionError: If the network must be fetched, and cannot be.
        FileNotFoundError: If a path leads nowhere.
        TypeError: If it is no language model of this kind.
        ValueError: If the name is none, what is there is not whole, or the texts are cut by another
            tokenizer.

    Example:

    >>> decoder = pretrained("gpt2_base_en", records.schema.target)  # doctest: +SKIP
    """
    source = find_source(name)
    if source.kind == "application":
        raise ValueError(f"`name` must be a language model. Received: name={os.fspath(name)!r}")
    preset = (
        source.value if source.kind == "preset" else str(network_path(pathlib.Path(source.value)))
    )
    offset = 0 if pads_with_zero(load_tokenizer(preset)) else 1
    decoder = PrefixDecoder(
        load_backbone(preset, **options),
        target.steps,
        prefix_length,
        offset=offset,
        train_backbone=trainable,
    )
    if target.tokenizer is None or target.tokenizer.offset != offset:
        raise ValueError(
            f"{target.name!r} must be cut by the tokenizer of {os.fspath(name)!r}, `TextProcessor("
            "tokenizer=encoders.pretrained_tokenizer(name), special_tokens=True)`. Received: "
            + ("no tokenizer" if target.tokenizer is None else "another one")
        )
    decoder.check_target(target)
    return decoder
