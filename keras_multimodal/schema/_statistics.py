"""Means, standard deviations and what is behind them, as some descriptions have them."""

from typing import Any


def check_statistics(spec: Any, count: int, what: str) -> None:
    """Check that `spec.mean` and `spec.std` are empty or have `count` numbers.

    Args:
        spec: The description.
        count: How many numbers there must be.
        what: What each of them belongs to, for the message.
    """
    for field in ("mean", "std"):
        values = getattr(spec, field)
        if len(values) not in (0, count):
            raise ValueError(
                f"`{field}` must have one number for each {what}, {count} in all, or be empty. "
                f"Received: {field}={values}"
            )
    if not all(value > 0 for value in spec.std):
        raise ValueError(f"`std` must be above 0. Received: std={spec.std}")


def check_clip(clip: float | None) -> None:
    """Check that a bound for standardised numbers is `None` or above 0.

    Args:
        clip: The bound.
    """
    if clip is not None and not clip > 0:
        raise ValueError(f"`clip` must be above 0, or None. Received: clip={clip}")
