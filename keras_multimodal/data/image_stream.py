"""Pictures from folders and frames, with random changes."""

import os
import pathlib
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.augmentation import FILL_MODES, Augmentation
from keras_multimodal.data.cells import frame_column, frame_keys, name_keys, string_cells
from keras_multimodal.data.image_flow import CLASS_MODES, ImageFlow
from keras_multimodal.schema import Image

ColorMode = Literal["rgb", "rgba", "grayscale"]
ClassMode = Literal["categorical", "sparse", "binary"]
Subset = Literal["training", "validation"]

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_INTERPOLATIONS = {"box": "area", "lanczos": "lanczos3"}
_EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")


class ImageStream:
    """Streams of pictures in `ImageDataGenerator`'s terms, on tf.data.

    The arguments are those of `keras.preprocessing.image.ImageDataGenerator`, with its meanings
    and defaults. The random changes are made to training batches only, whole batches at a time;
    they depend on the seed, the epoch and the row alone.

    Args:
        width_shift_range: Shift along the width: a float below 1 is a fraction of the width, one
            from 1 up a number of pixels; an integer `n` shifts by whole pixels less than `n`; a
            list holds the shifts in pixels to choose from. Defaults to 0.0.
        height_shift_range: The same along the height. Defaults to 0.0.
        rotation_range: Turn by up to this many degrees either way. Defaults to 0.
        brightness_range: Lowest and highest factor on the pixels. Defaults to `None`.
        zoom_range: Lowest and highest factor on the coordinates (below 1 magnifies), or one number
            `z` for `[1 - z, 1 + z]`. Defaults to 0.0.
        fill_mode: What lies beyond the edge: `"constant"`, `"nearest"`, `"reflect"` or `"wrap"`.
            Defaults to `"nearest"`.
        cval: The pixel value beyond the edge with `fill_mode="constant"`, in [0, 255].
        horizontal_flip: Mirror left and right in half of the rows. Defaults to `False`.
        vertical_flip: Mirror top and bottom in half of the rows. Defaults to `False`.
        rescale: Factor on the pixels, last of all; `1/255` gives [0, 1]. Defaults to `None`.
        validation_split: Share of the rows, in [0, 1), that `subset="validation"` takes from the
            front. `records.split` shuffles and stratifies, and is usually what you want.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> images = ImageStream(rescale=1 / 255, horizontal_flip=True, rotation_range=15)
    >>> images.augmentation.rotation_range
    15
    """

    def __init__(
        self,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        zoom_range: float | Sequence[float] = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        validation_split: float = 0.0,
    ) -> None:
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1. "
                f"Received: validation_split={validation_split}"
            )
        if fill_mode not in FILL_MODES:
            raise ValueError(
                f"`fill_mode` must be one of {list(FILL_MODES)}. Received: fill_mode={fill_mode!r}"
            )
        if isinstance(zoom_range, (int, float)):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        self.rescale = rescale
        self.validation_split = validation_split
        self.augmentation = Augmentation(
            horizontal_flip=horizontal_flip,
            vertical_flip=vertical_flip,
            width_shift_range=_shifts(width_shift_range),
            height_shift_range=_shifts(height_shift_range),
            rotation_range=rotation_range,
            zoom_range=_pair("zoom_range", zoom_range),
            brightness_range=(
                None if brightness_range is None else _pair("brightness_range", brightness_range)
            ),
            fill_mode=fill_mode,
            cval=cval,
        )

    def flow_from_dataframe(
        self,
        dataframe: pd.DataFrame,
        directory: str | os.PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: str = "class",
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: ClassMode | None = "categorical",
        subset: Subset | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        *,
        keep_aspect_ratio: bool = False,
        key: str | None = None,
        name: str = "image",
        optional: bool = False,
    ) -> ImageFlow:
        """A stream of the pictures that a column of a frame names.

        Args:
            dataframe: One row for each record.
            directory: Folder that the file names are relative to. Without it they are paths.
            x_col: Column of file names. An empty cell is a row without a picture.
            y_col: Column of class names, for `flow.labels`. If the frame has no column of the
                default name, the flow has no labels, and `pair` takes them from elsewhere.
            target_size: Height and width in pixels to which pictures are resized.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: Class names in the order of their numbers; sorted by default.
            class_mode: What `flow.batch` gives as the target: `"categorical"` (one-hot),
                `"sparse"` (numbers), `"binary"` (0.0 or 1.0) or `None` (no target).
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes.
            interpolation: How pictures of another size are resized, in Keras' terms (`"nearest"`,
                `"bilinear"`, `"bicubic"`, `"box"`, `"lanczos"`) or those of `schema.Image`.
            validate_filenames: Whether to check now that each file is there and not empty.
            keep_aspect_ratio: Crop the centre to the target's proportions instead of stretching.
            key: Column of keys; the frame's index by default.
            name: The input's name.
            optional: Whether a row may lack the picture.

        Raises:
            ValueError: If a column or an argument is wrong, or a file is empty.
            FileNotFoundError: If the folder or a file is missing; it names the row.
        """
        keys = frame_keys(dataframe, key)
        source = f"column {x_col!r}"
        names = string_cells(frame_column(dataframe, x_col, "x_col"), keys, source)
        root = None if directory is None else _folder(directory)
        paths = [name and os.path.join(root or "", name) for name in names]
        if y_col != "class" or y_col in dataframe.columns:
            targets = frame_column(dataframe, y_col, "y_col").tolist()
        else:
            targets = None
        chosen = self._subset(subset, len(keys))
        if validate_filenames:
            _check_files(paths[chosen], keys[chosen], source)
        return self._flow(
            self._spec(name, target_size, color_mode, interpolation, keep_aspect_ratio, optional),
            keys[chosen],
            paths[chosen],
            names[chosen],
            source,
            None if targets is None else targets[chosen],
            classes,
            class_mode,
        )

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: ClassMode | None = "categorical",
        follow_links: bool = False,
        subset: Subset | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        *,
        key: Literal["path", "stem"] = "path",
        name: str = "image",
        optional: bool = False,
    ) -> ImageFlow:
        """A stream of the pictures in a folder with one sub-folder for each class.

        Args:
            directory: The folder.
            target_size: Height and width in pixels to which pictures are resized.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: Names of the sub-folders to read, in the order of their numbers; all of them,
                sorted, by default.
            class_mode: What `flow.batch` gives as the target: `"categorical"` (one-hot),
                `"sparse"` (numbers), `"binary"` (0.0 or 1.0) or `None` (no target).
            follow_links: Whether to read linked folders.
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes of
                each class.
            interpolation: As in `flow_from_dataframe`.
            keep_aspect_ratio: Crop the centre to the target's proportions instead of stretching.
            key: A row's key: `"path"`, relative to the folder, or `"stem"`, the file's name
                without folder and extension.
            name: The input's name.
            optional: Whether a row may lack the picture, once paired.

        Raises:
            ValueError: If an argument is wrong, or there is no picture.
            FileNotFoundError: If the folder or a class' folder is missing.
        """
        if key not in ("path", "stem"):
            raise ValueError(f"`key` must be 'path' or 'stem'. Received: key={key!r}")
        root = _folder(directory)
        if classes is None:
            classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
        names: list[str] = []
        targets: list[str] = []
        for label in classes:
            found = list(_pictures(_folder(os.path.join(root, label)), root, follow_links))
            found = found[self._subset(subset, len(found))]
            names += found
            targets += [label] * len(found)
        if not names:
            raise ValueError(
                f"`directory` must have a sub-folder for each class with {', '.join(_EXTENSIONS)} "
                f"files. Received: directory={os.fspath(directory)!r} with classes "
                f"{list(classes)} and no picture"
            )
        keys: list[Hashable] = [
            pathlib.PurePath(file).stem if key == "stem" else file for file in names
        ]
        paths = [os.path.join(root, file) for file in names]
        _check_files(paths, keys, f"folder {root!r}")
        return self._flow(
            self._spec(name, target_size, color_mode, interpolation, keep_aspect_ratio, optional),
            keys,
            paths,
            names,
            f"folder {root!r}",
            targets,
            classes,
            class_mode,
        )

    def _spec(
        self,
        name: str,
        target_size: tuple[int, int],
        color_mode: str,
        interpolation: str,
        keep_aspect_ratio: bool,
        optional: bool,
    ) -> Image:
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"`color_mode` must be one of {list(_CHANNELS)}. "
                f"Received: color_mode={color_mode!r}"
            )
        height, width = target_size
        return Image(
            name=name,
            optional=optional,
            height=height,
            width=width,
            channels=_CHANNELS[color_mode],
            interpolation=_INTERPOLATIONS.get(interpolation, interpolation),
            keep_aspect_ratio=keep_aspect_ratio,
            rescale=self.rescale or 1.0,
        )

    def _subset(self, subset: str | None, rows: int) -> slice:
        """The part of `rows` that `subset` names; the front is for validation, as in Keras."""
        if subset not in (None, "training", "validation"):
            raise ValueError(
                f"`subset` must be 'training', 'validation' or None. Received: subset={subset!r}"
            )
        if subset is None:
            return slice(None)
        if not self.validation_split:
            raise ValueError(
                "`subset` must go with a `validation_split` of the ImageStream. "
                f"Received: subset={subset!r}, validation_split={self.validation_split}"
            )
        cut = int(self.validation_split * rows)
        return slice(cut) if subset == "validation" else slice(cut, None)

    def _flow(
        self,
        spec: Image,
        keys: Sequence[Hashable],
        paths: Sequence[str],
        filenames: Sequence[str],
        source: str,
        targets: Sequence[Any] | None,
        classes: Sequence[str] | None,
        class_mode: str | None,
    ) -> ImageFlow:
        if class_mode not in CLASS_MODES:
            raise ValueError(
                f"`class_mode` must be one of {list(CLASS_MODES)}. "
                f"Received: class_mode={class_mode!r}"
            )
        return ImageFlow(
            spec,
            keys,
            paths,
            source,
            augmentation=self.augmentation,
            filenames=filenames,
            targets=targets,
            classes=classes,
            class_mode=class_mode,
        )


def _pair(argument: str, value: Any) -> tuple[float, float]:
    if (
        not isinstance(value, (tuple, list, np.ndarray))
        or len(value) != 2
        or not all(isinstance(item, (int, float, np.number)) for item in value)
    ):
        raise ValueError(
            f"`{argument}` must be a tuple or list of two floats. Received: {argument}={value!r}"
        )
    return float(value[0]), float(value[1])


def _shifts(value: float | Sequence[float]) -> float | tuple[float, ...]:
    return value if isinstance(value, (int, float)) else tuple(value)


def _folder(directory: str | os.PathLike[str]) -> str:
    path = os.fspath(directory)
    if not os.path.isdir(path):
        raise FileNotFoundError(
            f"`directory` must be a folder. Received: {path!r}, which is not one. "
            "Correct the path, or create it."
        )
    return path


def _pictures(folder: str, root: str, follow_links: bool) -> Iterator[str]:
    """The picture files below `folder`, relative to `root`, in sorted order."""
    for parent, folders, files in os.walk(folder, followlinks=follow_links):
        folders.sort()
        for file in sorted(files):
            if file.lower().endswith(_EXTENSIONS):
                yield os.path.relpath(os.path.join(parent, file), root)


def _check_files(paths: Sequence[str], keys: Sequence[Hashable], source: str) -> None:
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
            "Correct the names, or empty the cells of rows that have no picture."
        )
    if empty:
        raise ValueError(
            f"{source} must name pictures. Received: {len(empty)} of 0 bytes, as (row, file): "
            f"{name_keys(empty)}. Replace the files, or empty the cells."
        )
