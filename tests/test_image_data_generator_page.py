"""docs/image_data_generator.md: its code runs as printed."""

from code_blocks import run_code_blocks


def test_the_code_runs_as_printed():
    names = run_code_blocks("docs/image_data_generator.md", at_least=4)
    assert names["images"].shape == (8, 32, 32, 3)
    assert names["scores"].shape == (20, 1)
    assert set(names["inputs"]) == {"image", "title"}
