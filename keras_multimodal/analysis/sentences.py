"""What a comparison of accuracies comes to, in words."""

import math
from collections.abc import Mapping

from keras_multimodal.analysis.intervals import accuracy_interval


def accuracy_sentence(correct: Mapping[str, int], total: int, model: str = "fused") -> str:
    """Say how a model compares with the best of the others, all measured on the same rows.

    Args:
        correct: How many rows each model has right, by the model's name.
        total: How many rows there are.
        model: The model to compare with the rest. Default `"fused"`.

    Returns:
        A sentence or two of plain text.

    Raises:
        ValueError: If `model` is not among the models, or is the only one.

    Example:

    >>> accuracy_sentence({"image": 240, "text": 222, "fused": 261}, total=300)
    'The fused model is right on 87.0% of 300 rows (95% interval 82.7% to 90.3%). That is 7.0 \
points above the best of the others (image, 80.0%), more than both standard errors together \
(4.3 points).'
    """
    others = {name: count for name, count in correct.items() if name != model}
    if model not in correct or not others:
        raise ValueError(
            "`correct` must have the model to compare and at least one other. "
            f"Received: model={model!r}, correct with {sorted(correct)}"
        )
    best = max(others, key=lambda name: others[name])
    low, high = accuracy_interval(correct[model], total)
    gain = 100 * (correct[model] - others[best]) / total
    errors = 100 * sum(_standard_error(count, total) for count in (correct[model], others[best]))
    distance = (
        f"{abs(gain):.1f} points {'above' if gain > 0 else 'below'}" if gain else "level with"
    )
    size = "more than" if abs(gain) > errors else "within"
    return (
        f"The {model} model is right on {correct[model] / total:.1%} of {total} rows "
        f"(95% interval {low:.1%} to {high:.1%}). That is {distance} the best of the others "
        f"({best}, {others[best] / total:.1%}), {size} both standard errors together "
        f"({errors:.1f} points)."
    )


def _standard_error(correct: int, total: int) -> float:
    share = correct / total
    return math.sqrt(share * (1 - share) / total)
