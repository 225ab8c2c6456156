"""Data sets of tensorflow-datasets as the frames that columns are made of."""

import importlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.data.sources.data_sets import read_dataset
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell

_ID = "tfds_id"


def read_tfds(
    name: str,
    split: str,
    directory: str | os.PathLike[str] | None = None,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    columns: Sequence[str] | None = None,
    key: str | None = _ID,
    download: bool = True,
    overwrite: bool = False,
) -> pd.DataFrame:
    """Read a data set of tensorflow-datasets as the frame that columns are made of.

    Pictures, and recordings that the data set keeps as files, are written to `directory` as they
    are stored, without being decoded. Classes are given by name, and -1, which says that there is
    none, is a missing cell. All else is as in `read_dataset`; of recordings that the data set keeps
    as samples, those of a row are an array in the frame.

    Args:
        name: The data set's name, such as `"beans"`, with its config and version if need be:
            `"coco/2017:1.1.0"`. To read a data set of your own, import its builder first.
        split: Which rows, in the terms of tensorflow-datasets: `"train"`, `"train[:10%]"`,
            `"train+test"`.
        directory: Folder that pictures and recordings go to; see `read_dataset`.
        data_dir: Folder of prepared data sets; `~/tensorflow_datasets` by default.
        columns: The columns to read; by default all of them. Those of dicts within the record, and
            of sequences of dicts, are called `"outer/inner"`.
        key: The column of keys; by default the id that tensorflow-datasets gives each row, which
            stays the same as long as the prepared data do. `None` for 0, 1, 2, ...
        download: Whether to download and prepare the data set if that hasn't been done.
        overwrite: Whether a folder that an earlier call wrote may be replaced.

    Returns:
        A row for each record.

    Raises:
        FileNotFoundError: If the data set is not prepared, and `download` is False.
        RuntimeError: If it cannot be downloaded or prepared. The message says what to do.
        ValueError: If there is no such data set or split, and as `read_dataset` raises it.

    Example:

    >>> import tensorflow as tf
    >>> import tensorflow_datasets as tfds
    >>> features = tfds.features.FeaturesDict({
    ...     "photo": tfds.features.Image(),
    ...     "kind": tfds.features.ClassLabel(names=["cat", "dog"]),
    ... })
    >>> pets = {"photo": np.zeros((2, 8, 8, 3), "uint8"), "kind": [1, 0]}
    >>> train = tf.data.Dataset.from_tensor_slices(pets)
    >>> _ = tfds.dataset_builders.store_as_tfds_dataset(
    ...     "few_pets", "1.0.0", features, {"train": train}, data_dir="prepared"
    ... )
    Downloading ...
    >>> frame = read_tfds("few_pets", "train", "pets", data_dir="prepared")
    >>> sorted(frame["kind"])
    ['cat', 'dog']
    """
    if not isinstance(split, str):
        raise TypeError(f"`split` must be a string, such as 'train'. Received: split={split!r}")
    tfds = importlib.import_module("tensorflow_datasets")
    builder = _prepared(tfds, name, data_dir, download)
    features = builder.info.features
    dataset = builder.as_dataset(
        split=split,
        shuffle_files=False,
        decoders=_skip_decoding(tfds, features),
        read_config=tfds.ReadConfig(add_tfds_id=key == _ID, try_autocache=False),
    )
    frame = read_dataset(dataset, directory, key, columns, overwrite=overwrite)
    for column, feature in _class_labels(tfds, features, ""):
        if column in frame.columns:
            cells = [_named(cell, feature) for cell in frame[column]]
            frame[column] = pd.Series(cells, frame.index, dtype=object)
    return frame


def _prepared(tfds: Any, name: str, data_dir: Any, download: bool) -> Any:
    """Return the data set's builder, once its data are there."""
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:  # it lists all that there are
        raise ValueError(
            "`name` must be a data set of tensorflow-datasets; import the builder of one of your "
            f"own first. Received: name={name!r}, data_dir={data_dir!r}"
        ) from None
    except AssertionError as error:  # another version than there is
        raise ValueError(f"{error} Received: name={name!r}") from error
    if builder.is_prepared():
        return builder
    elsewhere = (
        f"Prepare it where there is a network, with tensorflow_datasets.builder({name!r})"
        f".download_and_prepare(), and copy what that makes to {os.fspath(builder.data_path)!r}"
    )
    if not download:
        raise FileNotFoundError(
            f"{name!r} must have been prepared. Received: download=False, and nothing in "
            f"{os.fspath(builder.data_path)!r}. Pass download=True. Without a network: {elsewhere}."
        )
    try:
        builder.download_and_prepare()
    except Exception as error:  # of the network, of packages it needs, of files it cannot fetch
        raise RuntimeError(
            f"{name!r} cannot be downloaded and prepared: {type(error).__name__}: {error}. "
            f"If that is for want of a network: {elsewhere}."
        ) from error
    return builder


def _skip_decoding(tfds: Any, features: Any) -> dict[str, Any]:
    """Return the decoders that leave files as they are stored, by the features' names."""
    decoders: dict[str, Any] = {}
    if not isinstance(features, tfds.features.FeaturesDict):
        return decoders  # records that are sequences
    for name, feature in features.items():
        if isinstance(feature, tfds.features.FeaturesDict):
            decoders[name] = _skip_decoding(tfds, feature)
        elif _is_file(tfds, feature):
            decoders[name] = tfds.decode.SkipDecoding()
    return {name: decoder for name, decoder in decoders.items() if decoder != {}}


def _is_file(tfds: Any, feature: Any) -> bool:
    if isinstance(feature, tfds.features.Image):
        # Pictures of floats are bits of floats in a PNG; animations would lose all but a frame.
        return feature.np_dtype in (np.uint8, np.uint16) and len(feature.shape) == 3
    if isinstance(feature, tfds.features.Audio):
        return feature.to_json_content().lazy_decode
    return False


def _class_labels(tfds: Any, feature: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the classes among the features, by the names that their columns have."""
    if isinstance(feature, tfds.features.FeaturesDict):
        for inner, part in feature.items():
            yield from _class_labels(tfds, part, f"{name}/{inner}" if name else inner)
    elif isinstance(feature, tfds.features.Sequence):
        yield from _class_labels(tfds, feature.feature, name)
    elif isinstance(feature, tfds.features.ClassLabel):
        yield name, feature


def _named(cell: Cell, feature: Any) -> Any:
    """Return the name of a class, or those of several."""
    if isinstance(cell, np.ndarray):
        return [_named(number, feature) for number in cell.tolist()]
    return None if is_missing(cell) or cell < 0 else feature.int2str(int(cell))
