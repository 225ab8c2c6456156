"""A schema describes a record, refuses what makes no sense, and survives JSON."""

import json

import pytest

from keras_multimodal.schema import VERSION, Category, Image, Schema, Text

IMAGE = Image(height=72, width=64, rescale=1 / 255, mean=(0.1, 0.2, 0.3), optional=True)
TEXT = Text(length=12, vocabulary=("größe", "黑猫"))


def test_json_keeps_everything():
    schema = Schema([IMAGE, TEXT], Category(classes=("a", "b")))
    assert Schema.from_json(schema.to_json()) == schema
    without_target = Schema([TEXT])
    assert Schema.from_json(without_target.to_json()) == without_target


def test_shapes_and_dtypes_are_those_of_one_row():
    assert (IMAGE.shape, IMAGE.dtype) == ((72, 64, 3), "float32")
    assert (TEXT.shape, TEXT.dtype) == ((12,), "int32")
    assert TEXT.vocabulary_size == 4  # padding, unknown and the two words


def test_inputs_are_found_by_name():
    schema = Schema([IMAGE, TEXT])
    assert schema.names == ("image", "text")
    assert schema["text"] is TEXT
    with pytest.raises(KeyError, match=r"'audio'.*'image', 'text'"):
        schema["audio"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Image(height=0, width=3), "`height` and `width`.*height=0"),
        (lambda: Image(height=3, width=3, channels=2), "`channels` must be.*channels=2"),
        (lambda: Image(height=3, width=3, mean=(1.0,)), "`mean` must have one number"),
        (lambda: Image(height=3, width=3, name="a b"), "`name` must be an identifier.*'a b'"),
        (lambda: Text(length=0), "`length` must be at least 1.*length=0"),
        (lambda: Text(length=2, max_tokens=2), "`max_tokens`.*max_tokens=2"),
        (lambda: Category(classes=("a",)), "`classes` must be at least two"),
        (lambda: Category(classes=("a", "a")), "`classes` must be at least two different"),
        (lambda: Schema([]), "at least one modality"),
        (lambda: Schema([TEXT, TEXT]), r"names that differ.*'text', 'text'"),
        (lambda: Schema([IMAGE, Text(name="image_present", length=1)]), "'image_present'"),
        (lambda: Schema([TEXT], Category(name="text", classes=("a", "b"))), "from the target's"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_json_from_a_newer_package_is_refused():
    config = json.loads(Schema([TEXT]).to_json())
    config["version"] = VERSION + 1
    with pytest.raises(ValueError, match="Install a newer keras_multimodal"):
        Schema.from_json(json.dumps(config))


def test_json_with_an_unknown_kind_is_refused():
    config = json.loads(Schema([TEXT]).to_json())
    config["inputs"][0]["kind"] = "smell"
    with pytest.raises(ValueError, match=r"`kind` must be one of.*'smell'"):
        Schema.from_json(json.dumps(config))
