"""Base of the modalities' descriptions."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from keras_multimodal._inner_names import inner_name
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True, kw_only=True)
class Modality:
    """Base of the modalities' descriptions.

    Args:
        name: The input's name, any text. Its `inner_name` is the key in a batch and the name of the
            model's input.
        optional: Whether a row may lack this modality. A batch then has a boolean
            `<name>_present` beside the tensor.

    Raises:
        ValueError: If `name` is empty.

    Example:

    >>> from keras_multimodal.schema import Text
    >>> Text(name="title", length=12, optional=True).tensors
    {'title': ((12,), 'int32'), 'title_present': ((), 'bool')}
    """

    kind: ClassVar[str] = ""
    # Whether a row's tensor has a mask of its own along its first axis, such as that of a recording
    # shorter than others. Where the mask can be read off the tensor, as off ids, there is none.
    masked: ClassVar[bool] = False

    # Whether a row's tensor has its steps, such as words or samples, along its first axis.
    sequential: ClassVar[bool] = False

    # What fields mean in a file that was written before there were these fields, where that is
    # not their default.
    unwritten: ClassVar[Mapping[str, object]] = {}

    name: str
    optional: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"`name` must be a text that is not empty. Received: {self.name!r}")

    @classmethod
    def from_cells(cls, cells: Sequence[Cell], *, name: str, optional: bool) -> Self:
        """Return the description of a column's cells, as `Schema.infer` asks for it.

        A kind of your own is described by its defaults; override this where the cells say more,
        such as how many joints there are.

        Args:
            cells: The column's cells, the missing ones too.
            name: The input's name.
            optional: Whether a cell is missing.

        Raises:
            ValueError: If a field has no default.
        """
        lacking = [
            field.name
            for field in dataclasses.fields(cls)
            if field.default is field.default_factory is dataclasses.MISSING
            and field.name not in ("name", "optional")
        ]
        if lacking:
            raise ValueError(
                f"{cls.__name__} must read {lacking} off the cells in `from_cells`, or have "
                f"defaults for them. Received: the column {name!r} of the kind {cls.kind!r}"
            )
        return cls(name=name, optional=optional)

    @property
    def inner_name(self) -> str:
        """The name of the modality's tensor: `name`, or what is made of it for TensorFlow."""
        return inner_name(self.name)

    @property
    def present_name(self) -> str:
        """The name of the flag that says whether a row has this modality."""
        return f"{self.inner_name}_present"

    @property
    def mask_name(self) -> str:
        """The name of the mask, of shape `(length,)`, where the modality has one."""
        return f"{self.inner_name}_mask"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row's tensor, without the batch axis."""
        raise NotImplementedError

    @property
    def dtype(self) -> str:
        """The dtype of the tensor that the model receives."""
        return "float32"

    @property
    def obstacle(self) -> str:
        """The reason why no exported model can have this preprocessing; empty if one can."""
        return ""

    @property
    def tensors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Everything that a batch has of the modality: shape, without the batch axis, and dtype.

        The tensor itself, `<name>_mask` where it has a mask, and `<name>_present` where it is
        optional.
        """
        tensors: dict[str, tuple[tuple[int, ...], str]] = {
            self.inner_name: (self.shape, self.dtype)
        }
        if self.masked:
            tensors[self.mask_name] = (self.shape[:1], "bool")
        if self.optional:
            tensors[self.present_name] = ((), "bool")
        return tensors

    def encoder_inputs(self, batch: Mapping[str, Any]) -> Any:
        """Pick the inputs of the modality's encoder out of a batch or of a model's inputs.

        Args:
            batch: Tensors by name, those of `tensors` among them.

        Returns:
            The modality's tensor; or a list of it and its mask, which is False everywhere in a row
            without the modality, or its presence flag.
        """
        # Where there is a mask, it says what the flag says and more.
        skipped = self.present_name if self.mask_name in self.tensors else None
        parts = [batch[name] for name in self.tensors if name != skipped]
        return parts[0] if len(parts) == 1 else parts
