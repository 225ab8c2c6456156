"""What each description has where nothing is said, and the edges of what it refuses."""

import dataclasses
import json
import math

import pytest

from keras_multimodal.schema import (
    Audio,
    ClassTarget,
    ColumnKind,
    Features,
    Image,
    Modality,
    NumberTarget,
    PairTarget,
    Schema,
    Sensor,
    Tabular,
    Targets,
    Text,
    TextTarget,
)

TOWERS = (("photo", ("image",)), ("offer", ("text", "table")))
CLASSES = ("low", "mid", "high")
TEXT = {
    "optional": False,
    "max_tokens": 10_000,
    "standardize": "lower_and_strip_punctuation",
    "normalize": None,
    "split": "whitespace",
    "ngrams": None,
    "vocabulary": [],
    "tokenizer": None,
    "segmenter": "",
}
# The least of each, and what a file has of it; older files lack what came later.
INPUTS = [
    (
        Image(height=5, width=7),
        {
            "kind": "image",
            "name": "image",
            "optional": False,
            "height": 5,
            "width": 7,
            "channels": 3,
            "interpolation": "bilinear",
            "antialias": True,
            "keep_aspect_ratio": False,
            "crop": False,
            "scaled_decoding": False,
            "max_pixels": 178_956_970,
            "exif_orientation": True,
            "bits": 8,
            "output_dtype": "float32",
            "background": 255,
            "rescale": 1.0,
            "samplewise_center": False,
            "samplewise_std": False,
            "mean": [],
            "std": [],
            "whitening": "",
            "data_format": "channels_last",
            "preprocessing_function": "",
        },
        {"image": ((5, 7, 3), "float32")},
        False,
    ),
    (
        Text(length=4),
        {"kind": "text", "name": "text", "length": 4, **TEXT},
        {"text": ((4,), "int32")},
        True,
    ),
    (
        Audio(sample_rate=8000, num_samples=400),
        {
            "kind": "audio",
            "name": "audio",
            "optional": False,
            "sample_rate": 8000,
            "num_samples": 400,
            "crop": "start",
            "normalize": None,
            "target_level": -20.0,
        },
        {"audio": ((400,), "float32"), "audio_mask": ((400,), "bool")},
        True,
    ),
    (
        Sensor(channels=("x", "y", "z"), length=20),
        {
            "kind": "sensor",
            "name": "sensor",
            "optional": False,
            "channels": ["x", "y", "z"],
            "length": 20,
            "sample_rate": None,
            "indicators": False,
            "standardize": True,
            "mean": [],
            "std": [],
            "float64": False,
            "clip": 10.0,
        },
        {"sensor": ((20, 3), "float32"), "sensor_mask": ((20,), "bool")},
        True,
    ),
    (
        Tabular(numeric=("age",), categorical=("town", "job")),
        {
            "kind": "table",
            "name": "table",
            "optional": False,
            "numeric": ["age"],
            "categorical": ["town", "job"],
            "mean": [],
            "std": [],
            "categories": [],
            "float64": [],
            "clip": 10.0,
        },
        {
            "table": ((1,), "float32"),
            "table_categories": ((2,), "int32"),
            "table_mask": ((3,), "bool"),
        },
        False,
    ),
    (
        Features(length=9, dim=6),
        {"kind": "features", "name": "features", "optional": False, "length": 9, "dim": 6},
        {"features": ((9, 6), "float32"), "features_mask": ((9,), "bool")},
        False,
    ),
]
TARGETS = [
    (
        ClassTarget(classes=CLASSES),
        {
            "kind": "category",
            "name": "label",
            "classes": [*CLASSES],
            "ordered": False,
            "multi_label": False,
        },
    ),
    (
        NumberTarget(),
        {
            "kind": "number",
            "name": "value",
            "columns": ["value"],
            "mean": [],
            "std": [],
            "float64": False,
        },
    ),
    (TextTarget(length=4), {"kind": "sequence", "name": "caption", "length": 4, **TEXT}),
    (
        PairTarget(towers=TOWERS),
        {"kind": "match", "name": "match", "towers": [[n, [*own]] for n, own in TOWERS]},
    ),
]
PARTS = [*(case[0] for case in INPUTS), *(case[0] for case in TARGETS)]


@pytest.mark.parametrize(("spec", "written", "tensors", "sequential"), INPUTS)
def test_an_input_has_what_is_said_and_what_is_usual(spec, written, tensors, sequential):
    config = json.loads(Schema([spec]).to_json())
    assert config["inputs"] == [written]
    assert config["target"] is None
    assert spec.tensors == tensors
    assert spec.sequential is sequential
    assert spec.masked is (f"{spec.name}_mask" in tensors and not isinstance(spec, Tabular))
    assert spec.obstacle == ""
    optional = dataclasses.replace(spec, optional=True)
    assert optional.tensors == {**tensors, f"{spec.name}_present": ((), "bool")}


@pytest.mark.parametrize(("target", "written"), TARGETS)
def test_a_target_has_what_is_said_and_what_is_usual(target, written):
    inputs = [Image(height=5, width=7), Text(length=4), Tabular(numeric=("age",))]
    config = json.loads(Schema(inputs, target).to_json())
    assert config["target"] == written


@pytest.mark.parametrize("part", [*PARTS, Targets(TARGETS[0][:1] + TARGETS[1][:1])])
def test_descriptions_do_not_change_and_are_told_apart(part):
    field = dataclasses.fields(part)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part, field, getattr(part, field))
    assert part == dataclasses.replace(part)
    assert hash(part) == hash(dataclasses.replace(part))
    schema = Schema([Text(length=4)])
    with pytest.raises(dataclasses.FrozenInstanceError):
        schema.inputs = ()
    assert hash(schema) == hash(Schema([Text(length=4)]))
    assert schema != Schema([Text(length=5)])


@pytest.mark.parametrize("part", PARTS)
def test_descriptions_are_given_by_name(part):
    field = dataclasses.fields(part)[0].name
    with pytest.raises(TypeError, match="positional argument"):
        type(part)(getattr(part, field))


def test_what_a_file_does_not_say_is_usual():
    for spec, written, *_ in INPUTS:
        least = {
            field.name: written[field.name]
            for field in dataclasses.fields(spec)
            if field.default is dataclasses.MISSING and field.name != "name"
        }
        if isinstance(spec, Tabular):  # it may have either
            least = {"numeric": ["age"], "categorical": ["town", "job"]}
        config = {"version": 1, "inputs": [{"kind": spec.kind, **least}], "target": None}
        older = dataclasses.replace(spec, **spec.unwritten)
        assert Schema.from_json(json.dumps(config)) == Schema([older])


def image(**settings):
    return Image(**{"height": 1, "width": 1, **settings})


def audio(**settings):
    return Audio(**{"sample_rate": 1, "num_samples": 1, **settings})


@pytest.mark.parametrize(
    "make",
    [
        lambda: image(),
        lambda: image(channels=1, bits=16, mean=(0.5,), std=(2.0,)),
        lambda: image(channels=4, mean=(0.5,) * 4),
        lambda: image(background=0, max_pixels=1, rescale=-1.0),
        lambda: image(background=255),
        lambda: image(background=None, data_format="channels_first", keep_aspect_ratio=True),
        lambda: image(output_dtype="uint8", interpolation="lanczos5"),
        lambda: image(crop=True),
        lambda: Text(length=1, max_tokens=3, ngrams=1),
        lambda: Text(length=1, ngrams=(1, 2), standardize=None, normalize="NFKD", split="script"),
        lambda: audio(target_level=0),
        lambda: audio(crop="center", normalize="rms"),
        lambda: Sensor(channels=("x",), length=1, sample_rate=0.5, mean=(0.0,), std=(0.5,)),
        lambda: Tabular(numeric=("x",), mean=(0.0,), std=(0.5,)),
        lambda: Tabular(categorical=("x",), categories=(("a",),)),
        lambda: Features(length=1, dim=1),
        lambda: NumberTarget(columns=("a", "b"), mean=(0.0, 1.0), std=(0.1, 2.0)),
        lambda: ClassTarget(classes=("a", "b"), ordered=True),
        lambda: ClassTarget(classes=("a", "b"), multi_label=True),
        lambda: PairTarget(towers=TOWERS),
        lambda: PairTarget(towers=(*TOWERS, ("sound", ("audio",)))),
    ],
)
def test_what_is_just_within_is_taken(make):
    spec = make()
    assert dataclasses.replace(spec) == spec


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: image(width=0), "`height` and `width`.*width=0"),
        (lambda: image(channels=0), "`channels` must be at least 1.*channels=0"),
        (lambda: image(interpolation="gaussian"), "`interpolation` must be one of"),
        (lambda: image(background=-1), r"`background` must be a grey level.*background=-1"),
        (lambda: image(background=256), r"`background` must be a grey level.*background=256"),
        (lambda: image(rescale=0), "`rescale` must not be zero"),
        (lambda: image(data_format="last"), "`data_format` must be"),
        (lambda: image(max_pixels=0), "`max_pixels` must be positive"),
        (lambda: image(crop=True, keep_aspect_ratio=True), "`crop` must go without"),
        (lambda: image(crop=True, scaled_decoding=True), "`crop` must go without"),
        (lambda: image(output_dtype="float16"), "`output_dtype` must be 'float32' or 'uint8'"),
        (lambda: image(output_dtype="uint8", rescale=2), "`output_dtype='uint8'` must go with"),
        (lambda: image(output_dtype="uint8", samplewise_center=True), "must go with pixels"),
        (lambda: image(output_dtype="uint8", samplewise_std=True), "must go with pixels"),
        (lambda: image(output_dtype="uint8", mean=(1.0,) * 3), "must go with pixels"),
        (lambda: image(output_dtype="uint8", std=(1.0,) * 3), "must go with pixels"),
        (lambda: image(output_dtype="uint8", whitening="AAAA"), "must go with pixels"),
        (lambda: image(output_dtype="uint8", channels=1, bits=16), "must go with pixels of 8"),
        (lambda: image(mean=(1.0,) * 4), "`mean` must have one number for each of the 3"),
        (lambda: image(std=(1.0,)), "`std` must have one number for each of the 3"),
        (lambda: Text(length=1, standardize="upper"), "`standardize` must be one of"),
        (lambda: Text(length=1, normalize="NF"), "`normalize` must be one of"),
        (lambda: Text(length=1, split="word"), "`split` must be one of"),
        (lambda: Text(length=1, ngrams=0), "`ngrams` must be a positive whole number"),
        (lambda: Text(length=1, ngrams=()), "`ngrams` must be a positive whole number"),
        (lambda: Text(length=1, ngrams=(1, 0)), "`ngrams` must be a positive whole number"),
        (lambda: Text(length=1, ngrams=1.0), "`ngrams` must be a positive whole number"),
        (lambda: TextTarget(length=1, split="script"), "has to be put together again"),
        (lambda: TextTarget(length=1, segmenter="own"), "has to be put together again"),
        (lambda: audio(sample_rate=0), "`sample_rate` must be at least 1"),
        (lambda: audio(num_samples=0), "`num_samples` must be at least 1"),
        (lambda: audio(crop="end"), "`crop` must be one of"),
        (lambda: audio(normalize="mean"), "`normalize` must be one of"),
        (lambda: audio(target_level=0.1), "at most 0 dBFS"),
        (lambda: audio(target_level=-math.inf), "at most 0 dBFS"),
        (lambda: Sensor(channels=(), length=1), "`channels` must be names that differ"),
        (lambda: Sensor(channels=("x",), length=0), "`length` must be at least 1 step"),
        (lambda: Sensor(channels=("x",), length=1, sample_rate=0.0), "must be above 0 Hz"),
        (lambda: Sensor(channels=("x",), length=1, std=(0.5, 1.0)), "each channel, 1 in all"),
        (lambda: Sensor(channels=("x",), length=1, clip=0.0), "`clip` must be above 0"),
        (lambda: Tabular(numeric=("x",), clip=math.nan), "`clip` must be above 0"),
        (lambda: Tabular(categorical=("x",), float64=("x",)), "`float64` must name numeric"),
        (lambda: Tabular(), "must name at least one column, and none twice"),
        (lambda: Tabular(numeric=("x",), categorical=("x",)), "and none twice"),
        (lambda: Tabular(numeric=("a", " ")), r"must be texts that are not empty.*rename \[' '\]"),
        (lambda: Tabular(numeric=("x",), std=(-1.0,)), "`std` must be above 0"),
        (lambda: Tabular(numeric=("x",), std=(1.0, 1.0)), "each numeric column, 1 in all"),
        (lambda: Features(length=0, dim=1), "`length` and `dim` must be at least 1.*length=0"),
        (lambda: Features(length=1, dim=0), "`length` and `dim` must be at least 1.*dim=0"),
        (lambda: NumberTarget(columns=()), "`columns` must be names that differ, at least one"),
        (lambda: NumberTarget(columns=("a", "a")), "`columns` must be names that differ"),
        (lambda: NumberTarget(columns=("a", "b"), mean=(0.0,)), "each column, 2 in all"),
        (lambda: NumberTarget(std=(0.0,)), "`std` must be above 0"),
        (
            lambda: PairTarget(towers=(("a", ("x",)), ("a", ("y",)))),
            "`towers` must be at least two",
        ),
        (lambda: PairTarget(towers=(("a", ("x",)), ("b", ()))), "`towers` must be at least two"),
        (
            lambda: PairTarget(towers=(("a", ("x",)), (" ", ("y",)))),
            "`towers` must be at least two",
        ),
        (lambda: Schema([Text(length=1)], PairTarget(towers=TOWERS)), r"\['image', 'table'\] too"),
    ],
)
def test_what_is_just_beyond_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_numbers_of_a_recording_are_of_their_type(value):
    with pytest.raises(TypeError, match="`sample_rate` must be an integer"):
        audio(sample_rate=value)
    with pytest.raises(TypeError, match="`num_samples` must be an integer"):
        audio(num_samples=value)
    if not isinstance(value, float):
        with pytest.raises(TypeError, match="`target_level` must be a number"):
            audio(target_level=value)


def test_what_a_server_cannot_run_says_what_to_do():
    plain = Text(length=3)
    assert not plain.needs_tensorflow_text
    assert dataclasses.replace(plain, normalize="NFC").needs_tensorflow_text
    assert "the segmenter 'own' of 'text'" in dataclasses.replace(plain, segmenter="own").obstacle
    picture = image(preprocessing_function="own")
    assert "the preprocessing_function 'own' of 'image'" in picture.obstacle


def test_shapes_that_depend_on_an_option():
    assert Sensor(channels=("x", "y", "z"), length=5, indicators=True).shape == (5, 6)
    assert Image(height=5, width=7, channels=4, data_format="channels_first").shape == (4, 5, 7)
    assert image(output_dtype="uint8").dtype == "uint8"
    table = Tabular(categorical=("a", "b"), categories=(("x",), ("x", "y", "z")))
    assert table.category_counts == (3, 5)
    assert set(table.tensors) == {"table_categories", "table_mask"}
    assert set(Tabular(numeric=("a",)).tensors) == {"table", "table_mask"}
    assert Tabular(numeric=("b",), categorical=("a",)).columns == ("b", "a")


def test_an_encoder_is_called_with_the_mask_or_else_the_flag():
    text, sound = Text(length=3), audio()
    batch = {name: name for name in ("text", "text_present", "audio", "audio_mask")}
    assert text.encoder_inputs(batch) == "text"
    assert dataclasses.replace(text, optional=True).encoder_inputs(batch) == [
        "text",
        "text_present",
    ]
    assert sound.encoder_inputs(batch) == ["audio", "audio_mask"]
    assert dataclasses.replace(sound, optional=True).encoder_inputs(batch) == [
        "audio",
        "audio_mask",
    ]


def test_a_kind_of_ones_own_has_to_say_its_shape():
    own = Modality(name="smell")
    assert (own.kind, own.masked, own.sequential, own.dtype) == ("", False, False, "float32")
    with pytest.raises(NotImplementedError):
        own.tensors  # noqa: B018 - a property


def test_a_kind_of_column_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ColumnKind("a", "text", "why").kind = "number"
