"""Class numbers as ones among zeros, as `categorical_crossentropy` takes them."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_multimodal._inner_names import inner_name
from keras_multimodal.data.targets.target_labels import SingleTarget
from keras_multimodal.schema import ClassTarget
from keras_multimodal.types import Tensors


def one_hot_widths(targets: Sequence[SingleTarget]) -> dict[str, int]:
    """Return by inner name how many classes each target has of which a row has one.

    Args:
        targets: The targets' descriptions.
    """
    return {
        inner_name(target.name): len(target.classes)
        for target in targets
        if isinstance(target, ClassTarget) and not target.multi_label
    }


def one_hot_encoder(targets: Sequence[SingleTarget]) -> Callable[[Tensors], Tensors]:
    """Return the graph function from a batch's labels to the same with `(batch, classes)` float32.

    What is no class number, such as another target's numbers, stays as it is.

    Args:
        targets: The targets' descriptions.
    """
    widths = one_hot_widths(targets)

    def encode(labels: Tensors) -> Tensors:
        if not widths:
            return labels
        if not isinstance(labels, dict):
            return tf.one_hot(labels, *widths.values())
        return {
            name: tf.one_hot(part, widths[name]) if name in widths else part
            for name, part in labels.items()
        }

    return encode
