"""A change calls for the learning tests of what it touches."""

import subprocess

import pytest

from tests.suite import learning_tests
from tests.suite.imports import ROOT, files_behind


def names(changed):
    return {
        path.relative_to(ROOT / "tests").as_posix() for path in learning_tests.called_for(changed)
    }


def test_every_module_with_the_marker_is_known():
    marked = {
        path
        for path in (ROOT / "tests").rglob("test_*.py")
        if "pytest.mark.slow" in path.read_text(encoding="utf-8") and path.parent.name != "suite"
    }
    assert set(learning_tests.learning_tests()) == marked
    assert len(marked) > 5


def test_a_change_calls_for_those_that_import_it_through_others_too():
    assert "test_readme.py" in names({"README.md"}) != names(None)
    assert names({"keras_multimodal/analysis/texts.py", "CHANGELOG.md"}) <= names(None)
    assert "test_readme.py" in names({"keras_multimodal/analysis/texts.py"})
    fusion = names({"keras_multimodal/layers/fusion/film.py"})
    assert "layers/test_fusions_learn.py" in fusion
    assert "encoders/test_encoders_learn.py" in fusion  # encoders import layers
    assert names({"benchmarks/mosi.py"}) == {"tasks/test_mosi.py"}
    assert names({"tests/tasks/test_mosi.py"}) == {"tasks/test_mosi.py"}
    assert names({"docs/fusion.md"}) == set()


@pytest.mark.parametrize("file", ["setup.cfg", "tests/conftest.py"])
def test_what_may_change_everything_calls_for_all(file):
    assert (
        names({file})
        == names(None)
        == {path.relative_to(ROOT / "tests").as_posix() for path in learning_tests.learning_tests()}
    )


def test_files_behind_a_test_are_found_through_the_doors_of_modules():
    behind = {
        path.relative_to(ROOT).as_posix()
        for path in files_behind(ROOT / "tests/layers/test_fusions_learn.py")
    }
    assert "keras_multimodal/layers/fusion/film.py" in behind
    assert "keras_multimodal/ops/attention.py" in behind
    assert "tests/conftest.py" in behind
    assert not any(path.startswith("keras_multimodal/commands/") for path in behind)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a repository with a full run eleven commits ago; gives `git(*arguments)`."""

    def git(*arguments):
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    monkeypatch.setattr(learning_tests, "ROOT", tmp_path)
    monkeypatch.setattr(learning_tests, "LAST_FULL_RUN", tmp_path / "last_full_run")
    return git


def test_what_changed_since_the_last_full_run(repository, tmp_path):
    assert learning_tests.changed_since_last_full_run() is None  # there was none
    (tmp_path / "last_full_run").write_text(repository("rev-parse", "HEAD") + "\n")
    assert learning_tests.changed_since_last_full_run() == set()
    (tmp_path / "a.py").write_text("1\n")
    repository("add", "a.py")
    assert learning_tests.changed_since_last_full_run() == {"a.py"}  # not committed yet
    for count in range(learning_tests.COMMITS):
        repository("commit", "-q", "--allow-empty", "-a", "-m", str(count))
    assert learning_tests.changed_since_last_full_run() == {"a.py"}
    repository("commit", "-q", "--allow-empty", "-m", "one too many")
    assert learning_tests.changed_since_last_full_run() is None


def test_a_commit_that_is_not_known_calls_for_all(repository, tmp_path):
    (tmp_path / "last_full_run").write_text("0" * 40 + "\n")
    assert learning_tests.changed_since_last_full_run() is None
