"""What a table holds, as an object and as a page."""

import pandas as pd
import pytest
from pets import write_wav

from keras_multimodal import experiment, tables
from keras_multimodal.errors import ArgumentError


@pytest.mark.parametrize(
    ("task", "target", "shown"),
    [
        (
            "regression",
            "size",
            ("regression: as you say. 1 rows have none", 'mean</th><td class="number">10.5000<'),
        ),
        ("generation", "note", ("generation: as you say. 1 rows have none",)),
    ],
)
def test_other_targets_are_described(tmp_path, task, target, shown):
    frame = pd.DataFrame({"size": range(1, 22), "note": [f"word {row}" for row in range(21)]})
    frame["kind"] = ["a", "b", "a"] * 7
    frame = frame.astype({target: object})
    frame.loc[20, target] = None
    frame.to_csv(tmp_path / "t.csv", index=False)
    options = tables.TableOptions(source=str(tmp_path / "t.csv"), target=target, task=task)
    found = experiment.describe(tables.read(options.source), options)
    assert found.columns.task.name == task
    assert found.rows.without_target == (21,)
    found.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    for part in shown:
        assert part in page


def test_series_in_files_and_lost_recordings_are_counted(tmp_path):
    home = tmp_path / "files"
    home.mkdir()
    for row in range(3):
        write_wav(home / f"{row}.wav", 300)
        pd.DataFrame({"x": [1.0, 2.0], "y": [row, row]}).to_csv(home / f"{row}.csv", index=False)
    frame = pd.DataFrame(
        {
            "steps": ["0.csv", "1.csv", "lost.csv", "2.csv"],
            "sound": ["0.wav", "lost.wav", "1.wav", None],
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    options = tables.TableOptions(sensor=("steps",), audio=("sound",))
    found = experiment.describe(tables.read(tmp_path / "t.csv", home), options)
    unreadable = found.rows.report.unreadable
    assert {name: list(files) for name, files in unreadable.items()} == {"steps": [3], "sound": [2]}
    assert "2 files that cannot be read" in str(found)
    found.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "lost.csv" in page
    assert "lost.wav" in page


def test_what_goes_wrong_later_hides_nothing(table):
    """The columns and the repeats are told before a file is read for good."""
    frame = pd.read_csv(table, dtype={"code": str})[["Photo File", "sort"]]
    frame["Photo File"] = [f"no{row}.png" for row in range(len(frame))]
    found = []
    with pytest.raises(
        ArgumentError, match=r"Photo File of row 1 is 'no0.png', which is not there"
    ):
        experiment.describe(
            tables.Table.from_dataframe(frame),
            tables.TableOptions(target="sort"),
            on_finding=found.append,
        )
    assert "Photo File" in found[0]
    assert found[1].rows == {}


def test_a_description_needs_a_target_to_time(table):
    with pytest.raises(ArgumentError, match="`timed` must come with a target"):
        experiment.describe(tables.read(table), tables.TableOptions(), timed=True)


def test_one_modality_may_be_described_as_a_retrieval(table):
    options = tables.TableOptions(task="retrieval", text=("note",), only=True)
    assert experiment.describe(tables.read(table), options).rows.rows == 60
