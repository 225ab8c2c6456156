"""The attention to each place of pictures, and drawings of it."""

import dataclasses
import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK = "#7a7a7a"


@dataclasses.dataclass(frozen=True)
class PictureAttention:
    """The attention to each place of pictures, as `analysis.attention_maps` returns it.

    Args:
        keys: The rows' keys.
        maps: How much each pixel is attended to, `(rows, height, width)` float32: the weights of
            the grid's places, brought to the picture's size. Zeros where a row has no picture, or
            nothing that attends to it.
        weights: The weights themselves, `(rows, grid rows, grid columns)` float32. They sum to one
            where only the picture is attended to, else to its share.
        pictures: The pictures as the model is shown them, `(rows, height, width, channels)`.

    Example:

    >>> maps = np.zeros((1, 8, 8), "float32")
    >>> pictures = np.zeros((1, 8, 8, 3), "float32")
    >>> attention = PictureAttention(["cat.png"], maps, maps[:, ::4, ::4], pictures)
    >>> [axes.get_title() for axes in attention.figure().axes]
    ['cat.png']
    """

    keys: Sequence[Hashable]
    maps: np.ndarray
    weights: np.ndarray
    pictures: np.ndarray

    def figure(self, keys: Sequence[Hashable] | None = None, columns: int = 4) -> "Figure":
        """Draw the maps over their pictures, each with colors from its least to its greatest.

        Args:
            keys: The rows to draw, in their order. Default `None`: the first twelve.
            columns: How many stand beside each other, at least 1. Default 4.

        Returns:
            A matplotlib figure on a transparent ground, a panel for each row with its key above.

        Raises:
            ImportError: If matplotlib is not installed.
            ValueError: If a key is not among the rows', there is none, or `columns` is too small.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(
                "Attention is drawn by matplotlib, which is not installed: "
                'pip install "keras-multimodal-fusion[demo]"'
            ) from error
        chosen = list(self.keys[:12]) if keys is None else list(keys)
        places = {key: row for row, key in enumerate(self.keys)}
        missing = [key for key in chosen if key not in places]
        if missing or not chosen:
            raise ValueError(
                f"`keys` must be of rows among these {len(places)}, one or more. "
                f"Received: {missing or chosen}"
            )
        if columns < 1:
            raise ValueError(f"`columns` must be at least 1. Received: columns={columns}")
        columns = min(columns, len(chosen))
        lines = math.ceil(len(chosen) / columns)
        height, width = self.maps.shape[1:]
        size = (2.4 * columns, (2.4 * height / width + 0.3) * lines)
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_alpha(0)
        panels = figure.subplots(lines, columns, squeeze=False).ravel()
        for axes, key in zip(panels, chosen, strict=False):
            picture, heat = self.pictures[places[key]], self.maps[places[key]]
            axes.imshow(_shown(picture), cmap="gray", vmin=0, vmax=1)
            axes.imshow(heat, cmap="inferno", alpha=0.55)
            axes.set_title(str(key), color=_INK, fontsize=9, parse_math=False)
            axes.set_axis_off()
        for axes in panels[len(chosen) :]:
            axes.remove()
        return figure


def _shown(picture: np.ndarray) -> Any:
    """Return pixels in [0, 1], of one channel or three; others are brought there."""
    picture = np.nan_to_num(picture.astype("float32"))
    picture = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., 0]
    low, high = float(picture.min()), float(picture.max())
    if low < 0 or high > 1:
        picture = (picture - low) / max(high - low, 1e-6)
    return picture
