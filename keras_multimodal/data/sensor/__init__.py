"""Series of sensors: read, put on a regular grid, cut into windows."""

from keras_multimodal.data.sensor.transform import SensorTransform

__all__ = ["SensorTransform"]
