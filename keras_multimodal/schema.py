"""What a record is: its modalities, its target, and how each raw cell becomes a tensor.

A schema is a description and nothing else. It imports no framework; `keras_multimodal.data` turns
it into the tf.data graph that trains a model, and `keras_multimodal.export` puts the same graph in
front of the model it saves. State found on the training rows (a vocabulary, channel means) is part
of the description, so that it travels with the model.
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

VERSION = 1

_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5")
_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
_SPLIT = ("whitespace", "character", "script")
_NORMALIZE = ("NFC", "NFD", "NFKC", "NFKD", None)


def _tuples(value: Any) -> Any:
    """JSON has lists only; the descriptions hold tuples so that they stay hashable."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


@dataclasses.dataclass(frozen=True, kw_only=True)
class Modality:
    """What every modality's description has.

    Args:
        name: The input's name: the key in a batch and the name of the model's input.
        optional: Whether a row may lack this modality. A batch then has a boolean
            `<name>_present` beside the tensor.
    """

    kind: ClassVar[str] = ""
    # Whether a row's tensor has a mask of its own along its first axis, such as that of a recording
    # shorter than others. Where the mask can be read off the tensor, as off ids, there is none.
    masked: ClassVar[bool] = False

    name: str
    optional: bool = False

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(
                "`name` must be an identifier (letters, digits, underscore). "
                f"Received: name={self.name!r}"
            )

    @property
    def present_name(self) -> str:
        """The name of the flag that says whether a row has this modality."""
        return f"{self.name}_present"

    @property
    def mask_name(self) -> str:
        """The name of the mask, of shape `(length,)`, where the modality has one."""
        return f"{self.name}_mask"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one row's tensor, without the batch axis."""
        raise NotImplementedError

    @property
    def dtype(self) -> str:
        """The dtype of the tensor that the model receives."""
        return "float32"

    @property
    def tensors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Everything that a batch has of the modality: shape, without the batch axis, and dtype.

        The tensor itself, `<name>_mask` where it has a mask, and `<name>_present` where it is
        optional.
        """
        tensors: dict[str, tuple[tuple[int, ...], str]] = {self.name: (self.shape, self.dtype)}
        if self.masked:
            tensors[self.mask_name] = (self.shape[:1], "bool")
        if self.optional:
            tensors[self.present_name] = ((), "bool")
        return tensors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Image(Modality):
    """A picture: encoded bytes (JPEG, PNG, GIF or BMP) in, `(height, width, channels)` out.

    The pixel that the model sees is `(pixel * rescale - mean) / std`, with `pixel` in [0, 255].

    Args:
        name: The input's name.
        optional: Whether a row may lack the picture.
        height: Height in pixels.
        width: Width in pixels.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA).
        interpolation: How pictures of another size are resized, in `tf.image.resize`'s terms:
            `"nearest"`, `"bilinear"`, `"bicubic"`, `"area"`, `"lanczos3"` or `"lanczos5"`.
        antialias: Smooth before shrinking, as Pillow does; `"nearest"` and `"area"` ignore it.
        keep_aspect_ratio: Crop the picture's centre to the target's proportions before resizing,
            instead of stretching it.
        background: Grey level, in [0, 255], that shows through transparent pixels where
            `channels` is 1 or 3. `None` ignores transparency as Pillow does, and shows
            whatever colour the file happens to hold there.
        rescale: Factor on the pixel value, not zero; `1/255` gives [0, 1].
        mean: Subtracted from the rescaled pixel, one number for each channel; empty for none.
        std: Divides what is left, one number for each channel; empty for none.
    """

    kind: ClassVar[str] = "image"

    name: str = "image"
    height: int
    width: int
    channels: int = 3
    interpolation: str = "bilinear"
    antialias: bool = True
    keep_aspect_ratio: bool = False
    background: int | None = 255
    rescale: float = 1.0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.height < 1 or self.width < 1:
            raise ValueError(
                "`height` and `width` must be positive numbers of pixels. "
                f"Received: height={self.height}, width={self.width}"
            )
        if self.channels not in (1, 3, 4):
            raise ValueError(f"`channels` must be 1, 3 or 4. Received: channels={self.channels}")
        if self.interpolation not in _INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` must be one of {list(_INTERPOLATIONS)}. "
                f"Received: interpolation={self.interpolation!r}"
            )
        if self.background is not None and not 0 <= self.background <= 255:
            raise ValueError(
                "`background` must be a grey level in [0, 255], or None. "
                f"Received: background={self.background}"
            )
        if not self.rescale:
            raise ValueError(f"`rescale` must not be zero. Received: rescale={self.rescale}")
        for field in ("mean", "std"):
            values = getattr(self, field)
            if len(values) not in (0, self.channels):
                raise ValueError(
                    f"`{field}` must have one number for each of the {self.channels} channels, "
                    f"or be empty. Received: {field}={values}"
                )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(height, width, channels)`."""
        return (self.height, self.width, self.channels)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """A keras_hub tokenizer with its vocabulary: all that it takes to build it again.

    `TextProcessor(tokenizer=...)` writes it.

    Args:
        config: The tokenizer as Keras serialises it, in JSON.
        text_files: Name and content of each vocabulary file that is text.
        binary_files: Name and content, in base64, of each that is not.
        vocabulary_size: How many ids the model may receive, padding included.
        offset: What is added to the tokenizer's ids: 0 where its id 0 is its padding, else 1.
        start: The tokenizer's id before each text, or `None`.
        end: The tokenizer's id after each text, or `None`.
    """

    config: str
    text_files: tuple[tuple[str, str], ...] = ()
    binary_files: tuple[tuple[str, str], ...] = ()
    vocabulary_size: int
    offset: int = 0
    start: int | None = None
    end: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Modality):
    """A string in, `(length,)` int32 token ids out; 0 is padding, 1 a word not in the vocabulary.

    With a `tokenizer`, the ids above 0 are the tokenizer's, plus its `offset`.

    Args:
        name: The input's name.
        optional: Whether a row may lack the text.
        length: Tokens kept of each text; shorter ones are padded, longer ones cut.
        max_tokens: The largest vocabulary to learn, padding and unknown included.
        standardize: What is done to the string first, in `keras.layers.TextVectorization`'s terms.
            Always `None` with a tokenizer.
        normalize: The Unicode normal form that the string is brought to before anything else,
            `"NFC"`, `"NFD"`, `"NFKC"` or `"NFKD"`.
        split: How it is cut into tokens, in the same layer's terms; or `"script"`: at white space,
            and around each character of a script that is written without spaces.
        ngrams: Which n-grams are tokens, in the same layer's terms: up to a number, or exactly
            those of a tuple.
        vocabulary: The tokens learned on the training rows, without padding and unknown; empty
            until adapted.
        tokenizer: A keras_hub tokenizer that cuts the string instead.
        segmenter: Name of the Python function that cut the strings into words before they came
            here, with spaces between them; empty for none.
    """

    kind: ClassVar[str] = "text"

    name: str = "text"
    length: int
    max_tokens: int = 10_000
    standardize: Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"] | None = (
        "lower_and_strip_punctuation"
    )
    normalize: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None
    split: Literal["whitespace", "character", "script"] = "whitespace"
    ngrams: int | tuple[int, ...] | None = None
    vocabulary: tuple[str, ...] = ()
    tokenizer: Tokenizer | None = None
    segmenter: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.tokenizer, dict):  # as JSON has it
            config = {name: _tuples(value) for name, value in self.tokenizer.items()}
            object.__setattr__(self, "tokenizer", Tokenizer(**config))
        if self.length < 1:
            raise ValueError(f"`length` must be at least 1 token. Received: length={self.length}")
        if self.max_tokens < 3:
            raise ValueError(
                "`max_tokens` must leave room for padding, unknown and one word (3 or more). "
                f"Received: max_tokens={self.max_tokens}"
            )
        for field, choices in (
            ("standardize", _STANDARDIZE),
            ("normalize", _NORMALIZE),
            ("split", _SPLIT),
        ):
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"`{field}` must be one of {list(choices)}. "
                    f"Received: {field}={getattr(self, field)!r}"
                )
        numbers = self.ngrams if isinstance(self.ngrams, tuple) else (self.ngrams,)
        if self.ngrams is not None and (
            not numbers or not all(type(number) is int and number > 0 for number in numbers)
        ):
            raise ValueError(
                "`ngrams` must be a positive whole number or a tuple of them. "
                f"Received: ngrams={self.ngrams!r}"
            )
        if self.tokenizer is not None:
            self._check_tokenizer(self.tokenizer)

    def _check_tokenizer(self, tokenizer: Tokenizer) -> None:
        cutting = (self.standardize, self.split, self.ngrams, self.vocabulary)
        if cutting != (None, "whitespace", None, ()):
            raise ValueError(
                "`standardize`, `split`, `ngrams` and `vocabulary` must be None, 'whitespace', "
                "None and empty with a tokenizer, which does all that by itself. "
                f"Received: standardize={self.standardize!r}, split={self.split!r}, "
                f"ngrams={self.ngrams!r} and a vocabulary of {len(self.vocabulary)}"
            )
        special = (tokenizer.start is not None) + (tokenizer.end is not None)
        if self.length <= special:
            raise ValueError(
                f"`length` must leave room for a token beside the {special} special tokens. "
                f"Received: length={self.length}"
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(length,)`."""
        return (self.length,)

    @property
    def dtype(self) -> str:
        """`"int32"`: token ids."""
        return "int32"

    @property
    def vocabulary_size(self) -> int:
        """How many different ids there are, padding and unknown included."""
        return self.tokenizer.vocabulary_size if self.tokenizer else len(self.vocabulary) + 2

    @property
    def needs_tensorflow_text(self) -> bool:
        """Whether the exported model has operations of tensorflow_text, which a server imports."""
        return self.normalize is not None or self.tokenizer is not None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sensor(Modality):
    """A series of measurements on a regular grid: `(time, channels)` numbers in, tensors out.

    A batch has `<name>`, `(batch, length, channels)`, and `<name>_mask`, `(batch, length)`, True
    where a step has a value of any channel. Each value is `(value - mean) / std` of its channel;
    a missing one is 0.

    Args:
        name: The input's name.
        optional: Whether a row may lack the series.
        channels: The channels' names.
        length: Steps kept of each series; shorter ones are padded, longer ones cut at the end.
        sample_rate: Steps in a second, in Hz, or `None` where steps aren't evenly timed.
        indicators: Whether to append one channel for each, 1 where its value is there, so that a
            missing value of one channel can be told from an average one.
        standardize: Whether `mean` and `std` are learned on the training rows.
        mean: Subtracted from the values, one number for each channel; empty until learned.
        std: Divides what is left, one number for each channel; empty until learned.
    """

    kind: ClassVar[str] = "sensor"
    masked: ClassVar[bool] = True

    name: str = "sensor"
    channels: tuple[str, ...]
    length: int
    sample_rate: float | None = None
    indicators: bool = False
    standardize: bool = True
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels or len(set(self.channels)) < len(self.channels):
            raise ValueError(
                "`channels` must be names that differ, at least one. "
                f"Received: channels={self.channels}"
            )
        if self.length < 1:
            raise ValueError(f"`length` must be at least 1 step. Received: length={self.length}")
        if self.sample_rate is not None and not self.sample_rate > 0:
            raise ValueError(
                f"`sample_rate` must be above 0 Hz. Received: sample_rate={self.sample_rate}"
            )
        _check_statistics(self, len(self.channels), "channel")

    @property
    def shape(self) -> tuple[int, ...]:
        """`(length, channels)`, twice the channels with `indicators`."""
        return (self.length, len(self.channels) * (1 + self.indicators))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tabular(Modality):
    """The columns of a table's row: numbers and categories.

    A batch has `<name>`, `(batch, numeric)` float32, if there are numeric columns;
    `<name>_categories`, `(batch, categorical)` int32, if there are categorical ones: 0 is missing,
    1 a category not seen in training; and `<name>_mask`, `(batch, numeric + categorical)`, True
    where a cell is there. Each number is `(value - mean) / std` of its column; a missing one is 0.

    Args:
        name: The input's name.
        optional: Whether a row may lack every column.
        numeric: Names of the numeric columns.
        categorical: Names of the categorical columns.
        mean: Subtracted from the numbers, one for each numeric column; empty until learned.
        std: Divides what is left, one for each numeric column; empty until learned.
        categories: The categories of each categorical column, without missing and unknown; empty
            until learned.
    """

    kind: ClassVar[str] = "table"

    name: str = "table"
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        columns = self.columns
        if not columns or len(set(columns)) < len(columns):
            raise ValueError(
                "`numeric` and `categorical` must name at least one column, and none twice. "
                f"Received: numeric={self.numeric}, categorical={self.categorical}"
            )
        wrong = [column for column in columns if not column.isidentifier()]
        if wrong:
            raise ValueError(
                "`numeric` and `categorical` must be identifiers (letters, digits, underscore), "
                f"since they name the exported model's inputs; rename {wrong}"
            )
        _check_statistics(self, len(self.numeric), "numeric column")
        if len(self.categories) not in (0, len(self.categorical)):
            raise ValueError(
                f"`categories` must have a list for each of the {len(self.categorical)} "
                f"categorical columns, or be empty. Received: {len(self.categories)} lists"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the mask: the numeric ones, then the categorical ones."""
        return self.numeric + self.categorical

    @property
    def categories_name(self) -> str:
        """The name of the tensor that holds the categories' ids."""
        return f"{self.name}_categories"

    @property
    def category_counts(self) -> tuple[int, ...]:
        """How many different ids each categorical column has, missing and unknown included."""
        return tuple(len(categories) + 2 for categories in self.categories)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(numeric,)`."""
        return (len(self.numeric),)

    @property
    def tensors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and dtype of the numbers, the categories, the mask and the presence flag."""
        tensors: dict[str, tuple[tuple[int, ...], str]] = {}
        if self.numeric:
            tensors[self.name] = (self.shape, self.dtype)
        if self.categorical:
            tensors[self.categories_name] = ((len(self.categorical),), "int32")
        tensors[self.mask_name] = ((len(self.columns),), "bool")
        if self.optional:
            tensors[self.present_name] = ((), "bool")
        return tensors


def _check_statistics(spec: Sensor | Tabular, count: int, what: str) -> None:
    for field in ("mean", "std"):
        values = getattr(spec, field)
        if len(values) not in (0, count):
            raise ValueError(
                f"`{field}` must have one number for each {what}, {count} in all, or be empty. "
                f"Received: {field}={values}"
            )
    if not all(value > 0 for value in spec.std):
        raise ValueError(f"`std` must be above 0. Received: std={spec.std}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Category:
    """A target that is one of several classes.

    Args:
        name: The target's name.
        classes: The class names; the model's output `i` is the probability of `classes[i]`.
    """

    kind: ClassVar[str] = "category"

    name: str = "label"
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                "`classes` must be at least two different names. "
                f"Received: classes={list(self.classes)}"
            )


_KINDS: dict[str, type[Modality] | type[Category]] = {
    cls.kind: cls for cls in (Image, Text, Sensor, Tabular, Category)
}


def _to_dict(part: Modality | Category) -> dict[str, Any]:
    return {"kind": part.kind, **dataclasses.asdict(part)}


def _from_dict(config: dict[str, Any]) -> Any:
    config = dict(config)
    kind = config.pop("kind", None)
    if kind not in _KINDS:
        raise ValueError(f"`kind` must be one of {sorted(_KINDS)}. Received: kind={kind!r}")
    return _KINDS[kind](**{name: _tuples(value) for name, value in config.items()})


@dataclasses.dataclass(frozen=True)
class Schema:
    """The modalities of a record, in order, and its target.

    Args:
        inputs: The modalities' descriptions; their names must differ.
        target: What is to be predicted, or `None`.

    Raises:
        ValueError: If two inputs share a name.

    Example:

    >>> schema = Schema((Image(height=72, width=72), Text(length=12)))
    >>> schema.names
    ('image', 'text')
    >>> Schema.from_json(schema.to_json()) == schema
    True
    """

    inputs: tuple[Modality, ...]
    target: Category | None = None

    def __init__(self, inputs: Sequence[Modality], target: Category | None = None) -> None:
        object.__setattr__(self, "inputs", tuple(inputs))
        object.__setattr__(self, "target", target)
        if not self.inputs:
            raise ValueError("`inputs` must name at least one modality. Received: inputs=()")
        # The tensors of a batch, flags and masks included, and the target share one namespace.
        names = [name for modality in self.inputs for name in modality.tensors]
        names += [] if target is None else [target.name]
        if len(set(names)) < len(names):
            raise ValueError(
                "`inputs` must have names that differ from each other, from the target's, and from "
                "each other's `_present` and `_mask`. "
                f"Received: names={list(self.names)}, which make {names}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs' names, in order."""
        return tuple(modality.name for modality in self.inputs)

    def __getitem__(self, name: str) -> Modality:
        for modality in self.inputs:
            if modality.name == name:
                return modality
        raise KeyError(f"No input named {name!r}. The inputs are {list(self.names)}.")

    def to_json(self) -> str:
        """The schema as JSON text, with the version of its form."""
        return json.dumps(
            {
                "version": VERSION,
                "inputs": [_to_dict(modality) for modality in self.inputs],
                "target": None if self.target is None else _to_dict(self.target),
            },
            indent=1,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """The schema that `to_json` wrote.

        Args:
            text: The JSON text.

        Raises:
            ValueError: If a newer version of the package wrote it.
        """
        config = json.loads(text)
        if config["version"] > VERSION:
            raise ValueError(
                f"This schema has version {config['version']}; this keras_multimodal reads up to "
                f"version {VERSION}. Install a newer keras_multimodal."
            )
        target = config["target"]
        return cls(
            [_from_dict(modality) for modality in config["inputs"]],
            None if target is None else _from_dict(target),
        )
