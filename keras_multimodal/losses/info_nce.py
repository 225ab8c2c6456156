"""The contrastive loss of CLIP."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.losses._contrastive import ContrastiveLoss, mask_logits
from keras_multimodal.types import Tensor


@register
class InfoNCE(ContrastiveLoss):
    """Cross-entropy of which of the batch belongs to a row, from each tower to each other.

    With `u_i` and `v_j` the embeddings of two towers, of length one, and `s` the learned scale:

    `loss_i = -1/2 log softmax_j(s u_i v_j)_i - 1/2 log softmax_j(s u_j v_i)_i`

    The other rows of the batch are the wrong answers, but those of which either part is the same
    as the row's own, such as the other captions of a picture. Of more than two towers it is the
    mean over all pairs.

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
    >>> extras = np.tile(np.array([10.0, 0.0], "float32"), (2, 2, 1))
    >>> y_pred = np.concatenate([embeddings, extras], -1)
    >>> float(InfoNCE()(np.array([[0, 0], [1, 1]]), y_pred)) < 1e-4
    True

    Reference:
        Oord et al., "Representation Learning with Contrastive Predictive Coding", 2018, equation 4;
        Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
        2021, figure 3.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"name": "info_nce", **kwargs})

    def pair(self, logits: Tensor, bias: Tensor, diagonal: Tensor, counts: Tensor) -> Tensor:
        """Sum the cross-entropies along the rows and along the columns."""
        masked = mask_logits(logits, counts)
        right = ops.diagonal(logits)
        return (ops.logsumexp(masked, axis=1) + ops.logsumexp(masked, axis=0)) / 2 - right
