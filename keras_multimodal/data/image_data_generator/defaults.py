"""The batches of a flow."""

import dataclasses
import os


@dataclasses.dataclass(frozen=True)
class FlowDefaults:
    """A flow's batches where `batch` isn't told otherwise.

    Args:
        batch_size: Rows in a batch.
        shuffle: Whether training batches are shuffled.
        seed: Seed of the order and of the augmentation; 0 for `None`.
        save_to_dir: Folder to which each batch's pictures are written too, or `None`.
        save_prefix: What the names of the files begin with.
        save_format: `"png"` or `"jpeg"`.
    """

    batch_size: int = 32
    shuffle: bool = True
    seed: int | None = None
    save_to_dir: str | os.PathLike[str] | None = None
    save_prefix: str = ""
    save_format: str = "png"

    def __post_init__(self) -> None:
        if self.save_format not in ("png", "jpeg", "jpg"):
            raise ValueError(
                "`save_format` must be 'png', 'jpeg' or 'jpg'. "
                f"Received: save_format={self.save_format!r}"
            )

    @property
    def save_channels(self) -> tuple[int, ...]:
        """The numbers of channels that a file of `save_format` holds."""
        return (1, 2, 3, 4) if self.save_format == "png" else (1, 3)
