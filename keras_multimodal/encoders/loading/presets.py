"""The networks of keras_hub, and their tokenizers."""

import importlib
import pathlib
from typing import Any

import keras

from keras_multimodal.encoders.loading.network import (
    preset_caches,
    reachable,
    unreachable_error,
)
from keras_multimodal.types import Tensor

_HOSTS = {
    "hf://": "huggingface.co",
    "modelscope://": "modelscope.cn",
    "gs://": "storage.googleapis.com",
}
_KAGGLE = "www.kaggle.com"


def load_backbone(preset: str, **options: Any) -> keras.Model:
    """Return the backbone of a preset.

    Args:
        preset: A name or handle of keras_hub, or the path of a folder.
        **options: Further arguments, such as `dtype`.

    Raises:
        ConnectionError: If it must be fetched, and cannot be.
        ValueError: If it is not whole, or is of a kind that keras_hub does not know.
    """
    return _load(preset, importlib.import_module("keras_hub").models.Backbone, "network", options)


def load_tokenizer(preset: str) -> Any:
    """Return the tokenizer of a preset.

    Args:
        preset: A name or handle of keras_hub, or the path of a folder.

    Raises:
        ConnectionError: If it must be fetched, and cannot be.
        ValueError: If the preset has none, or it is not whole.
    """
    keras_hub = importlib.import_module("keras_hub")
    return _load(preset, keras_hub.tokenizers.Tokenizer, "tokenizer", {})


def load_image_scaling(preset: str, channels: int) -> dict[str, Any]:
    """Return how pictures in [0, 1] become what an image backbone was trained on.

    Args:
        preset: A name or handle of keras_hub, or the path of a folder.
        channels: The network's.

    Returns:
        The arguments `mean` and `std` of `PretrainedImageEncoder`.
    """
    keras_hub = importlib.import_module("keras_hub")
    converter = _load(preset, keras_hub.layers.ImageConverter, "image converter", {})
    return converter_scaling(converter, channels)


def converter_scaling(converter: Any, channels: int) -> dict[str, Any]:
    """Return the arguments `mean` and `std` that say what an `ImageConverter` does to pixels.

    It makes `pixel * scale + offset` of pixels in [0, 255], with one number or one for each
    channel, and may then subtract means and divide by deviations.
    """
    scale, offset = (_numbers(x, channels) for x in (converter.scale, converter.offset))
    scale = [1.0] * channels if scale is None else scale
    offset = [0.0] * channels if offset is None else offset
    return {
        "mean": tuple(-b / (255 * a) for a, b in zip(scale, offset, strict=True)),
        "std": tuple(1 / (255 * a) for a in scale),
    }


def _numbers(value: Tensor, channels: int) -> list[float] | None:
    if value is None:
        return None
    flat = [float(x) for x in keras.tree.flatten(value)]
    return flat * channels if len(flat) == 1 else flat


def _load(preset: str, cls: Any, what: str, options: dict[str, Any]) -> Any:
    here = pathlib.Path(preset).exists()
    host = next((h for prefix, h in _HOSTS.items() if preset.startswith(prefix)), _KAGGLE)
    if not here and not reachable(host):
        if not _is_cached(preset):
            raise unreachable_error(preset, host)
        try:
            return cls.from_preset(preset, **options)
        except Exception as error:  # what was kept is of another version, or not whole
            raise unreachable_error(preset, host) from error
    try:
        return cls.from_preset(preset, **options)
    # Each format says in its own way that a file is cut off, absent, or of another shape.
    except Exception as error:
        held = sorted(p.name for p in pathlib.Path(preset).iterdir()) if here else []
        raise ValueError(
            f"The preset {preset} must have a whole {what} that keras_hub can read"
            + (f"; it holds {held}" if held else "")
            + f". {type(error).__name__}: {error}"
        ) from error


def _is_cached(preset: str) -> bool:
    """Return whether a folder of the caches is called as the preset is."""
    name = preset.rsplit("://", 1)[-1]
    if preset.startswith("hf://"):
        folder = f"models--{name.replace('/', '--')}"
    else:  # a handle of Kaggle ends in a version
        folder = [part for part in name.split("/") if not part.isdigit()][-1]
    return any(
        any(path.glob("**/config.json"))
        for cache in preset_caches()
        for path in cache.glob(f"**/{folder}")
    )
