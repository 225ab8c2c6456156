"""Products of modalities, in which one that is absent takes no part."""

from typing import Any

from keras import ops

from keras_multimodal.types import Tensor


def product_of_present(factors: list[Any], present: list[Any]) -> Tensor:
    """Return the elementwise product of the modalities' factors, 1 for each that is absent.

    Args:
        factors: Each modality's `(batch, width)`, of one width.
        present: Each modality's boolean `(batch,)`; None where it is always there.
    """
    product = None
    for factor, flag in zip(factors, present, strict=True):
        if flag is not None:
            factor = ops.where(ops.expand_dims(flag, -1), factor, ops.ones_like(factor))
        product = factor if product is None else product * factor
    return product


def flat_outer(first: Tensor, second: Tensor) -> Tensor:
    """Return all products of two vectors' features.

    Args:
        first: Vectors `(batch, m)`.
        second: Vectors `(batch, n)`.

    Returns:
        Vectors `(batch, m * n)`; `first[i] * second[j]` stands at `i * n + j`.
    """
    products = ops.expand_dims(first, 2) * ops.expand_dims(second, 1)  # (batch, m, n)
    return ops.reshape(products, (-1, first.shape[1] * second.shape[1]))
