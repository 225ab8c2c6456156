"""Pictures from folders and frames, with random changes."""

import dataclasses
import os
from collections.abc import Sequence
from typing import Any, Literal, Self

from keras_multimodal.data.column.cells import frame_column
from keras_multimodal.data.column.files import existing_folder, sub_folders
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.keyed_files import KeyedFiles, folder_files, frame_files
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image.files import EXTENSIONS, picture_files
from keras_multimodal.data.image_data_generator.argument_checks import check_column_options
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.data.image_data_generator.from_generator import generator_settings
from keras_multimodal.data.image_data_generator.picture_format import ColorMode, PictureFormat
from keras_multimodal.data.image_data_generator.settings import Subset
from keras_multimodal.data.image_data_generator.targets import (
    ClassMode,
    FlowTargets,
    frame_targets,
    picture_columns,
)
from keras_multimodal.data.image_data_generator.transformer import ImageTransformer
from keras_multimodal.schema import Image
from keras_multimodal.types import Frame

# The column that holds one picture of each row while a flow is made of it.
_PICTURES = "one of several pictures"


class ImageStream(ImageTransformer):
    """Makes columns of pictures in `ImageDataGenerator`'s terms, on tf.data.

    The arguments are those of `keras.preprocessing.image.ImageDataGenerator`, with its meanings
    and defaults. The random changes are made to training batches only, whole batches at a time;
    they depend on the seed, the epoch and the row alone.

    What `fit` learns, and what `records.split` learns of the training rows where `featurewise_...`
    or `zca_whitening` is asked for, becomes part of the pictures' description, and so of an
    exported model.

    Args:
        featurewise_center: Subtract each channel's mean over the training rows.
        samplewise_center: Subtract each picture's own mean.
        featurewise_std_normalization: Divide by each channel's standard deviation over the training
            rows; centers too.
        samplewise_std_normalization: Divide by each picture's own standard deviation; centers too.
        zca_whitening: Whiten the pictures over the training rows; centers too. The matrix has
            `(height * width * channels) ** 2` numbers: for small pictures only.
        zca_epsilon: Added to the singular values before they are inverted. Defaults to 1e-6.
        rotation_range: Turn by up to this many degrees either way, about the picture's own centre;
            Keras turns pictures that are not square about another. Defaults to 0.
        width_shift_range: Shift along the width: a float below 1 is a fraction of the width, one
            from 1 up a number of pixels; an integer `n` shifts by whole pixels less than `n`; a
            list holds the shifts in pixels to choose from. Defaults to 0.0.
        height_shift_range: The same along the height. Defaults to 0.0.
        brightness_range: Lowest and highest factor on the pixels. Defaults to `None`.
        shear_range: Shear by up to this many degrees either way. Defaults to 0.0.
        zoom_range: Lowest and highest factor on the coordinates (below 1 magnifies), or one number
            `z` for `[1 - z, 1 + z]`. Defaults to 0.0.
        channel_shift_range: Change all channels by up to this many grey levels either way, within
            the picture's own darkest and brightest value. Defaults to 0.0.
        fill_mode: What lies beyond the edge: `"constant"`, `"nearest"`, `"reflect"` or `"wrap"`.
            Defaults to `"nearest"`.
        cval: The pixel value beyond the edge with `fill_mode="constant"`, in [0, 255].
        horizontal_flip: Mirror left and right in half of the rows. Defaults to `False`.
        vertical_flip: Mirror top and bottom in half of the rows. Defaults to `False`.
        rescale: Factor on the pixels, after the random changes; `1/255` gives [0, 1]. Defaults to
            `None`.
        preprocessing_function: A function, or a Keras layer, from one picture
            `(height, width, channels)` float32 to another of that shape, called before `rescale`,
            in training or not. It becomes part of a graph: it may use TensorFlow and `keras.ops`,
            not NumPy, whose random numbers would be drawn once for all rows (`tf.random.uniform`
            draws anew). It cannot be exported; see `export.saved_model`.
        data_format: `"channels_last"` or `"channels_first"`; Keras' own by default.
        validation_split: Share of the rows, in [0, 1), that `subset="validation"` takes from the
            front. `records.split` shuffles and stratifies, and is usually what you want.
        interpolation_order: 0 for the nearest pixel, 1 for bilinear. Splines of higher orders have
            no TensorFlow kernel, and are refused.
        dtype: `None` or `"float32"`: a model in mixed precision casts its inputs itself. `"uint8"`
            leaves pixels as they are, a quarter of the bytes, for a model that begins with
            `keras.layers.Rescaling` or the like; nothing may be rescaled or normalised here then.
        augment: Keras' preprocessing layers, a `keras.layers.Pipeline` or a list of them, such as
            `keras.layers.RandAugment(value_range=(0, 255))`, which training batches go through in
            [0, 255], after rotation, shifts, shear and zoom, and before the rest. Keras draws for
            a whole batch at once.
        random_crop: Cut the target out of the picture instead of resizing it: anywhere in training,
            in the centre otherwise. Only what is cut out is decoded of a JPEG. A picture that is
            too small is enlarged to cover the target. Defaults to `False`.
        max_pixels: Files that claim more pixels are refused before they are decoded. Defaults to
            178,956,970, where Pillow refuses. Transparent pixels, and those of progressive
            JPEGs, count for three.
        exif_orientation: Turn pictures as their EXIF says, as viewers do and Keras does not; with
            `False` a phone's may lie on their side. Defaults to `True`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> images = ImageStream(rescale=1 / 255, horizontal_flip=True, rotation_range=15)
    >>> images.augmentation.rotation_range
    15
    """

    @classmethod
    def from_generator(cls, generator: Any, **settings: Any) -> Self:
        """Return the stream that does what a Keras `ImageDataGenerator` does.

        Call its `flow_...` methods with the arguments that the generator's were given. What
        `generator.fit` has learned comes along.

        Args:
            generator: A `keras.preprocessing.image.ImageDataGenerator`. Of a subclass the settings
                are taken, and not what its methods do otherwise.
            **settings: Others of this class, such as `random_crop`.

        Raises:
            TypeError: If it is none.
            ValueError: If a setting has no counterpart, such as `interpolation_order=3`.
        """
        arguments, learned = generator_settings(generator)
        stream = cls(**arguments, **settings)
        stream.settings = dataclasses.replace(stream.settings, learned=learned)
        return stream

    def from_dataframe(
        self,
        dataframe: Frame,
        column: str,
        directory: str | os.PathLike[str] | None = None,
        *,
        key: str | None = None,
        name: str | None = None,
        optional: bool = False,
        **options: Any,
    ) -> ImageColumn:
        """Return a column of the pictures that a column of a frame names.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            column: Column of file names. An empty cell is a row without a picture.
            directory: Folder that the file names are relative to. Without it they are paths.
            key: Column of keys; the frame's index by default.
            name: The input's name; `"image"` by default.
            optional: Whether a row may lack the picture.
            **options: Others of `flow_from_dataframe` that say how pictures are read, such as
                `target_size` and `color_mode`. `pair` takes the labels.

        Raises:
            ValueError: If a column or an argument is wrong, or a file is empty.
            FileNotFoundError: If the folder or a file is missing; it names the row.
        """
        dataframe = as_frame(dataframe, key, as_text=[column])
        frame_column(dataframe, column, "column")  # refuses a name that is none in these terms
        check_column_options(options)
        flow = self.flow_from_dataframe(
            dataframe,
            directory,
            column,
            class_mode=None,
            key=key,
            name=Image.name if name is None else name,
            optional=optional,
            **options,
        )
        return flow.column

    def flow_from_dataframe(
        self,
        dataframe: Frame,
        directory: str | os.PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] | None = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: ClassMode | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: Subset | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        *,
        keep_aspect_ratio: bool = False,
        antialias: bool = True,
        scaled_decoding: bool = False,
        key: str | None = None,
        name: str = "image",
        optional: bool = False,
    ) -> ImageFlow:
        """Return a flow of the pictures that a column of a frame names.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            directory: Folder that the file names are relative to. Without it they are paths.
            x_col: Column of file names. An empty cell is a row without a picture.
            y_col: Column of class names, for `flow.labels`. If the frame has no column of the
                default name, or with `None`, the flow has no labels, as of a test set, and `pair`
                takes them from elsewhere. With `class_mode="categorical"` a cell may be a list of
                classes. Of other targets, with `class_mode="raw"` one column or several, with
                `"multi_output"` several.
            weight_col: Column of the rows' weights, the third part of a batch of `flow.batch`.
            target_size: Height and width in pixels to which pictures are resized.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: Class names in the order of their numbers; sorted by default.
            class_mode: What a batch has as the target: `"categorical"` (one-hot, or a one for each
                class of a list), `"sparse"` (numbers), `"binary"` (0.0 or 1.0), `"raw"` (the
                numbers of `y_col`), `"multi_output"` (one output for each of `y_col`), `"input"`
                (the picture itself) or `None` (no target).
            batch_size: Rows in a batch of `flow.batch`.
            shuffle: Whether its training batches are shuffled.
            seed: Seed of its order and of its random changes.
            save_to_dir: Folder to which it also writes each picture, as it is given to the model
                but for its range.
            save_prefix: What the names of these files begin with.
            save_format: `"png"` or `"jpeg"`.
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes.
            interpolation: How pictures of another size are resized, in Keras' terms (`"nearest"`,
                `"bilinear"`, `"bicubic"`, `"box"`, `"lanczos"`) or those of `schema.Image`.
            validate_filenames: Whether to check now that each file is there and not empty.
            keep_aspect_ratio: Crop the centre to the target's proportions instead of stretching.
            antialias: Smooth before shrinking, as Keras does; without it, `"bilinear"` is what
                `tf.image.resize` does by default, and reads pictures more than twice as fast.
            scaled_decoding: Let the JPEG decoder shrink pictures of at least twice the target's
                size, by 2, 4 or 8: faster, but the pixels are not quite Keras'.
            key: Column of keys; the frame's index by default.
            name: The input's name.
            optional: Whether a row may lack the picture.

        Raises:
            ValueError: If a column or an argument is wrong, or a file is empty.
            FileNotFoundError: If the folder or a file is missing; it names the row.
        """
        dataframe = as_frame(dataframe, key, as_text=[x_col])
        files = frame_files(dataframe, x_col, directory, key, "x_col")
        targets = frame_targets(dataframe, y_col, weight_col, classes, class_mode)
        defaults = FlowDefaults(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        rows = self.settings.rows_of(subset, len(files.keys))
        chosen = files.part(rows)
        if validate_filenames:
            chosen.check("picture")
        pixels = PictureFormat(
            target_size, color_mode, interpolation, keep_aspect_ratio, antialias, scaled_decoding
        )
        # Of all files, and not of the subset's alone: both must have the same description.
        spec = self.settings.describe_files(pixels, files.paths, name, optional)
        return self._flow(spec, chosen, targets.part(rows), defaults)

    def flows_from_dataframe(
        self,
        dataframe: Frame,
        column: str | Sequence[str],
        directory: str | os.PathLike[str] | None = None,
        *,
        count: int | None = None,
        alike: bool = False,
        name: str | None = None,
        **options: Any,
    ) -> tuple[ImageColumn, ...]:
        """Return columns for rows of several pictures: one for the first of each, and so on.

        Give all of them to `pair`, and their inputs to one encoder. A row with fewer pictures lacks
        the others, and is masked there.

        Args:
            dataframe: One row for each record.
            column: Columns of file names, or one column whose cells are lists of them.
            directory: Folder that the file names are relative to. Without it they are paths.
            count: How many columns to make of lists; as many as the longest has by default.
            alike: Whether training changes a row's pictures alike, as those of a stereo camera.
            name: The inputs are named `<name>_0`, `<name>_1`, ...; `"image"` by default.
            **options: Others of `from_dataframe`.

        Raises:
            TypeError: If a cell is no list.
            ValueError: If a row has more than `count` pictures, or as `flow_from_dataframe`.
        """
        names = [column] if isinstance(column, str) else list(column)
        dataframe = as_frame(dataframe, options.get("key"), as_text=names)
        name = Image.name if name is None else name
        options = {"optional": True, **options}
        columns = []
        for number, cells in enumerate(picture_columns(dataframe, column, count)):
            frame = dataframe.assign(**{_PICTURES: cells})
            each = f"{name}_{number}"
            made = self.from_dataframe(frame, _PICTURES, directory, name=each, **options)
            columns.append(made.with_view(name) if alike else made)
        return tuple(columns)

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: ClassMode | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: Subset | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        *,
        antialias: bool = True,
        scaled_decoding: bool = False,
        key: Literal["path", "stem"] = "path",
        name: str = "image",
        optional: bool = False,
    ) -> ImageFlow:
        """Return a flow of the pictures in a folder with one sub-folder for each class.

        Args:
            directory: The folder.
            target_size: Height and width in pixels to which pictures are resized.
            color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
            classes: Names of the sub-folders to read, in the order of their numbers; all of them,
                sorted, by default. Hidden ones, such as `.ipynb_checkpoints`, are none, nor are
                hidden files pictures.
            class_mode: What `flow.batch` gives as the target: `"categorical"` (one-hot),
                `"sparse"` (numbers), `"binary"` (0.0 or 1.0), `"input"` (the picture itself) or
                `None` (no target).
            batch_size: Rows in a batch of `flow.batch`.
            shuffle: Whether its training batches are shuffled.
            seed: Seed of its order and of its random changes.
            save_to_dir: Folder to which it also writes each picture.
            save_prefix: What the names of these files begin with.
            save_format: `"png"` or `"jpeg"`.
            follow_links: Whether to read linked folders.
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes of
                each class.
            interpolation: As in `flow_from_dataframe`.
            keep_aspect_ratio: As in `flow_from_dataframe`.
            antialias: As in `flow_from_dataframe`.
            scaled_decoding: As in `flow_from_dataframe`.
            key: A row's key: `"path"`, relative to the folder, or `"stem"`, the file's name
                without folder and extension.
            name: The input's name.
            optional: Whether a row may lack the picture, once paired.

        Raises:
            ValueError: If an argument is wrong, or there is no picture.
            FileNotFoundError: If the folder or a class' folder is missing.
        """
        root = existing_folder(directory)
        if classes is None:
            classes = sub_folders(root)
        names: list[str] = []
        labels: list[str] = []
        for label in classes:
            folder = existing_folder(os.path.join(root, label))
            found = list(picture_files(folder, root, follow_links))
            found = found[self.settings.rows_of(subset, len(found))]
            names += found
            labels += [label] * len(found)
        if not names:
            raise ValueError(
                f"`directory` must have a sub-folder for each class with {', '.join(EXTENSIONS)} "
                f"files. Received: directory={os.fspath(directory)!r} with classes "
                f"{list(classes)} and no picture"
            )
        files = folder_files(root, names, key)
        files.check("picture")
        targets = FlowTargets(targets=labels, classes=classes, class_mode=class_mode)
        defaults = FlowDefaults(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        pixels = PictureFormat(
            target_size, color_mode, interpolation, keep_aspect_ratio, antialias, scaled_decoding
        )
        spec = self.settings.describe_files(pixels, files.paths, name, optional)
        return self._flow(spec, files, targets, defaults)

    def _flow(
        self, spec: Image, files: KeyedFiles, targets: FlowTargets, defaults: FlowDefaults
    ) -> ImageFlow:
        column = ImageColumn(
            spec, files.keys, files.paths, files.source, **self.settings.column_options()
        )
        return ImageFlow(
            column,
            filenames=files.names,
            targets=targets.targets,
            classes=targets.classes,
            class_mode=targets.class_mode,
            weights=targets.weights,
            defaults=defaults,
        )
