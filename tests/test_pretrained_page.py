"""docs/pretrained.md: its code runs as printed, and its figures are those that were kept."""

import re

import pytest
from code_blocks import ROOT, run_code_blocks

PAGE = "docs/pretrained.md"


@pytest.mark.slow
def test_the_code_runs_as_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run_code_blocks(PAGE)
    assert names["tokens"].shape == (None, 18, 1280)
    assert names["model"].output.shape == (None, 9)
    assert (tmp_path / "exported" / "saved_model.pb").is_file()


def test_the_accuracies_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/pretrained_accuracy.txt").read_text()
    page, readme = ((ROOT / path).read_text() for path in (PAGE, "README.md"))
    for name, row in (("picture", "picture alone"), ("name", "name alone"), ("both", r"\*\*both")):
        (line,) = re.findall(rf"^\| {row}.*$", page, re.M)
        for how in ("from scratch", "pretrained"):
            (mean, interval) = re.findall(rf"^{name}, {how} +(\S+) (\[.*?\])", kept, re.M)[0]
            assert f"{mean} {interval}" in line.replace("**", "")
    for name in ("both, pretrained", "name, pretrained", "both, from scratch"):
        assert re.findall(rf"^{name} +(\S+)", kept, re.M)[0] in readme


def test_the_times_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/feature_cache.txt").read_text()
    slow, fast, ratio = re.findall(r"epoch: (\S+) s .*, (\S+) s .*: (\S+) times", kept)[0]
    text = " ".join((ROOT / PAGE).read_text().split())
    assert f"takes {fast} s, and {slow} s with both networks" in text
    assert f"{ratio} times as long" in text
    # The same loss and accuracy in each epoch, with the networks and without.
    epochs = re.findall(r"^(networks|features): .*(validation .*)$", kept, re.M)
    seen = {which: [values for own, values in epochs if own == which] for which, _ in epochs}
    assert seen["networks"] == seen["features"]
    assert float(ratio) == pytest.approx(float(slow) / float(fast), rel=0.02)
