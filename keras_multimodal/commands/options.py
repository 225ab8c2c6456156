"""The options of a training run: from the command line, a file, or both."""

import dataclasses
import importlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from keras_multimodal.layers import fusion as fusions

TASKS = ("classification", "regression", "generation", "retrieval")
VERSION = 1  # of config.json

# Of the options that are no strings.
_TYPES: dict[str, type] = {
    **dict.fromkeys(("epochs", "patience", "batch_size", "seed", "image_size", "sample_rate"), int),
    **dict.fromkeys(("time_limit", "learning_rate", "duration"), float),
    **dict.fromkeys(("only", "baselines"), bool),
}
_LISTS = ("image", "text", "audio", "sensor", "table", "ignore")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What `keras-multimodal train` is told, and what `config.json` holds of it.

    Args:
        source: The table: a `.csv`, `.tsv`, `.parquet`, `.jsonl` or `.ndjson` file, or
            `tfds:NAME`, a data set of tensorflow-datasets.
        target: The column to predict, or to write; none for retrieval.
        output: The folder to write.
        directory: The folder that file names are relative to. Default `None`: the table's.
        image: Columns of pictures' file names.
        text: Columns of texts.
        audio: Columns of recordings' file names.
        sensor: Columns of series, in files or as lists of numbers.
        table: Columns of numbers and categories.
        ignore: Columns to leave out. The kind of those that no option names is read off them.
        only: Whether columns that no option names are left out. Default False.
        task: One of `"classification"`, `"regression"`, `"generation"` and `"retrieval"`. Default
            `None`: the target says.
        fusion: A name of `layers.fusion.names()`. Default `"co_attention"`.
        key: The column of the rows' names, kept in predictions.
        split: The column of the rows' parts: train, validation and test; without validation rows,
            15 of 100 training rows are. Default `None`: 70, 15 and 15 of 100, by chance.
        group: The column of groups, none of which is divided.
        tfds_split: Which rows of a data set of tensorflow-datasets. Default `"train"`.
        epochs: The most epochs. Default 30.
        patience: Epochs without a lower validation loss after which training stops. Default 8.
        time_limit: Minutes after which training stops at the end of an epoch. Default `None`.
        batch_size: Rows in a batch. Default 32.
        learning_rate: Of AdamW, at the start. Default 0.002.
        seed: Seed of the split, the weights and the order. Default 0.
        image_size: Pixels on each side. Default 96.
        sample_rate: Of recordings, in Hz. Default 16000.
        duration: Of recordings, in seconds. Default `None`: that of the longest, at most 10.
        baselines: Whether each modality is trained alone, too. Default True.

    Raises:
        ValueError: If an option is out of its range. The message names it as the command line does.

    Example:

    >>> Options(source="pets.csv", target="sort", output="run").epochs
    30
    """

    source: str
    target: str | None = None
    output: str = "keras-multimodal-run"
    directory: str | None = None
    image: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()
    sensor: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    only: bool = False
    task: str | None = None
    fusion: str = fusions.DEFAULT
    key: str | None = None
    split: str | None = None
    group: str | None = None
    tfds_split: str = "train"
    epochs: int = 30
    patience: int = 8
    time_limit: float | None = None
    batch_size: int = 32
    learning_rate: float = 2e-3
    seed: int = 0
    image_size: int = 96
    sample_rate: int = 16_000
    duration: float | None = None
    baselines: bool = True

    def __post_init__(self) -> None:
        if self.task is not None and self.task not in TASKS:
            raise ValueError(f"`--task` must be one of {list(TASKS)}. Received: {self.task!r}")
        if self.target is None and self.task != "retrieval":
            raise ValueError(
                "`--target` must name the column to predict, unless `--task retrieval` is to find "
                "what belongs together. Received: none"
            )
        if self.target is not None and self.task == "retrieval":
            raise ValueError(
                f"`--target` must be left out with `--task retrieval`. Received: {self.target!r}"
            )
        for name, least in (
            ("epochs", 1),
            ("patience", 1),
            ("batch_size", 1),
            ("image_size", 8),
            ("sample_rate", 1000),
            ("seed", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(
                    f"`--{name.replace('_', '-')}` must be at least {least}. "
                    f"Received: {getattr(self, name)}"
                )
        for name in ("time_limit", "duration", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(
                    f"`--{name.replace('_', '-')}` must be positive. Received: {value}"
                )
        named: dict[str, str] = {}
        for kind in _LISTS:
            for column in getattr(self, kind):
                if column in named:
                    raise ValueError(
                        f"`--{kind}` must name columns that no other option does. "
                        f"Received: {column!r}, which `--{named[column]}` names too"
                    )
                named[column] = kind
        if self.target in named:
            raise ValueError(
                f"`--{named[str(self.target)]}` must not name the target. Received: {self.target!r}"
            )

    def named_columns(self) -> list[tuple[str, str, str]]:
        """Option, column and kind of the columns that are named, but for `--table` and target."""
        kinds = [kind for kind in _LISTS if kind != "table"]
        named = [(kind, column, kind) for kind in kinds for column in getattr(self, kind)]
        taken = {column for _, column, _ in named} | set(self.table)
        return named + [
            (option, column, "ignore") for option, column in self.steering if column not in taken
        ]

    @property
    def steering(self) -> list[tuple[str, str]]:
        """Option and column of those that say which rows are which, and are not learned of."""
        named = (("key", self.key), ("split", self.split), ("group", self.group))
        return [(option, column) for option, column in named if column is not None]

    @property
    def resume_folder(self) -> pathlib.Path:
        """Where a run keeps what it has learned until all is done."""
        output = pathlib.Path(self.output)
        return output.with_name(f"{output.name}.resume")

    def to_json(self) -> str:
        """Return the options as JSON text, with the version of its form."""
        return json.dumps(
            {"version": VERSION, **dataclasses.asdict(self)}, indent=1, ensure_ascii=False
        )

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any], where: str) -> "Options":
        """Return the options of a mapping, as JSON and YAML have them.

        Args:
            config: The options by name; one column may stand by itself instead of in a list.
            where: Where they come from, for messages.

        Raises:
            ValueError: If an option is unknown or of another type, or a newer version wrote them.
        """
        config = dict(config)
        version = config.pop("version", VERSION)
        if not isinstance(version, int) or version > VERSION:
            raise ValueError(
                f"{where} has version {version}; this keras_multimodal reads up to version "
                f"{VERSION}. Install a newer keras_multimodal."
            )
        fields = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(config) - set(fields))
        if unknown:
            raise ValueError(
                f"{where} must have options that there are. Received: {unknown}; known are "
                f"{sorted(fields)}"
            )
        if "source" not in config:
            raise ValueError(f"{where} must name the table: `source`.")
        for name in _LISTS:
            given = config.get(name) or ()
            given = [given] if isinstance(given, str) else given
            if not isinstance(given, (list, tuple)) or not all(isinstance(c, str) for c in given):
                raise ValueError(
                    f"{where} must have {name!r} as a column or a list of them. Received: {given!r}"
                )
            config[name] = tuple(given)
        for name, value in config.items():
            expected = _TYPES.get(name, str)
            empty = value is None and fields[name].default is None
            whole = expected is float and type(value) is int
            if name in _LISTS or empty or whole or type(value) is expected:
                continue
            raise ValueError(
                f"{where} must have {name!r} as {expected.__name__}. Received: {value!r}"
            )
        return cls(**config)


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the options in a JSON or YAML file, as a mapping.

    Args:
        path: The file: `.json`, `.yaml` or `.yml`.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If it is YAML, and PyYAML is not installed.
        ValueError: If it has another ending, or holds no mapping.
    """
    file = pathlib.Path(path)
    if file.suffix not in (".json", ".yaml", ".yml"):
        raise ValueError(f"`--config` must end in .json, .yaml or .yml. Received: {str(path)!r}")
    if not file.is_file():
        raise FileNotFoundError(f"`--config` must be a file. Received: {str(path)!r}")
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        try:
            config = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"{path} must hold JSON: {error}") from error
    else:
        try:
            yaml = importlib.import_module("yaml")
        except ImportError as error:
            raise ImportError(
                'A YAML file needs PyYAML: pip install "keras-multimodal-fusion[yaml]". JSON does '
                "without."
            ) from error
        try:
            config = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(f"{path} must hold YAML: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold options by name. Received: a {type(config).__name__}")
    return config
