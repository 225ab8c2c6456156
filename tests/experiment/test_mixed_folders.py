"""A run's folder whose files are not all of one run."""

import json
import shutil

import pytest

from keras_multimodal import experiment


def _rewritten(change, **layout):
    """Return what changes a JSON file's content."""

    def rewrite(path):
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content, **layout))

    return rewrite


def _other_note(path):
    """Change what the model's file says beside its weights, as another run's would."""
    with path.open("ab") as file:
        file.write(b"1")  # a zip file may end so


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("schema.json", _rewritten(lambda schema: schema["target"]["classes"].reverse())),
        ("config.json", _rewritten(lambda config: config.update(key=None))),
        ("metrics.json", _rewritten(lambda metrics: metrics.update(table_sha256="0" * 64))),
        ("model.keras", _other_note),
        # Where no file is as these say, these are the strangers.
        (
            "columns.json",
            _rewritten(lambda columns: columns.update(digests=dict.fromkeys(columns["digests"]))),
        ),
    ],
)
def test_a_file_of_another_run_is_named(shared_run, tmp_path, name, change):
    run = shutil.copytree(shared_run[1], tmp_path / "run")
    change(run / name)
    with pytest.raises(
        ValueError, match=rf"`run` must be.*run', in which {name} is of another run"
    ):
        experiment.load(run)


def test_another_layout_is_no_other_content_and_an_earlier_run_has_no_digests(shared_run, tmp_path):
    run = shutil.copytree(shared_run[1], tmp_path / "run")
    for name in ("schema.json", "config.json", "metrics.json"):
        _rewritten(lambda content: None, indent=4)(run / name)
    before = experiment.load(run)
    _rewritten(lambda columns: columns.pop("digests"))(run / "columns.json")
    _other_note(run / "model.keras")
    assert experiment.load(run).schema == before.schema
