"""Figures of matplotlib as pages show them."""

import io
import warnings
from typing import Any


def svg(figure: Any) -> bytes:
    """Return a figure as SVG, with names in every script.

    Its letters become shapes, which look the same everywhere. Where there are others than those of
    ASCII, matplotlib's font may lack them; the reader's browser has them, and draws the text.
    """
    import matplotlib
    from matplotlib.text import Text

    written = all(text.get_text().isascii() for text in figure.findobj(Text))
    buffer = io.BytesIO()
    with (
        matplotlib.rc_context({"svg.fonttype": "path" if written else "none"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
