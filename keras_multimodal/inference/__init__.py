"""What a trained model says to raw cells."""

from keras_multimodal.inference.search_index import Hit, SearchIndex

__all__ = ["Hit", "SearchIndex"]
