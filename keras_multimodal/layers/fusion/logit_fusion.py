"""Fusion of what several classifiers say."""

import math
from typing import Any, Literal

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name
from keras_multimodal.layers.fusion._vector_fusion import (
    VectorFusion,
    shares,
    stacked_presence,
    zero_unknown,
)
from keras_multimodal.ops import masked_softmax
from keras_multimodal.types import Mask, Masks, Tensor, Tensors

_MODES = ("mean", "product", "learned", "confidence")
# The logarithm of the weight of what is absent. Finite, so that its gradient is.
_FAR_BELOW = -1e38
# The least confidence, so that modalities that know nothing still share their row.
_EPSILON = 1e-6


@register
class LogitFusion(VectorFusion):
    """Gives each modality a classifier of its own and pools their opinions: late fusion.

    With `q_m = softmax(h_m)` of modality `m`'s logits `h_m` and `p_m` 1 where it is present:

    `output = log(sum_m w_m q_m)`, or `output = log_softmax(sum_m w_m log(q_m))`

    The first for the modes `"mean"`, `w_m = p_m / sum_k p_k`, and `"confidence"`,
    `w_m = p_m c_m / sum_k p_k c_k` with `c_m = 1 - entropy(q_m) / log(classes)`, at least 1e-6; the
    second for `"product"`, `w_m = p_m`, and `"learned"`,
    `w_m = p_m exp(s_m) / sum_k p_k exp(s_k)` with a learned number `s_m` for each modality.

    Args:
        mode: `"mean"` (default): the mean of the probabilities, for modalities that say the same
            thing; `"product"`: their product, for modalities that know different things, and that
            makes the fused opinion surer than each; `"learned"`: their geometric mean, the
            weights learned, all the same at the beginning; `"confidence"`: the mean of the
            probabilities, in which a modality counts the more in a row the surer it is there.
        pooling: How the logits of tokens become one row of logits: `"mean"` (default) or `"max"`,
            over real tokens.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of logits, one for each modality: `(batch, classes)`, or
            `(batch, length, classes)` where each token has its own. The classes exclude each
            other. One class stands for two: the logit of a yes, as for a sigmoid.
        mask: A list or dict of their masks: boolean `(batch,)`, True where the row has the
            modality, and `(batch, length)` for logits of tokens; `None` where it is always there.
            The inputs' own Keras masks by default.

    Returns:
        Logits `(batch, classes)`: of several classes the logarithms of their probabilities, so that
        softmax makes the probabilities of them and losses take them with `from_logits=True`; of one
        class the logit of a yes, for sigmoid and for losses likewise.

    Masking:
        A modality that is absent from a row has no say in it, and no gradient. A row without any
        modality gives zeros: every class is as likely. The output's mask, `(batch,)`, is True where
        some modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If `mode` or `pooling` is unknown; if the inputs aren't a list or dict of float
            tensors of one width, or have other names than those the layer was built for; or if a
            mask isn't a boolean that fits its modality.

    Example:

    >>> picture = keras.ops.log(keras.ops.convert_to_tensor([[0.5, 0.5], [0.8, 0.2]]))
    >>> title = keras.ops.log(keras.ops.convert_to_tensor([[0.9, 0.1], [0.6, 0.4]]))
    >>> has_title = keras.ops.convert_to_tensor([True, False])
    >>> fused = LogitFusion()([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(keras.ops.softmax(fused)).round(4)
    array([[0.7, 0.3],
           [0.8, 0.2]], dtype=float32)

    Reference:
        Kittler et al., "On Combining Classifiers", 1998 (the mean and the product of
        probabilities, for equal priors); Hinton, "Training Products of Experts by Minimizing
        Contrastive Divergence", 2002, equation 1 (`"product"`); Misra et al., "New Entropy Based
        Combination Rules in HMM/ANN Multi-stream ASR", 2003 (`"confidence"`: there the weights are
        one over the entropy, which has no bound, and not one minus its share of the greatest).
    """

    def __init__(
        self,
        mode: Literal["mean", "product", "learned", "confidence"] = "mean",
        pooling: str = "mean",
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if mode not in _MODES:
            raise ValueError(f"`mode` must be one of {sorted(_MODES)}. Received: mode={mode!r}")
        self.mode = mode

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the learned numbers, if they are learned."""
        if self.mode == "learned":
            self._scores = self.add_weight(name="scores", shape=(len(widths),), initializer="zeros")

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the logits of the pooled opinion."""
        dtype, one_class = vectors[0].dtype, vectors[0].shape[-1] == 1
        opinions = _opinions(vectors)
        weights = self._weights(opinions, stacked_presence(vectors, present))
        if self.mode in ("mean", "confidence"):
            pooled = _log_of_mean(weights, opinions)  # (batch, classes)
        else:
            pooled = ops.log_softmax(ops.einsum("bm,bmc->bc", weights, opinions))
        if one_class:
            pooled = pooled[:, 1:] - pooled[:, :1]
        return zero_unknown(ops.cast(pooled, dtype), present)

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality, `(batch, modalities)`, 0 where a row lacks it.

        They are the `w_m`, in the mode `"product"` one over the number of modalities.

        Args:
            inputs: As for a call.
            mask: As for a call.
        """
        vectors, present = self.pool(inputs, mask)
        return shares(self._weights(_opinions(vectors), stacked_presence(vectors, present)))

    def _weights(self, opinions: Tensor, flags: Masks) -> Tensor:
        """Return the `w_m`, `(batch, modalities)`.

        Args:
            opinions: The logarithms of probabilities, `(batch, modalities, classes)`.
            flags: Which modalities each row has, boolean `(batch, modalities)`; None where all.
        """
        equal = ops.zeros_like(opinions[..., 0])
        if self.mode == "product":
            return ops.ones_like(equal) if flags is None else ops.cast(flags, equal.dtype)
        if self.mode == "mean":
            scores = equal
        elif self.mode == "learned":
            scores = equal + ops.cast(self._scores, equal.dtype)
        else:
            # A class ruled out has the logit -inf, and adds nothing.
            possible = opinions > _FAR_BELOW
            known = ops.where(possible, opinions, ops.zeros_like(opinions))
            entropy = -ops.sum(ops.where(possible, ops.exp(known) * known, 0.0), axis=-1)
            confidence = 1 - entropy / math.log(opinions.shape[-1])
            scores = ops.log(ops.maximum(confidence, _EPSILON))
        return masked_softmax(scores, flags)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "mode": self.mode}


def _opinions(vectors: list[Any]) -> Tensor:
    """Return the logarithms of each modality's probabilities, `(batch, modalities, classes)`."""
    logits = ops.stack(vectors, axis=1)
    logits = ops.cast(logits, keras.backend.result_type(logits.dtype, "float32"))
    if logits.shape[-1] == 1:
        # The logit of a no is zero: softmax over both is the sigmoid.
        logits = ops.concatenate([ops.zeros_like(logits), logits], axis=-1)
    return ops.log_softmax(logits)


def _log_of_mean(weights: Tensor, opinions: Tensor) -> Tensor:
    """Return `log(sum_m w_m exp(l_m))`, `(batch, classes)`, without an underflow."""
    some = weights > 0
    log_weights = ops.log(ops.where(some, weights, ops.ones_like(weights)))
    log_weights = ops.where(some, log_weights, ops.cast(_FAR_BELOW, log_weights.dtype))
    return ops.logsumexp(ops.expand_dims(log_weights, -1) + opinions, axis=1)
