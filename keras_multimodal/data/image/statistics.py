"""What a set of pictures has in common: means, deviations, a whitening matrix."""

import base64
import dataclasses
from collections.abc import Iterable

import numpy as np

from keras_multimodal.data.image.whitening import Whitening
from keras_multimodal.schema import Image

# Keras adds it to the deviations.
EPSILON = 1e-6


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageStatistics:
    """The statistics that are to be learned of the training pictures.

    Args:
        center: Each channel's mean.
        std: Each channel's standard deviation.
        whitening: The ZCA whitening matrix of the centred pictures.
        epsilon: Added to the singular values before they are inverted.
    """

    center: bool = False
    std: bool = False
    whitening: bool = False
    epsilon: float = 1e-6

    def missing(self, spec: Image) -> bool:
        """Return whether `spec` lacks what is to be learned."""
        return self.center and not spec.mean


def learn_statistics(
    batches: Iterable[np.ndarray], spec: Image, statistics: ImageStatistics
) -> Image:
    """Return the description with what is to be learned of the pictures.

    They are taken batch by batch. Only sums are kept, so that memory doesn't grow with the rows;
    for whitening the pictures too, as long as they take less memory than its matrix.

    Args:
        batches: Rescaled pictures, `(batch, height, width, channels)`.
        spec: The pictures' description.
        statistics: What is to be learned.
    """
    rows, pixels, total, squares = 0, 0, np.zeros(()), np.zeros(())
    products = Whitening()
    for batch in batches:
        batch = batch.astype("float64")
        rows += len(batch)
        count = batch.size // batch.shape[-1]
        # Chan, Golub and LeVeque, 1983: squares of differences from the mean, merged; squares of
        # the values themselves would cancel.
        mean = batch.mean((0, 1, 2))
        apart = mean - (total / pixels if pixels else 0)
        squares = squares + ((batch - mean) ** 2).sum((0, 1, 2))
        squares = squares + apart**2 * pixels * count / (pixels + count)
        total, pixels = total + mean * count, pixels + count
        if statistics.whitening:
            products.add(batch.reshape(len(batch), -1))
    if not rows:
        raise ValueError(
            f"Image {spec.name!r} must have at least one picture to learn from, in `x` of `fit` or "
            "in the training rows. Received: none"
        )
    mean, std = total / pixels, np.sqrt(squares / pixels)
    whitening = ""
    if statistics.whitening:
        matrix = products.matrix(mean, statistics.epsilon)
        whitening = base64.b64encode(matrix.astype("<f4").tobytes()).decode("ascii")
    return dataclasses.replace(
        spec,
        mean=tuple(mean.tolist()) if statistics.center else (),
        std=tuple((std + EPSILON).tolist()) if statistics.std else (),
        whitening=whitening,
    )
