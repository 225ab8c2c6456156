"""The contrastive loss of SigLIP."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.losses._contrastive import ContrastiveLoss
from keras_multimodal.types import Tensor


@register
class SigLIP(ContrastiveLoss):
    """Binary cross-entropy of whether two parts belong together, for every pair of the batch.

    With `u_i` and `v_j` the embeddings of two towers, of length one, `s` the learned scale, `b` the
    learned bias, and `z_ij` 1 where `i = j` and -1 elsewhere:

    `loss_i = -1/2 sum_j [log sigmoid(z_ij (s u_i v_j + b)) + log sigmoid(z_ji (s u_j v_i + b))]`

    Rows of which either part is the same as the row's own, such as the other captions of a
    picture, are left out. Of more than two towers it is the mean over all pairs.

    Args:
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.

    Call arguments:
        y_true: `(batch, towers)` int32: what each part is; the same number for the same content, -1
            where a row lacks it. `data.pair(match=...)` makes them.
        y_pred: `(batch, towers, dim + 2)`: embeddings, scale and bias, as `ContrastiveHead` returns
            them.

    Returns:
        The loss, reduced as `reduction` says. Rows that lack a part do not count for it.

    Raises:
        ValueError: If `y_pred` has another rank, or fewer than two towers.

    Example:

    >>> import numpy as np
    >>> embeddings = np.array([[[1, 0], [1, 0]], [[0, 1], [0, 1]]], "float32")
    >>> extras = np.tile(np.array([40.0, -20.0], "float32"), (2, 2, 1))
    >>> y_pred = np.concatenate([embeddings, extras], -1)
    >>> float(SigLIP()(np.array([[0, 0], [1, 1]]), y_pred)) < 1e-4
    True

    Reference:
        Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023, section 3.2.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"name": "sig_lip", **kwargs})

    def pair(self, logits: Tensor, bias: Tensor, diagonal: Tensor, counts: Tensor) -> Tensor:
        """Return the logarithm of a sigmoid of each pair, along the rows and along the columns."""
        logits = logits + bias
        losses = ops.softplus(ops.where(diagonal, -logits, logits))
        losses = ops.where(counts, losses, 0.0)
        return (ops.sum(losses, axis=1) + ops.sum(losses, axis=0)) / 2
