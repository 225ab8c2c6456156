"""Variants of the OpenMoji data set for tensorflow-datasets."""

import dataclasses
from typing import Any

from keras_multimodal.datasets._icons import check_size, variant_name
from keras_multimodal.datasets._packages import require

tfds: Any = require("tensorflow_datasets")[0]


@dataclasses.dataclass
class OpenMojiConfig(tfds.core.BuilderConfig):
    """The choice of icons, and how they are drawn.

    Args:
        name: The variant's name, which is part of the prepared data's path. Defaults to one made
            of the other arguments, such as `"72px"` or `"96px_skin_tones"`.
        size: Height and width of the pictures in pixels. Defaults to 72.
        skin_tones: Whether to add the 1,875 skin-tone variants to the 1,898 base emoji.

    Raises:
        ValueError: If `size` is not a positive whole number.

    Example:

    >>> OpenMojiConfig(size=96, skin_tones=True).name
    '96px_skin_tones'
    """

    name: str = ""
    description: str | None = None
    size: int = 72
    skin_tones: bool = False

    def __post_init__(self) -> None:
        check_size(self.size)
        tones = ", and their skin-tone variants" if self.skin_tones else ""
        self.name = self.name or variant_name(self.size, self.skin_tones)
        self.description = (
            self.description
            or f"1,898 base emoji{tones}, as pictures of {self.size} by {self.size} pixels."
        )
