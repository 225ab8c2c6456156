"""Folders of pictures and the files in them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from keras_multimodal.data.column.files import file_problem, walk
from keras_multimodal.data.image.header import MAGIC, Form, file_has_16_bits
from keras_multimodal.schema.file_endings import ENDINGS

EXTENSIONS = ENDINGS["image"]
_UNDECODED = (".ppm", ".tif", ".tiff")  # Keras lists these too


def picture_files(directory: str, root: str, follow_links: bool) -> Iterator[str]:
    """Yield the picture files below `directory`, relative to `root`, in Keras' order.

    Raises:
        ValueError: If there are pictures of a kind that TensorFlow doesn't decode.
    """
    seen: set[str] = set()
    for parent, _, files in sorted(walk(directory, follow_links, seen)):
        for file in sorted(files):
            kind = os.path.splitext(file)[1].lower()
            if kind in _UNDECODED:
                raise ValueError(
                    "`directory` must hold pictures that TensorFlow decodes: "
                    f"{', '.join(EXTENSIONS)}. Received: {os.path.join(parent, file)!r}. "
                    "Convert it, or move it elsewhere."
                )
            if kind in EXTENSIONS:
                yield os.path.relpath(os.path.join(parent, file), root)


def grey_bits(paths: Sequence[str]) -> Literal[8, 16]:
    """Return the bits of a grey level that the files need: 16 if any is a grey PNG of 16 bits.

    Args:
        paths: The files; those that are not there are for `check_files` to find.
    """
    pngs = (path for path in paths if path.lower().endswith(".png") and os.path.isfile(path))
    return 16 if any(file_has_16_bits(path) for path in pngs) else 8


def form_of_all(paths: Iterable[str]) -> Form | None:
    """Return what all files are by their first bytes, whatever their names say.

    Args:
        paths: The files; empty ones don't count.

    Returns:
        `None` where they differ, are something else, or there are none.
    """
    found: Form | None = None
    for path in filter(None, paths):
        if file_problem(path):  # opening a pipe would wait for ever
            return None
        try:
            with open(path, "rb") as file:
                start = file.read(8)
        except OSError:  # its row gets an error when it is read
            return None
        form = next((form for form, magic in MAGIC.items() if start.startswith(magic)), None)
        if form is None or form != (found or form):
            return None
        found = form
    return found
