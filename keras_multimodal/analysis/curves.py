"""How training went, as a picture."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Paul Tol's bright scheme: apart for the color-blind, legible on white and on black.
_COLORS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377")
_INK = "#7a7a7a"
_DASHED: Any = {"linewidth": 1, "linestyle": (0, (3, 2))}


def learning_curves(
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    metrics: Sequence[str] = ("loss", "accuracy"),
) -> "Figure":
    """Draw each model's metrics over the epochs: validation as a line, training dashed.

    Args:
        histories: `fit(...).history` of each model, by the model's name.
        metrics: The metrics to draw, one panel each; `val_<metric>` comes along where it is there.
            Default `("loss", "accuracy")`.

    Returns:
        A matplotlib figure on a transparent ground, legible on light and dark pages.

    Raises:
        ImportError: If matplotlib is not installed.
        ValueError: If there is no history, or one lacks a metric.

    Example:

    >>> history = {"loss": [1.2, 0.8], "val_loss": [1.3, 1.0]}
    >>> figure = learning_curves({"fused": history}, metrics=["loss"])
    >>> [axes.get_title("left") for axes in figure.axes]
    ['loss']
    """
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as error:
        raise ImportError(
            "Learning curves are drawn by matplotlib, which is not installed: "
            'pip install "keras-multimodal-fusion[demo]"'
        ) from error
    if not histories:
        raise ValueError("`histories` must have at least one model. Received: histories={}")
    for name, history in histories.items():
        missing = [metric for metric in metrics if metric not in history]
        if missing:
            raise ValueError(
                f"`histories` must have the metrics {list(metrics)} for each model. "
                f"Received: {name!r} without {missing}"
            )
    figure = Figure(figsize=(4.2 * len(metrics) + 1.6, 3.2), layout="constrained")
    figure.patch.set_alpha(0)
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        for index, (name, history) in enumerate(histories.items()):
            color = _COLORS[index % len(_COLORS)]
            validation = history.get(f"val_{metric}")
            epochs = range(1, len(history[metric]) + 1)
            if validation is None:
                axes.plot(epochs, history[metric], color=color, linewidth=2, label=name)
            else:
                axes.plot(epochs, history[metric], color=color, **_DASHED)
                axes.plot(epochs, validation, color=color, linewidth=2, label=name)
        axes.set_title(metric, color=_INK, fontsize=11, loc="left", parse_math=False)
        axes.set_xlabel("epoch", color=_INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(colors=_INK, length=3)
        axes.grid(color=_INK, alpha=0.2, linewidth=0.6)
        axes.patch.set_alpha(0)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(_INK)
    lines = [line for line in panels[-1].get_lines() if line.get_linestyle() == "-"]
    names = list(histories)
    if any(f"val_{metrics[-1]}" in history for history in histories.values()):
        lines += panels[-1].plot([], [], color=_INK, linewidth=2)
        lines += panels[-1].plot([], [], color=_INK, **_DASHED)
        names += ["validation", "training"]
    # Beside the curves: within, it would cover some.
    legend = panels[-1].legend(
        lines,
        [str(place) for place in range(len(lines))],
        frameon=False,
        labelcolor=_INK,
        loc="upper left",
        bbox_to_anchor=(1, 1),
        borderaxespad=0,
    )
    # A label that begins with "_" is left out of a legend, and "$" begins a formula.
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
    return figure
