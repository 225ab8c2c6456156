"""Recordings: read, resampled, changed at random."""

from keras_multimodal.data.audio.transform import AudioTransform

__all__ = ["AudioTransform"]
