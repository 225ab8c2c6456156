"""Options of a training run."""

import dataclasses
import pathlib

from keras_multimodal._options.declaration import described, option
from keras_multimodal._options.table_options import TableOptions
from keras_multimodal.errors import ArgumentError


@described
@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingOptions(TableOptions):
    """Options of a training run; `config.json` of a run's folder holds them.

    Args:
        OPTIONS

    Raises:
        ArgumentError: If an option is out of its range, a column is named twice, or there is
            nothing to learn.

    Example:

    >>> TrainingOptions(source="pets.csv", target="sort", output="run").epochs
    30
    """

    output: str = option("keras-multimodal-run", "folder to write", metavar="DIR")
    fusion: str | None = option(
        None, "how modalities are fused, by name", otherwise="co_attention", metavar="NAME"
    )
    epochs: int = option(30, "the most epochs", metavar="N", least=1)
    patience: int = option(
        8, "epochs without improvement before training stops", metavar="N", least=1
    )
    time_limit: float | None = option(
        None,
        "minutes after which training stops, with the best epoch so far",
        metavar="MINUTES",
        positive=True,
    )
    batch_size: int = option(32, "rows in a batch", metavar="N", least=1)
    learning_rate: float = option(2e-3, "of AdamW, at the start", metavar="RATE", positive=True)
    baselines: bool = option(True, "train each modality alone")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target is None and self.task != "retrieval":
            raise ArgumentError(
                "target",
                "must name the column to predict, unless `task` is retrieval, which is to find "
                "what belongs together. Received: none",
            )

    @property
    def resume_folder(self) -> pathlib.Path:
        """The folder of what a run has learned until all is done."""
        output = pathlib.Path(self.output)
        return output.with_name(f"{output.name}.resume")
