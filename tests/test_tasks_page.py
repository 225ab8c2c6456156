"""docs/tasks.md: its code runs as printed, and its figures are those that were kept."""

import re

import keras
import pytest
from code_blocks import ROOT, run_code_blocks

PAGE = "docs/tasks.md"


@pytest.mark.slow
def test_the_code_runs_as_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    names = run_code_blocks(PAGE)
    assert names["temperature"] > 0
    assert 0 <= names["error"] <= 1
    assert (tmp_path / "exported" / "saved_model.pb").is_file()


def test_the_figures_of_mosi_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/mosi.txt").read_text()
    page = " ".join((ROOT / PAGE).read_text().split())
    means = dict(re.findall(r"^(\S.*?) +mean (\S+)", kept, re.M))
    assert f"text + audio + video {means['text + audio + video']}" in page
    assert f"text alone {means['text']}, audio {means['audio']}, video {means['video']}" in page


def test_the_figures_of_retrieval_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/retrieval.txt").read_text()
    page = (ROOT / PAGE).read_text()
    means = re.findall(r"mean of 3, .*: .*recall@10 (\S+), chance@10 (\S+),", kept)
    assert len(means) == 4
    for recall, chance in means:
        assert recall in page
        assert chance in page


def test_the_figures_of_pretrained_retrieval_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/pretrained_retrieval.txt").read_text()
    page = " ".join((ROOT / PAGE).read_text().split())
    heads, back, ridge, ridge_back = (
        re.findall(rf"^{label}: .*recall@10 (\S+),", kept, re.M)[0]
        for label in (
            "heads, mean of 5, name to icon",
            "heads, mean of 5, icon to name",
            "ridge regression, name to icon",
            "ridge regression, icon to name",
        )
    )
    assert f"the first ten in {heads} of the cases, and an icon its name in {back}," in page
    assert f"from picture to name has {ridge} and {ridge_back}." in page


def test_the_figures_of_captions_are_those_that_were_kept():
    kept = (ROOT / "benchmarks/results/captions.txt").read_text()
    page = " ".join((ROOT / PAGE).read_text().split())
    (exact,) = re.findall(r"^by heart.*: exact (\S+),", kept, re.M)
    nearest, written = (
        re.findall(rf"^{name}.*f1 (\S+)$", kept, re.M)[0]
        for name in ("nearest training icon", "captioner, mean of 2")
    )
    assert f"writes {exact} of the training icons" in page
    assert f"F1 {written} (two seeds)" in page
    assert f"looks most alike, {nearest}; only" in page


def test_the_figures_of_several_targets_are_those_that_were_kept():
    page = " ".join((ROOT / PAGE).read_text().split())
    kept = (ROOT / "benchmarks/results/multi_task_several.txt").read_text()
    for name, shown in (("one model, equal", "one model, equal weights"), ("a model of each",) * 2):
        found = [
            re.findall(rf"^{name} +{target} +mean (\S+)", kept, re.M)[0]
            for target in ("recommended", "rating", "age")
        ]
        assert f"| {shown} | {' | '.join(found)} |" in page


def test_the_figures_are_those_that_were_kept():
    kept = "".join(
        (ROOT / f"benchmarks/results/tasks_{task}.txt").read_text()
        for task in ("reviews", "av_digits")
    )
    page = (ROOT / PAGE).read_text()
    means = re.findall(r"^(.*?): (\S.*?) +mean (\S+)", kept, re.M)
    assert len(means) == 9
    for task, modality, mean in means:
        row = re.findall(rf"^\| {re.escape(task)} \|.*$", page, re.M)
        assert len(row) == 1, task
        assert f"{modality} {mean}" in row[0].replace("**", "")
