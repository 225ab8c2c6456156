"""The numbers and categories of a row."""

from keras_multimodal.data.table.transform import TableTransform

__all__ = ["TableTransform"]
