"""What is named as equivalent is still a line of the package."""

import pathlib

import pytest
from mutants import equivalents

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", equivalents(), ids=lambda mutant: mutant["file"])
def test_a_mutant_that_is_left_out_is_a_line_of_its_file_and_says_why(mutant):
    assert set(mutant) == {"file", "before", "after", "why"}
    assert mutant["why"]
    assert mutant["before"] != mutant["after"]
    lines = [line.strip() for line in (ROOT / mutant["file"]).read_text("utf-8").splitlines()]
    assert f"\n{mutant['before']}\n" in "\n".join(["", *lines, ""])
