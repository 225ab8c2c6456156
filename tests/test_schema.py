"""A schema describes a record, refuses what makes no sense, and survives JSON."""

import json

import pytest

from keras_multimodal.schema import VERSION, ClassTarget, Image, NumberTarget, Schema, Targets, Text

IMAGE = Image(height=72, width=64, rescale=1 / 255, mean=(0.1, 0.2, 0.3), optional=True)
TEXT = Text(length=12, vocabulary=("größe", "黑猫"))


def test_json_keeps_everything():
    schema = Schema([IMAGE, TEXT], ClassTarget(classes=("a", "b")))
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
        (lambda: Image(height=3, width=3, channels=0), "`channels` must be.*channels=0"),
        (lambda: Image(height=3, width=3, mean=(1.0,)), "`mean` must have one number"),
        (
            lambda: Image(height=3, width=3, name=" "),
            "`name` must be a text that is not",
        ),
        (lambda: Text(length=0), "`length` must be at least 1.*length=0"),
        (lambda: Text(length=2, max_tokens=2), "`max_tokens`.*max_tokens=2"),
        (lambda: ClassTarget(classes=("a",)), "`classes` must be at least two"),
        (lambda: ClassTarget(classes=("a", "a")), "`classes` must be at least two different"),
        (lambda: Schema([]), "at least one modality"),
        (lambda: Schema([TEXT, TEXT]), r"names that differ.*'text', 'text'"),
        (lambda: Schema([IMAGE, Text(name="image_present", length=1)]), "'image_present'"),
        (lambda: Schema([TEXT], ClassTarget(name="text", classes=("a", "b"))), "from the target's"),
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


def test_the_newest_version_is_one_that_is_written():
    """And no version is read that is not known."""
    several = Schema([TEXT], Targets((MOOD, NumberTarget())))
    assert json.loads(several.to_json())["version"] == VERSION


MOOD = ClassTarget(name="mood", classes=("good", "bad"))
PRICE = NumberTarget(name="price", columns=("price",), mean=(2.0,), std=(0.5,))


def test_several_targets_survive_json_and_are_found_by_name():
    schema = Schema([TEXT], Targets((MOOD, PRICE)))
    assert Schema.from_json(schema.to_json()) == schema
    assert [target.name for target in schema.target] == ["mood", "price"]
    assert len(schema.target) == 2
    assert schema.target["price"] is PRICE
    with pytest.raises(KeyError, match=r"'color'.*'mood', 'price'"):
        schema.target["color"]


def test_a_schema_is_written_in_the_oldest_form_that_holds_it():
    """What an older package can read, it does; else it is told to be updated."""
    assert json.loads(Schema([TEXT], MOOD).to_json())["version"] == 1
    assert json.loads(Schema([TEXT], Targets((MOOD, PRICE))).to_json())["version"] == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Targets((MOOD,)), r"must be two or more.*\['mood'\]"),
        (lambda: Targets((MOOD, MOOD)), "names that differ"),
        (lambda: Targets((MOOD, NumberTarget(name=" "))), r"not empty; rename.*' '"),
        (lambda: Targets((MOOD, NumberTarget(name="mood_probabilities"))), "`_probabilities`"),
        (lambda: Schema([TEXT], Targets((MOOD, NumberTarget(name="text")))), "from the target's"),
    ],
)
def test_targets_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
    with pytest.raises(TypeError, match="`ClassTarget` or `NumberTarget`"):
        Targets((MOOD, TEXT))
