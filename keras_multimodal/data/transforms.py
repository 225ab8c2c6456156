"""Which preprocessing belongs to which kind of modality."""

from typing import Any

from keras_multimodal.data.audio import AudioTransform
from keras_multimodal.data.features import FeaturesTransform
from keras_multimodal.data.image import ImageTransform
from keras_multimodal.data.sensor import SensorTransform
from keras_multimodal.data.table import TableTransform
from keras_multimodal.data.text import TextTransform
from keras_multimodal.data.transform import Transform
from keras_multimodal.schema import Modality

_TRANSFORMS: dict[str, type[Transform[Any]]] = {
    "audio": AudioTransform,
    "features": FeaturesTransform,
    "image": ImageTransform,
    "sensor": SensorTransform,
    "table": TableTransform,
    "text": TextTransform,
}


def make_transform(spec: Modality) -> Transform[Any]:
    """The preprocessing that `spec` describes.

    Args:
        spec: The modality's description, with its state.

    Raises:
        ValueError: If the description lacks state that it needs, such as a vocabulary.
    """
    return _TRANSFORMS[spec.kind](spec)
