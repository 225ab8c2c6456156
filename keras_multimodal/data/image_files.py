"""Folders of pictures and the files in them."""

import os
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Literal

from keras_multimodal.data.cells import name_keys
from keras_multimodal.data.image_header import file_has_16_bits

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
_UNDECODED = (".ppm", ".tif", ".tiff")  # Keras lists these too


def existing_folder(directory: str | os.PathLike[str]) -> str:
    """The folder's path; an error if it is none."""
    path = os.fspath(directory)
    if not os.path.isdir(path):
        raise FileNotFoundError(
            f"`directory` must be a folder. Received: {path!r}, which is not one. "
            "Correct the path, or create it."
        )
    return path


def picture_files(folder: str, root: str, follow_links: bool) -> Iterator[str]:
    """The picture files below `folder`, relative to `root`, in Keras' order.

    Raises:
        ValueError: If there are pictures of a kind that TensorFlow doesn't decode.
    """
    seen: set[str] = set()
    for parent, _, files in sorted(walk(folder, follow_links, seen)):
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


def walk(
    folder: str, follow_links: bool, seen: set[str]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """`os.walk`, which enters no folder twice, whatever the links say, and skips none.

    Raises:
        OSError: If a folder cannot be listed. The message names it.
    """
    for parent, folders, files in os.walk(folder, onerror=_refuse, followlinks=follow_links):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        yield parent, folders, files


def _refuse(error: OSError) -> None:
    raise type(error)(
        f"Every folder must be one that can be listed. Received: {error.filename!r} "
        f"({error.strerror}). Correct its permissions, or move it elsewhere."
    ) from error


def grey_bits(paths: Sequence[str]) -> Literal[8, 16]:
    """Bits of a grey level that the files need: 16 if any is a grey PNG of 16 bits.

    Args:
        paths: The files; those that are not there are for `check_files` to find.
    """
    pngs = (path for path in paths if path.lower().endswith(".png") and os.path.isfile(path))
    return 16 if any(file_has_16_bits(path) for path in pngs) else 8


def only_jpegs(paths: Iterable[str]) -> bool:
    """Whether all files are JPEGs by their first bytes, whatever their names say.

    Args:
        paths: The files; empty ones don't count.
    """
    for path in paths:
        if path:
            try:
                with open(path, "rb") as file:
                    if file.read(3) != b"\xff\xd8\xff":
                        return False
            except OSError:  # an error of the row's own, when it is read
                return False
    return True


def check_files(
    paths: Sequence[str], keys: Sequence[Hashable], source: str, kind: str = "picture"
) -> None:
    """Refuse files that are missing or empty; what they hold is checked when they are read."""
    missing, empty = [], []
    for path, key in zip(paths, keys, strict=True):
        if path:
            try:
                if not os.stat(path).st_size:
                    empty.append((key, path))
            except OSError:
                missing.append((key, path))
    if missing:
        raise FileNotFoundError(
            f"{source} must name files that are there. Received: {len(missing)} that "
            f"{'is' if len(missing) == 1 else 'are'} not, as (row, file): {name_keys(missing)}. "
            f"Correct the names, or empty the cells of rows that have no {kind}."
        )
    if empty:
        raise ValueError(
            f"{source} must name {kind}s. Received: {len(empty)} of 0 bytes, as (row, file): "
            f"{name_keys(empty)}. Replace the files, or empty the cells."
        )
