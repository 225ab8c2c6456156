"""Texts: split into tokens, cut, numbered, and put together again."""

from keras_multimodal.data.text.transform import TextTransform

__all__ = ["TextTransform"]
