"""Strings to strings that are ready to be cut into tokens."""

import importlib
from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.schema import Text

_PUNCTUATION = r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\']"

# The same of other scripts, which their words stick to as they do not to ASCII's.
_WIDE_PUNCTUATION = r"\p{P}"

# Scripts that are written without spaces between words.
_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"


def make_standardizer(spec: Text) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the graph function that does to `(batch,)` strings what `spec` says, before the cut.

    Bytes that are no UTF-8 become U+FFFD, the replacement character. `TextVectorization` lowers
    ASCII letters only, so it is given texts that are ready.

    Args:
        spec: The text's description.

    Raises:
        ImportError: If Unicode is to be normalised and tensorflow_text is not installed.
    """
    lower = spec.standardize in ("lower", "lower_and_strip_punctuation")
    strip = spec.standardize in ("strip_punctuation", "lower_and_strip_punctuation")
    normalize = None if spec.normalize is None else _normalizer(spec.normalize)
    by_script = spec.split == "script"

    def standardize(texts: tf.Tensor) -> tf.Tensor:
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
        if normalize is not None:
            texts = normalize(texts)
        if lower:
            texts = tf.strings.lower(texts, encoding="utf-8")
        if strip:
            texts = tf.strings.regex_replace(texts, _PUNCTUATION, "")
        if by_script:
            if strip:
                texts = tf.strings.regex_replace(texts, _WIDE_PUNCTUATION, " ")
            # Python and RE2 know ASCII's white space; that of other scripts separates too.
            texts = tf.strings.regex_replace(texts, r"[\p{Z}\x{200b}]", " ")
            texts = tf.strings.regex_replace(texts, f"({_UNSPACED})", r" \1 ")
        return texts

    return standardize


def _normalizer(form: str) -> Callable[[tf.Tensor], tf.Tensor]:
    try:
        tensorflow_text = importlib.import_module("tensorflow_text")
    except ImportError as error:
        raise ImportError(
            "`normalize` needs tensorflow_text, which is not installed: pip install tensorflow-text"
        ) from error
    return lambda texts: tensorflow_text.normalize_utf8(texts, form)
