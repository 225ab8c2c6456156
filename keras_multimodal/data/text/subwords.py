"""Text: strings to the subwords of a keras_hub tokenizer.

A keras_hub tokenizer that runs eagerly does so in Python, and in a graph in TensorFlow's
operations and those of tensorflow_text. Here it always runs as a graph, so that training, serving
and a call from Python are the same.
"""

import base64
import importlib
import json
import os
import pathlib
import tempfile
from typing import Any

import keras
import tensorflow as tf

from keras_multimodal.schema import Tokenizer
from keras_multimodal.schema.tokenizer import pads_with_zero


class Subwords(tf.Module):
    """Turns strings into the token ids of a tokenizer, with 0 left free for padding.

    Args:
        description: The tokenizer, as `describe_tokenizer` wrote it.

    Call arguments:
        texts: `(batch,)` valid UTF-8 strings.

    Returns:
        `(batch, None)` int32 ragged token ids above 0, without special tokens.
    """

    def __init__(self, description: Tokenizer) -> None:
        super().__init__(name="subwords")
        self.offset = description.offset
        self.tokenizer = build_tokenizer(description)
        # With AutoGraph: keras_hub's tokenizers, and classes made of them, may need it.
        self._graph = tf.function(
            self._ids, input_signature=[tf.TensorSpec([None], tf.string, name="texts")]
        )

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of a batch; see the class."""
        return self._graph(texts)

    def _ids(self, texts: tf.Tensor) -> tf.RaggedTensor:
        ids = tf.cast(self.tokenizer.tokenize(texts), tf.int32)
        # A byte-pair tokenizer says -1 to what its vocabulary cannot spell; in Python it is silent.
        ids = tf.ragged.boolean_mask(ids, ids >= 0) + self.offset
        # A padding token in the middle of a text would be padding to no one but the model.
        return tf.ragged.boolean_mask(ids, ids > 0)


def describe_tokenizer(tokenizer: Any, special_tokens: bool = False) -> Tokenizer:
    """Return all that it takes to build a keras_hub tokenizer again.

    Args:
        tokenizer: A `keras_hub.tokenizers.Tokenizer` with its vocabulary.
        special_tokens: Whether each text gets the tokenizer's start and end token.

    Raises:
        TypeError: If it is no keras_hub tokenizer, or does not return integers.
        ValueError: If it pads by itself, lacks the special tokens asked for, or does not survive
            being built again.
    """
    keras_hub = importlib.import_module("keras_hub")
    if not isinstance(tokenizer, keras_hub.tokenizers.Tokenizer):
        raise TypeError(
            "`tokenizer` must be a keras_hub tokenizer, such as keras_hub.models.BertTokenizer."
            f"from_preset(folder). Received: a {type(tokenizer).__name__}"
        )
    if not tf.as_dtype(tokenizer.compute_dtype).is_integer:
        raise TypeError(
            "`tokenizer` must return integers (dtype='int32'). "
            f"Received: a {type(tokenizer).__name__} of dtype {tokenizer.compute_dtype!r}"
        )
    if getattr(tokenizer, "sequence_length", None):
        raise ValueError(
            "`tokenizer` must have no `sequence_length`: `length` says how many tokens are kept. "
            f"Received: sequence_length={tokenizer.sequence_length}"
        )
    if tokenizer.vocabulary_size() is None:
        raise ValueError(
            "`tokenizer` must have a vocabulary of a known size. "
            f"Received: a {type(tokenizer).__name__} whose vocabulary_size is None"
        )
    start, end = _special_ids(tokenizer) if special_tokens else (None, None)
    config = keras.saving.serialize_keras_object(tokenizer)
    if hasattr(tokenizer, "split_on_cjk"):  # keras_hub 0.32 leaves it out
        config["config"]["split_on_cjk"] = tokenizer.split_on_cjk
    # Keras numbers the objects of a process, so that the same tokenizer would be another each time.
    config["config"].pop("name", None)
    text_files, binary_files = _files(tokenizer)
    offset = 0 if pads_with_zero(tokenizer) else 1
    description = Tokenizer(
        config=json.dumps(config),
        text_files=text_files,
        binary_files=binary_files,
        vocabulary_size=tokenizer.vocabulary_size() + offset,
        offset=offset,
        start=start,
        end=end,
    )
    if list(build_tokenizer(description).get_vocabulary()) != list(tokenizer.get_vocabulary()):
        raise ValueError(
            "`tokenizer` must have a vocabulary that its own files can hold (no token with a line "
            "break or a space at its end). "
            f"Received: a {type(tokenizer).__name__} whose files lose some of its tokens"
        )
    return description


def build_tokenizer(description: Tokenizer) -> Any:
    """Return the keras_hub tokenizer that was described.

    Args:
        description: What `describe_tokenizer` returned.
    """
    importlib.import_module("keras_hub")  # registers the classes
    tokenizer = keras.saving.deserialize_keras_object(json.loads(description.config))
    files = [(name, text.encode("utf-8")) for name, text in description.text_files]
    files += [(name, base64.b64decode(content)) for name, content in description.binary_files]
    if files and hasattr(tokenizer, "set_proto"):
        # SentencePiece's one file. Told its path, keras_hub 0.32 would leave it open.
        ((_, content),) = files
        tokenizer.set_proto(content)
    elif files:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in files:
                pathlib.Path(folder, os.path.basename(name)).write_bytes(content)
            tokenizer.load_assets(folder)
    return tokenizer


def _files(tokenizer: Any) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return the tokenizer's vocabulary files: those that are text, and the others in base64."""
    texts, binaries = [], []
    with tempfile.TemporaryDirectory() as folder:
        if tokenizer.file_assets:
            tokenizer.save_assets(folder)
        for path in sorted(pathlib.Path(folder).iterdir()):
            content = path.read_bytes()
            try:
                texts.append((path.name, content.decode("utf-8")))
            except UnicodeDecodeError:
                binaries.append((path.name, base64.b64encode(content).decode("ascii")))
    return tuple(texts), tuple(binaries)


def _special_ids(tokenizer: Any) -> tuple[int | None, int | None]:
    start, end = (getattr(tokenizer, f"{place}_token_id", None) for place in ("start", "end"))
    if start is None and end is None:
        raise ValueError(
            "`special_tokens` must be False with a tokenizer that has no start or end token. "
            f"Received: special_tokens=True and a {type(tokenizer).__name__}"
        )
    return start, end
