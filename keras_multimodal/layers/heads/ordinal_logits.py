"""Classes in an order, by one score and rising thresholds."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Shapes, Tensors


@register
class OrdinalLogits(keras.layers.Layer):
    """Logarithms of the probabilities of classes in an order, from one score.

    With `s = w x` and thresholds `t_1 < ... < t_{K-1}`, the first learned as it is and the others
    as what they are above the one before (a softplus):

    `P(y > k) = sigmoid(s - t_k)`, `P(y = k) = P(y > k - 1) - P(y > k)`

    A row that is nearly of a class is taken for a neighbour of it rather than for one far away.

    Args:
        classes: How many classes, at least 2.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Vectors `(batch, width)`.

    Returns:
        `(batch, classes)`, the logarithms of probabilities that sum to 1.

    Masking:
        Masks pass through.

    Raises:
        ValueError: If `classes` is less than 2, or the inputs have another rank.

    Example:

    >>> layer = OrdinalLogits(classes=4)
    >>> probabilities = keras.ops.exp(layer(keras.random.normal((2, 8))))
    >>> keras.ops.convert_to_numpy(keras.ops.sum(probabilities, axis=-1)).round(4)
    array([1., 1.], dtype=float32)

    Reference:
        McCullagh, "Regression Models for Ordinal Data", 1980, section 2 (proportional odds).
    """

    def __init__(self, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if classes < 2:
            raise ValueError(f"`classes` must be at least 2. Received: classes={classes}")
        self.classes = classes
        self.supports_masking = True
        self._score = keras.layers.Dense(1, use_bias=False, dtype=self.dtype_policy)

    def build(self, input_shape: Shapes) -> None:
        """Make the score and the thresholds."""
        if len(input_shape) != 2:
            raise ValueError(
                f"`inputs` must be (batch, width). Received: shape {tuple(input_shape)}"
            )
        if self._score.built:
            return
        self._score.build(input_shape)
        count = self.classes - 1
        # Thresholds about one apart, around zero: a softplus of 0.54 is 1.
        self._first = self.add_weight(
            (1,), keras.initializers.Constant(-(count - 1) / 2), name="first_threshold"
        )
        self._steps = None
        if count > 1:
            self._steps = self.add_weight(
                (count - 1,), keras.initializers.Constant(0.54), name="threshold_steps"
            )

    def call(self, inputs: Tensors) -> Tensors:
        """Return the logarithms of differences of sigmoids, computed in float32."""
        score = ops.cast(self._score(inputs), "float32")  # (batch, 1)
        thresholds = ops.cast(self._first, "float32")
        if self._steps is not None:
            steps = ops.softplus(ops.cast(self._steps, "float32"))
            thresholds = ops.cumsum(ops.concatenate([thresholds, steps], axis=0))
        margins = score - thresholds[None]  # (batch, classes - 1)
        # log P(y > k) and log P(y <= k); a difference of sigmoids is a product of three:
        # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)).
        above, below = ops.log_sigmoid(margins), ops.log_sigmoid(-margins)
        gaps = margins[:, :-1] - margins[:, 1:]  # the steps, above 0
        between = above[:, :-1] + below[:, 1:] + ops.log1p(-ops.exp(-gaps))
        logits = ops.concatenate([below[:, :1], between, above[:, -1:]], axis=-1)
        return ops.cast(logits, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, classes)`."""
        return (input_shape[0], self.classes)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "classes": self.classes}
