"""A frozen encoder's features, made once."""

import hashlib
import json
import math
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.digests import digest, preprocessing_digest
from keras_multimodal.data.column.sampled_column import SampledColumn
from keras_multimodal.data.column.shard_folder import ShardFolder
from keras_multimodal.data.features.column import FeatureColumn
from keras_multimodal.data.features.store import FeatureStore
from keras_multimodal.data.pairing.records import Records
from keras_multimodal.schema import Features, Modality

_SHARD_ROWS = 512
# What a config holds of names and connections: the first differ between sessions.
_NAMES = {"name", "trainable", "build_config", "inbound_nodes", "input_layers", "output_layers"}

Encode = Callable[[Mapping[str, tf.Tensor]], tuple[np.ndarray, np.ndarray]]


def cache_features(
    records: Records,
    encoders: Mapping[str, keras.layers.Layer],
    directory: str | os.PathLike[str],
    *,
    batch_size: int = 32,
    dtype: str = "float32",
    verbose: bool = True,
) -> Records:
    """Run frozen encoders once over all rows, and keep what they make.

    The records that are returned have features (`keras_multimodal.schema.Features`) in place of the
    modalities, and train whatever comes after the encoders at its own speed: build it on
    `tasks.inputs(cached.schema)`. `tasks.attach_encoders` then puts the encoders in front of it,
    for a model that takes pictures and texts again and can be exported.

    Features are kept by what they were made of: a file by its path, size and time of change, a text
    or a series by its content. Rows that have features already are not read again, whatever the
    records they are part of; new ones, and those whose file has changed, are added. Features of
    other weights, another encoder or another preprocessing are made beside them. A run that was cut
    off goes on after the last whole shard, of 512 rows. Pictures are not augmented. Remove the
    folder when it is no longer needed.

    Args:
        records: The rows.
        encoders: By modality, an encoder, or a layer or model that makes a grid, tokens
            `(batch, length, dim)` or one vector `(batch, dim)`, such as an encoder with a pooling;
            all of them frozen (`trainable=False`). Modalities without one stay as they are.
        directory: The folder to keep the features in.
        batch_size: Rows that are encoded at a time. Defaults to 32.
        dtype: `"float32"`, or `"float16"`, which takes half the room and loses some digits. Tokens
            of padding take none.
        verbose: Whether to show progress.

    Returns:
        The records with features, their keys, labels and weights as they were.

    Raises:
        ValueError: If a modality is not among the records', an encoder cannot read what is made of
            it (`Encoder.check_modality`), or an encoder can be trained; if a
            modality draws one of several cells anew in each epoch; if no row has the modality; or
            if what is in the folder is damaged.

    Example:

    >>> import tempfile
    >>> from keras_multimodal.data import TextProcessor, pair
    >>> texts = TextProcessor(vocabulary=["cat", "dog"], length=3).load_data(["a cat", "dog"])
    >>> encoder = keras.layers.Embedding(4, 8, mask_zero=True, trainable=False)
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     cached = cache_features(pair(texts), {"text": encoder}, directory, verbose=False)
    ...     next(iter(cached.batch(2)))["text"].shape
    TensorShape([2, 3, 8])
    """
    columns = {column.spec.name: column for column in records.columns}
    if not encoders or set(encoders) - set(columns):
        raise ValueError(
            f"`encoders` must be for one or more of the modalities {list(columns)}. "
            f"Received: encoders for {list(encoders)}"
        )
    if dtype not in ("float32", "float16"):
        raise ValueError(f"`dtype` must be 'float32' or 'float16'. Received: dtype={dtype!r}")
    for name, encoder in encoders.items():
        if isinstance(columns[name], SampledColumn):
            raise ValueError(
                f"`records` must have one cell for each row. Received: {name!r}, of which each "
                "epoch draws one of several"
            )
        columns[name] = _cache(
            records.select_modalities(name),
            encoder,
            pathlib.Path(directory),
            batch_size,
            dtype,
            verbose,
        )
    return records._with_columns(list(columns.values()))


def _cache(
    records: Records,
    encoder: keras.layers.Layer,
    directory: pathlib.Path,
    batch_size: int,
    dtype: str,
    verbose: bool,
) -> FeatureColumn:
    (column,) = records.columns
    spec = column.spec
    if not column.present.any():
        raise ValueError(f"`records` must have {spec.name!r} in some row. Received: in none")
    # Asked of the encoders of this package; another layer knows nothing of modalities.
    check = getattr(encoder, "check_modality", None)
    if check is not None:
        check(spec)
    encode = _make_encode(encoder, spec)
    fingerprints = column.fingerprints()
    first = int(np.flatnonzero(column.present)[0])
    # Builds an encoder that has not been called yet, so that its weights can be looked at.
    tokens, _ = encode(_inputs(next(iter(records._take(np.array([first])).batch(1)))))
    if encoder.trainable_weights:
        raise ValueError(
            f"`encoders` must be frozen: features of an encoder that learns are soon not its own. "
            f"Received: that of {spec.name!r} with {len(encoder.trainable_weights)} trainable "
            "weights. Set `trainable = False`, or make it so"
        )
    folder = _find_folder(directory, spec.inner_name, {**_identity(encoder, spec), "dtype": dtype})
    store = FeatureStore(folder, *tokens.shape[1:])
    # Rows of one content are encoded once.
    lacking = {f: row for row, f in enumerate(fingerprints) if f and f not in store.places}
    todo, cells = list(lacking.items()), set(filter(None, fingerprints))
    done = len(cells) - len(todo)
    bar = keras.utils.Progbar(len(cells), verbose=int(verbose), unit_name="row")
    bar.update(done)
    for start in range(0, len(todo), _SHARD_ROWS):
        part = todo[start : start + _SHARD_ROWS]
        made = []
        for batch in records._take(np.array([row for _, row in part])).batch(batch_size):
            made.append(encode(_inputs(batch)))
            done += len(made[-1][0])
            bar.update(done)
        tokens, mask = (np.concatenate(parts) for parts in zip(*made, strict=True))
        store.write([fingerprint for fingerprint, _ in part], tokens.astype(dtype), mask)
    features = Features(name=spec.name, optional=spec.optional, length=store.length, dim=store.dim)
    places = [store.places[f] if f else -1 for f in fingerprints]
    return FeatureColumn(
        features, records.keys, column.cells.tolist(), column.source, store, places
    )


def _make_encode(encoder: keras.layers.Layer, spec: Modality) -> Encode:
    """Return the function from a batch to its tokens `(batch, length, dim)` and their mask."""

    def run(inputs: Mapping[str, tf.Tensor]) -> tuple[Any, Any]:
        tokens = encoder(_encoder_inputs(encoder, spec, inputs), training=False)
        if len(tokens.shape) < 2:
            raise ValueError(
                "`encoders` must make a grid (batch, rows, columns, dim), tokens (batch, length, "
                "dim) or vectors (batch, dim). "
                f"Received: that of {spec.name!r}, which makes {tuple(tokens.shape)}"
            )
        mask = getattr(tokens, "_keras_mask", None) if len(tokens.shape) == 3 else None
        if len(tokens.shape) != 3:
            places = math.prod(tokens.shape[1:-1])
            tokens = keras.ops.reshape(tokens, (-1, places, tokens.shape[-1]))
        mask = keras.ops.ones_like(tokens[..., 0], dtype="bool") if mask is None else mask
        return keras.ops.cast(tokens, "float32"), mask

    if keras.config.backend() == "tensorflow":
        # A layer's `call` is never converted.
        run = tf.function(run, reduce_retracing=True, autograph=False)

    def encode(inputs: Mapping[str, tf.Tensor]) -> tuple[np.ndarray, np.ndarray]:
        tokens, mask = map(keras.ops.convert_to_numpy, run(inputs))
        return tokens, mask

    return encode


def _encoder_inputs(
    encoder: keras.layers.Layer, spec: Modality, batch: Mapping[str, tf.Tensor]
) -> Any:
    """Return what an encoder is called with: one that knows nothing of a flag gets the values.

    Rows without the modality are not encoded.
    """
    given = spec.encoder_inputs(batch)
    flagged = spec.optional and spec.mask_name not in spec.tensors
    knows = hasattr(encoder, "check_modality") or len(getattr(encoder, "inputs", None) or ()) > 1
    return given if knows or not flagged else batch[spec.inner_name]


def _inputs(batch: Any) -> Mapping[str, tf.Tensor]:
    return batch[0] if isinstance(batch, tuple) else batch


def _identity(encoder: keras.layers.Layer, spec: Modality) -> dict[str, str]:
    """Return checksums of the encoder's weights, of itself, and of how its inputs are made."""
    weights = hashlib.blake2b(digest_size=16)
    for weight in encoder.weights:
        values = keras.ops.convert_to_numpy(weight)
        weights.update(f"{values.shape}{values.dtype}".encode())
        weights.update(np.ascontiguousarray(values).tobytes())
    return {
        "weights": weights.hexdigest(),
        "encoder": digest([type(encoder).__name__, _nameless(encoder.get_config())]),
        "preprocessing": preprocessing_digest(spec),
    }


def _nameless(config: Any) -> Any:
    if isinstance(config, Mapping):
        return {key: _nameless(value) for key, value in config.items() if key not in _NAMES}
    if isinstance(config, (list, tuple)):
        return [_nameless(value) for value in config]
    return config


def _find_folder(directory: pathlib.Path, name: str, identity: Mapping[str, str]) -> pathlib.Path:
    """Return the folder of a modality's features that were made in one way.

    That of an earlier version of this package is called by the modality alone, and `encoder.json`
    in it says how they were made. It is used where that is the same.

    Args:
        directory: The folder that the user named.
        name: The modality's name.
        identity: What says how the features are made.
    """
    index = directory / name / "encoder.json"
    if index.is_file():
        try:
            noted = json.loads(index.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                f"{index} must say what the features are of. It could not be read: {error}. Remove "
                f"{index.parent}, and its rows are encoded anew"
            ) from error
        if noted == identity:
            return index.parent
    return ShardFolder.of(directory, name, identity, "`directory`").directory
