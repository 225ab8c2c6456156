"""What contrastive losses have in common: similarities of a batch's parts, and which count."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Tensor, Tensors

# Behind the embedding, the two last entries of a tower: how much a similarity weighs, and a bias.
EXTRAS = 2
_FAR = -1e9  # in place of minus infinity, whose gradient is NaN


class ContrastiveLoss(keras.losses.Loss):
    """Compares every tower of a record with every other, both ways.

    A subclass says in `pair` what a pair of towers costs each row.

    Args:
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.
    """

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensors:
        """Return the loss of each row, `(batch,)`, the mean over the pairs of towers."""
        y_pred = ops.convert_to_tensor(y_pred)
        parts = ops.cast(y_true, "int32")  # (batch, towers)
        if len(y_pred.shape) != 3 or y_pred.shape[1] is None or y_pred.shape[1] < 2:
            raise ValueError(
                "`y_pred` must be (batch, towers, dim), two towers or more. "
                f"Received: shape {tuple(y_pred.shape)}"
            )
        towers = y_pred.shape[1]
        vectors, scale = y_pred[..., :-EXTRAS], y_pred[0, 0, -EXTRAS]
        bias = y_pred[0, 0, -EXTRAS + 1]
        total: Any = 0.0
        count = 0
        for one in range(towers):
            for other in range(one + 1, towers):
                logits = scale * ops.matmul(vectors[:, one], ops.transpose(vectors[:, other]))
                both = ops.logical_and(parts[:, one] >= 0, parts[:, other] >= 0)  # (batch,)
                alike = ops.logical_or(_same(parts[:, one]), _same(parts[:, other]))
                diagonal = ops.eye(ops.shape(alike)[0], dtype="bool")
                counts = ops.logical_and(both[:, None], both[None, :])
                # What is the same as the row's own is no mistake.
                counts = ops.logical_and(counts, ops.logical_or(diagonal, ~alike))
                losses = self.pair(logits, bias, diagonal, counts)  # (batch,)
                losses = ops.where(both, losses, 0.0)
                # The reduction divides by all rows; those that lack a part have no say in it.
                rows = ops.cast(ops.shape(losses)[0], losses.dtype)
                there = ops.sum(ops.cast(both, losses.dtype))
                total = total + losses * rows / ops.maximum(there, 1.0)
                count += 1
        return total / count

    def pair(self, logits: Tensor, bias: Tensor, diagonal: Tensor, counts: Tensor) -> Tensor:
        """Return what two towers cost each row.

        Args:
            logits: `(batch, batch)`: row `i` of the one with row `j` of the other.
            bias: A scalar.
            diagonal: `(batch, batch)` bool: what belongs together.
            counts: `(batch, batch)` bool: what is compared at all.
        """
        raise NotImplementedError


def mask_logits(logits: Tensor, counts: Tensor) -> Tensor:
    """Return similarities, those that do not count far below all others."""
    return ops.where(counts, logits, ops.cast(_FAR, logits.dtype))


def _same(parts: Tensors) -> Tensor:
    return ops.equal(parts[:, None], parts[None, :])
