"""The description of features that an encoder has made beforehand."""

import dataclasses
from typing import ClassVar

from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Features(Modality):
    """Tokens and their mask, as an encoder made them of another modality.

    A batch has `<name>`, `(batch, length, dim)`, and `<name>_mask`, `(batch, length)`.

    Args:
        name: The input's name.
        optional: Whether a row may lack the features.
        length: Tokens of each row, padding included.
        dim: Width of each token.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> Features(name="image", length=49, dim=1280).tensors
    {'image': ((49, 1280), 'float32'), 'image_mask': ((49,), 'bool')}
    """

    kind: ClassVar[str] = "features"
    masked: ClassVar[bool] = True

    name: str = "features"
    length: int
    dim: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.length < 1 or self.dim < 1:
            raise ValueError(
                "`length` and `dim` must be at least 1. "
                f"Received: length={self.length}, dim={self.dim}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(length, dim)`."""
        return (self.length, self.dim)
