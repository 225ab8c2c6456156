"""What a flow's batches are like."""

import dataclasses
import os


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlowDefaults:
    """What a flow's batches are like where `batch` isn't told otherwise.

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
    save_to_dir: str | None = None
    save_prefix: str = ""
    save_format: str = "png"

    def __post_init__(self) -> None:
        if self.save_format not in ("png", "jpeg", "jpg"):
            raise ValueError(
                "`save_format` must be 'png', 'jpeg' or 'jpg'. "
                f"Received: save_format={self.save_format!r}"
            )


def make_defaults(
    batch_size: int,
    shuffle: bool,
    seed: int | None,
    save_to_dir: str | os.PathLike[str] | None,
    save_prefix: str,
    save_format: str,
) -> FlowDefaults:
    """Return the defaults of a flow, from the arguments that its maker received."""
    return FlowDefaults(
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        save_to_dir=None if save_to_dir is None else os.fspath(save_to_dir),
        save_prefix=save_prefix,
        save_format=save_format,
    )
