"""The main job, end to end: pictures and words in; a model, a report and a SavedModel out."""

from keras_multimodal.demo.main_job import run

__all__ = ["run"]
