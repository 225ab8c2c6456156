"""The edges of what is read off a table."""

import pandas as pd
import pytest

from keras_multimodal.schema import Schema
from keras_multimodal.schema.infer import identifier, target_kind, text_length


@pytest.mark.parametrize(
    ("cells", "kind", "reason"),
    [
        ([*range(20), 0], "classification", "20 different whole numbers in 21 cells"),
        ([*range(21), 0], "regression", "21 different numbers in 22 cells"),
        ([1.0, 2.0, None], "classification", "2 different whole numbers in 2 cells"),
        ([1.0, 2.5], "regression", "2 different numbers in 2 cells"),
        ([1.0, float("inf")], "regression", "2 different numbers in 2 cells"),
        ([1.5, "2", None, ""], "classification", "2 different strings in 2 cells"),
        ([True, False, True], "classification", "2 different strings in 3 cells"),
    ],
)
def test_a_target_is_classes_or_numbers(cells, kind, reason):
    assert target_kind(cells) == (kind, reason)


@pytest.mark.parametrize(
    ("words", "length"),
    [
        ([], 1),
        ([3], 3),
        ([*range(1, 21)], 20),
        ([*range(1, 41)], 39),  # the longest is cut
        ([*range(1, 101)], 96),
        ([127] * 9, 127),
        ([128] * 9, 128),
        ([129] * 9, 128),
    ],
)
def test_a_text_is_as_long_as_nearly_all(words, length):
    assert text_length([None, *("word " * count for count in words), " "]) == length


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Review Text", "Review_Text"),
        ("2nd", "_2nd"),
        ("(a)", "a"),
        ("?", "column"),
        ("größe", "größe"),
    ],
)
def test_a_column_is_called_by_an_identifier(name, found):
    assert identifier(name) == found


def test_pictures_recordings_and_targets_are_as_is_said():
    frame = pd.DataFrame(
        {
            "the photo": ["a.png", "b.png", None],
            "sound": ["a.wav", "b.wav", "c.wav"],
            "two words": [0.5, 1.5, 2.5],
            "the sort": ["b", "a", None],
        }
    )
    schema = Schema.infer(frame, target="the sort", verbose=False)
    photo, sound = schema["the_photo"], schema["sound"]
    assert (photo.shape, photo.rescale, photo.optional) == ((96, 96, 3), 1 / 255, True)
    assert (sound.sample_rate, sound.num_samples, sound.optional) == (16_000, 80_000, False)
    assert schema["table"].numeric == ("two_words",)
    assert (schema.target.name, schema.target.classes) == ("the_sort", ("a", "b"))
    numbers = Schema.infer(frame, target="two words", verbose=False).target
    assert (numbers.name, numbers.columns) == ("two_words", ("two_words",))
    with pytest.raises(ValueError, match=r"`target` must be a column.*'the photo'.*target='photo'"):
        Schema.infer(frame, target="photo")


@pytest.mark.parametrize(
    ("target", "line"), [("kind", "target, classes (2 "), ("price", "target, numbers (3 ")]
)
def test_it_is_printed_what_the_target_is(target, line, capsys):
    frame = pd.DataFrame({"size": [1.5, 2.5, 3.0], "kind": ["a", "b", "a"]})
    frame["price"] = [0.5, 1.25, 2.75]
    Schema.infer(frame, target=target, kinds={"kind": "category"}, verbose=True)
    assert f"{target}: {line}" in capsys.readouterr().out
