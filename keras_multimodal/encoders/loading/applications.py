"""The networks of `keras.applications`, and what each of them wants to be shown."""

import os
import pathlib
import re
import sys
import tempfile
import warnings
from typing import Any, Literal

import h5py
import keras
import numpy as np

from keras_multimodal.encoders.loading.network import (
    applications_cache,
    reachable,
    unreachable_error,
)

_HOST = "storage.googleapis.com"
IMAGENET = "imagenet"


def load_application(
    name: str, weights: str | None, options: dict[str, Any]
) -> tuple[keras.Model, dict[str, Any]]:
    """Return a network without its classes, and how pictures are to be prepared for it.

    Args:
        name: One of `keras.applications`.
        weights: `"imagenet"`, the path of a file, or `None` for random ones.
        options: Further arguments of the network, such as `alpha`.

    Returns:
        The model, and the arguments `mean`, `std` and `channel_order` of `PretrainedImageEncoder`.

    Raises:
        ConnectionError: If the weights must be fetched, and cannot be.
        ValueError: If a file does not hold the network's weights.
    """
    make = getattr(keras.applications, name)
    options = {"include_top": False, "input_shape": (None, None, 3), **options}
    if weights == IMAGENET:
        model = _fetch(name, make, options)
    else:
        model = make(weights=None, **options)
        if weights is not None:
            load_weights(model, weights)
    return model, scaling(name)


def load_weights(model: keras.Model, path: str) -> None:
    """Fill a model from a file, or say what in it is different.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is cut off, or its tensors are not those of the model.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"`weights` must be a file that is there. Received: weights={path!r}"
        )
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that it leaves as they were.
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, KeyError, ValueError, UserWarning) as error:
        raise ValueError(
            f"{path} must hold the weights of {model.name}. {_differences(model, path)}"
        ) from error


def scaling(name: str) -> dict[str, Any]:
    """Return how pictures in [0, 1] become what the network was trained on.

    Read off its `preprocess_input`, which for all of them is linear in each channel.

    Returns:
        The arguments `mean`, `std` and `channel_order` of `PretrainedImageEncoder`.
    """
    # Not every one has a public module of its own, but each stands beside its preparation.
    module = sys.modules[getattr(keras.applications, name).__module__]
    probes = np.vstack([np.zeros((1, 3)), 255 * np.eye(3)]).astype("float32")
    seen = np.asarray(module.preprocess_input(probes.reshape(4, 1, 1, 3).copy())).reshape(4, 3)
    offset, factors = seen[0].astype(float), (seen[1:] - seen[0]).astype(float)
    order: Literal["RGB", "BGR"] = "RGB"
    if factors[0, 0] == 0:
        order, factors = "BGR", factors[::-1]
    std = 1 / np.diag(factors)
    return {
        "mean": tuple((0.0 - offset * std).tolist()),
        "std": tuple(std.tolist()),
        "channel_order": order,
    }


def _fetch(name: str, make: Any, options: dict[str, Any]) -> keras.Model:
    """Load the weights of ImageNet, from Keras' cache or from the network."""
    if reachable(_HOST):
        return make(weights=IMAGENET, **options)
    cached = [path.name for path in applications_cache().glob("*.h5")]
    if any(_letters(path).startswith(_letters(name)) for path in cached):
        try:
            return make(weights=IMAGENET, **options)
        except OSError as error:  # a file of another of its kind
            raise unreachable_error(name, _HOST) from error
        except Exception as error:  # as `keras.utils.get_file` says it
            if "URL fetch failure" in str(error):
                raise unreachable_error(name, _HOST) from error
            raise
    raise unreachable_error(name, _HOST)


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _differences(model: keras.Model, path: str) -> str:
    """Return the first tensors of a file that differ from the model's."""
    try:
        given = _shapes(path)
    except OSError:
        return "It is no whole HDF5 file; fetch it again if it was cut off"
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder, "own.weights.h5")
        model.save_weights(saved)
        wanted = _shapes(saved)
    differing = [
        f"{name}: {given.get(name)} in the file, {wanted.get(name)} in the network"
        for name in (*wanted, *(n for n in given if n not in wanted))
        if given.get(name) != wanted.get(name)
    ]
    return f"{len(differing)} tensors differ: {'; '.join(differing[:3])}"


def _shapes(path: str | os.PathLike[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape

    with h5py.File(path) as file:
        file.visititems(note)
    return found
