"""The edges of what is read off a table."""

import dataclasses
from typing import ClassVar

import pandas as pd
import pytest

from keras_multimodal.schema import Modality, Schema, column_kinds, register_modality
from keras_multimodal.schema.infer import target_kind
from keras_multimodal.schema.text import text_length


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


def test_pictures_recordings_and_targets_are_as_is_said():
    frame = pd.DataFrame(
        {
            "the photo": ["a.png", "b.png", None],
            "sound": ["a.wav", "b.wav", "c.wav"],
            "two words": [0.5, 1.5, 2.5],
            "the sort": ["b", "a", None],
        }
    )
    schema = Schema.infer(frame, target="the sort")
    photo, sound = schema["the photo"], schema["sound"]
    assert (photo.shape, photo.rescale, photo.optional) == ((96, 96, 3), 1 / 255, True)
    assert (sound.sample_rate, sound.num_samples, sound.optional) == (16_000, 80_000, False)
    assert schema["table"].numeric == ("two words",)
    assert (schema.target.name, schema.target.classes) == ("the sort", ("a", "b"))
    numbers = Schema.infer(frame, target="two words").target
    assert (numbers.name, numbers.columns) == ("two words", ("two words",))
    with pytest.raises(ValueError, match=r"`target` must be a column.*'the photo'.*target='photo'"):
        Schema.infer(frame, target="photo")


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class UnknownSkeleton(Modality):
    """A modality from outside that does not say how many joints there are."""

    kind: ClassVar[str] = "unknown_skeleton"
    joints: int

    @property
    def shape(self):
        return (self.joints, 2)


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Skeleton(UnknownSkeleton):
    kind: ClassVar[str] = "skeleton"
    joints: int = 5


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class CountedSkeleton(UnknownSkeleton):
    kind: ClassVar[str] = "counted_skeleton"

    @classmethod
    def from_cells(cls, cells, *, name, optional):
        joints = max(len(cell.split()) // 2 for cell in cells if cell is not None)
        return cls(name=name, optional=optional, joints=joints)


SKELETONS = pd.DataFrame({"the joints": ["1 2 3 4", None, "5 6 7 8"], "size": [0.5, 1.5, 2.5]})


def test_a_modality_from_outside_is_described_by_its_defaults_or_its_cells():
    schema = Schema.infer(SKELETONS, kinds={"the joints": "skeleton"})
    assert schema.inputs[0] == Skeleton(name="the joints", optional=True, joints=5)
    assert schema.names == ("the joints", "table")
    schema = Schema.infer(SKELETONS[::2], kinds={"the joints": "counted_skeleton"})
    assert schema.inputs[0] == CountedSkeleton(name="the joints", optional=False, joints=2)
    (found, _) = column_kinds(SKELETONS, {"the joints": "skeleton"})
    assert str(found) == "the joints: skeleton (as you say)"


def test_a_modality_that_no_cells_describe_says_what_it_lacks():
    with pytest.raises(
        ValueError,
        match=r"UnknownSkeleton must read \['joints'\] off the cells in `from_cells`.*"
        "column 'the joints' of the kind 'unknown_skeleton'",
    ):
        Schema.infer(SKELETONS, kinds={"the joints": "unknown_skeleton"})


@pytest.mark.parametrize("kind", ["features", "table", "skeletons"])
def test_a_kind_that_no_column_is_is_refused(kind):
    with pytest.raises(ValueError, match=rf"`kinds` must be among .*'skeleton'.*'{kind}'$"):
        Schema.infer(SKELETONS, kinds={"the joints": kind})
