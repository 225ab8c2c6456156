"""Pictures: guarded, decoded, resized, changed at random, normalised."""

from keras_multimodal.data.image.transform import ImageTransform

__all__ = ["ImageTransform"]
