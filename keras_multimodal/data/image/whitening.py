"""The ZCA whitening matrix of a set of pictures."""

import numpy as np


class Whitening:
    """The material of the whitening matrix: the pictures, or sums of their products.

    As long as there are fewer pictures than pixels, the pictures themselves are smaller than the
    sums, `(pixels, pixels)`, and their singular vectors are found many times faster.
    """

    def __init__(self) -> None:
        self._pictures: list[np.ndarray] = []
        self._rows = 0
        self._products: np.ndarray | None = None
        self._sums: np.ndarray | None = None

    def add(self, flat: np.ndarray) -> None:
        """Take in pictures, `(batch, pixels)` float64."""
        self._rows += len(flat)
        self._pictures.append(flat)
        if self._rows <= flat.shape[1]:
            return
        for pictures in self._pictures:
            products, sums = pictures.T @ pictures, pictures.sum(0)
            self._products = products if self._products is None else self._products + products
            self._sums = sums if self._sums is None else self._sums + sums
        self._pictures = []

    def matrix(self, mean: np.ndarray, epsilon: float) -> np.ndarray:
        """Return `U diag(sqrt(n) / (s + epsilon)) U^T` of the centred pictures.

        `s` are their singular values, `U` the vectors, and `n` the number of pictures.

        Args:
            mean: Each channel's mean, `(channels,)`.
            epsilon: Added to the singular values.
        """
        if self._products is None or self._sums is None:
            flat = np.concatenate(self._pictures)
            centred = flat - np.tile(mean, flat.shape[1] // len(mean))
            # The values of the small triangle are those of the pictures.
            basis, triangle = np.linalg.qr(centred.T)
            inner, values, _ = np.linalg.svd(triangle)
            vectors = basis @ inner
        else:
            center = np.tile(mean, len(self._sums) // len(mean))
            centred = self._products - np.outer(center, self._sums) - np.outer(self._sums, center)
            centred += self._rows * np.outer(center, center)
            squares, vectors = np.linalg.eigh(centred)
            values = np.sqrt(np.maximum(squares, 0))
        # A product with its own transpose takes half the time of another.
        scaled = vectors * np.sqrt(np.sqrt(self._rows) / (values + epsilon))
        whitening: np.ndarray = scaled @ scaled.T
        return whitening
