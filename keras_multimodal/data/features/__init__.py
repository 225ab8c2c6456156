"""Features that a frozen encoder has extracted, kept on disk."""

from keras_multimodal.data.features.transform import FeaturesTransform

__all__ = ["FeaturesTransform"]
