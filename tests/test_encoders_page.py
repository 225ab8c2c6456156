"""docs/encoders.md: its code runs as printed, and its table has every encoder."""

import re

import keras
from code_blocks import ROOT, run_code_blocks

from keras_multimodal import encoders

PAGE = "docs/encoders.md"


def test_the_code_runs_as_printed():
    names = run_code_blocks(PAGE)
    assert tuple(names["tokens"].shape) == (4, 8, 64)
    assert tuple(names["summary"].shape) == (4, 64)
    assert not keras.ops.convert_to_numpy(names["summary"])[3].any()
    assert not keras.ops.convert_to_numpy(names["words"])[3].any()


def test_the_table_has_every_encoder():
    listed = re.findall(r"^\| \w+ \| `(\w+)` \|", (ROOT / PAGE).read_text(), re.M)
    bases = {"Encoder", "SequenceEncoder"}
    public = {name for name in encoders.__all__ if isinstance(getattr(encoders, name), type)}
    assert sorted(listed) == sorted(public - bases)
