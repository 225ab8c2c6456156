"""Options that say what a table's columns are."""

import dataclasses

from keras_multimodal._options.declaration import Declared, described, option
from keras_multimodal.errors import ArgumentError

SOURCES = ".csv, .tsv, .parquet, .jsonl or .ndjson file, text as gzip too, or tfds:NAME"
TASKS = ("classification", "regression", "generation", "retrieval")
_LISTS = ("image", "text", "audio", "sensor", "tabular", "ignore")


@described
@dataclasses.dataclass(frozen=True, kw_only=True)
class TableOptions(Declared):
    """Options of a table: what its columns are, and how its rows are divided and read.

    Args:
        OPTIONS

    Raises:
        ArgumentError: If an option is out of its range, or a column is named twice.

    Example:

    >>> TableOptions(source="pets.csv", target="sort").image_size
    96
    """

    source: str | None = option(None, f"the table: a {SOURCES}", metavar="TABLE")
    target: str | None = option(
        None, "the column to predict, or to write; none for retrieval", metavar="COLUMN"
    )
    directory: str | None = option(
        None,
        "folder that file names are relative to",
        otherwise="the table's",
        metavar="DIR",
    )
    confine: bool = option(
        False, "read no file outside of that folder, wherever names and links lead"
    )
    encoding: str | None = option(
        None,
        "encoding of the table, and of text files that it names and that are no UTF-8",
        otherwise="as their bytes show",
        metavar="NAME",
    )
    sep: str | None = option(
        None,
        "sign between the cells of a .csv or .tsv",
        otherwise="as the names show",
        metavar="SIGN",
    )
    image: tuple[str, ...] = option((), "columns of pictures' file names", metavar="COLUMN")
    text: tuple[str, ...] = option((), "columns of texts", metavar="COLUMN")
    audio: tuple[str, ...] = option((), "columns of recordings' file names", metavar="COLUMN")
    sensor: tuple[str, ...] = option(
        (), "columns of series, in CSV or Parquet files or as lists", metavar="COLUMN"
    )
    tabular: tuple[str, ...] = option(
        (), "columns of numbers or categories", metavar="COLUMN", called="table"
    )
    ignore: tuple[str, ...] = option((), "columns to leave out", metavar="COLUMN")
    only: bool = option(False, "leave out the columns that no option names")
    task: str | None = option(
        None,
        "what is learned",
        otherwise="classes or numbers, as the target's cells are",
        choices=TASKS,
    )
    key: str | None = option(
        None, "column of the rows' names, kept in predictions", metavar="COLUMN"
    )
    split: str | None = option(
        None,
        "column of the rows' parts: train, test and, if you have it, validation",
        otherwise="70, 15 and 15 of 100 rows, by chance",
        metavar="COLUMN",
    )
    group: str | None = option(None, "column of groups, none of which is divided", metavar="COLUMN")
    tfds_split: str = option("train", "rows of tfds:NAME", metavar="SPLIT")
    seed: int = option(
        0,
        "random seed of the split, the weights and the order",
        metavar="S",
        least=0,
        most=2**32 - 1,
    )
    decimal: str | None = option(
        None,
        "sign before the decimals of numbers; the other one parts thousands",
        otherwise="as the cells show",
        choices=(".", ","),
    )
    image_size: int = option(96, "pixels on each side of pictures", metavar="N", least=8)
    sample_rate: int = option(16_000, "of recordings, in Hz", metavar="HZ", least=1000)
    duration: float | None = option(
        None,
        "of recordings, in seconds",
        otherwise="that of the longest, at most 10",
        metavar="SECONDS",
        positive=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.target is not None and self.task == "retrieval":
            raise ArgumentError(
                "target", f"must be left out where `task` is retrieval. Received: {self.target!r}"
            )
        named: dict[str, str] = {}
        for kind in _LISTS:
            for column in getattr(self, kind):
                if column in named:
                    raise ArgumentError(
                        kind,
                        "must name columns that no other option does. "
                        f"Received: {column!r}, which `{named[column]}` names too",
                    )
                named[column] = kind
        if self.target in named:
            raise ArgumentError(
                named[str(self.target)], f"must not name the target. Received: {self.target!r}"
            )

    def named_columns(self) -> list[tuple[str, str, str]]:
        """Return option, column and kind of named columns, but for `tabular` and target."""
        kinds = [kind for kind in _LISTS if kind != "tabular"]
        named = [(kind, column, kind) for kind in kinds for column in getattr(self, kind)]
        taken = {column for _, column, _ in named} | set(self.tabular)
        return named + [
            (option, column, "ignore") for option, column in self.steering if column not in taken
        ]

    @property
    def steering(self) -> list[tuple[str, str]]:
        """Option and column of those that say which rows are which, and are not learned of."""
        named = (("key", self.key), ("split", self.split), ("group", self.group))
        return [(option, column) for option, column in named if column is not None]
