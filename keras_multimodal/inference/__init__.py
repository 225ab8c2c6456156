"""What a trained model says to raw cells."""

from keras_multimodal.inference.search_index import Hit, SearchIndex
from keras_multimodal.inference.text_generator import TextGenerator

__all__ = ["Hit", "SearchIndex", "TextGenerator"]
