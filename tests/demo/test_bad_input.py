"""Bad input: one line on stderr that names the thing, exit code 2, and nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from keras_multimodal import cli
from keras_multimodal.demo.icon_records import read_icons


def no_icons(own):
    shutil.rmtree(own.path / "icons")


def no_such_file(own):
    own.table = own.table.assign(file="photo_" + own.table["file"])


def truncated(own):
    file = own.path / "icons" / own.table["file"][0]
    file.write_bytes(file.read_bytes()[:200])


def not_a_picture(own):
    (own.path / "icons" / own.table["file"][0]).write_text("a cat")


def no_bytes(own):
    (own.path / "icons" / own.table["file"][0]).write_bytes(b"")


def no_name_column(own):
    own.table = own.table.drop(columns="name")


def no_rows(own):
    own.table = own.table[:0]


def no_csv(own):
    (own.path / "openmoji.csv").write_bytes(b"\x89PNG\r\n\xff\xfe")


def empty_label(own):
    frame = own.table
    frame.loc[3, "category"] = ""
    own.table = frame


def repeated_key(own):
    frame = own.table
    frame.loc[3, "key"] = frame.loc[4, "key"]
    own.table = frame


def no_test_rows(own):
    own.table = own.table[own.table["split"] != "test"]


def one_test_row(own):
    frame = own.table
    other = frame["split"] != "test"
    own.table = pd.concat([frame[other], frame[~other][:1]])


def one_category(own):
    own.table = own.table.assign(category="Flags")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_icons, ["own/icons"]),
        (no_such_file, ["photo_", "row", "Correct the names"]),
        (truncated, ["{file}", "cannot be decoded", "row '{key}'", "Replace the files"]),
        (not_a_picture, ["{file}", "cannot be decoded", "row '{key}'", "Replace the files"]),
        (no_bytes, ["{file}", "0 bytes", "{key}", "Replace the files"]),
        (no_name_column, ["openmoji.csv", "without ['name']", "Name the columns so"]),
        (no_rows, ["openmoji.csv", "no rows"]),
        (no_csv, ["openmoji.csv must be a CSV"]),
        (empty_label, ["`labels` must have a label for each row", "Fill them in"]),
        (repeated_key, ["each key once", "Remove the repeats"]),
        (no_test_rows, ["none of 'test'"]),
        (one_test_row, ["openmoji.csv", "at least two rows", "1 test row"]),
        (one_category, ["at least two classes"]),
    ],
)
def test_bad_data_is_named_in_one_line(spoil, words, own, tmp_path, command):
    first = own.table.iloc[0]
    spoil(own)
    code, said = command("demo", "--data", own.path, "--output", tmp_path / "deep" / "er" / "out")
    assert code == 2
    assert said.startswith("keras-multimodal: ")
    assert said.count("\n") == 1
    for word in words:
        assert word.format(file=first["file"], key=first["key"]) in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own"]


def test_a_folder_of_other_things_is_left_alone(few_icons, tmp_path, command):
    (tmp_path / "thesis.txt").write_text("years of work")
    for arguments, words in (
        ([], "must be new or empty. Received"),
        (["--overwrite"], "which has no metrics.json"),
    ):
        code, said = command("demo", "--data", few_icons, "--output", tmp_path, *arguments)
        assert code == 2
        assert words in said
        assert str(tmp_path) in said
    code, said = command("demo", "--data", few_icons, "--output", tmp_path / "thesis.txt")
    assert code == 2
    assert "must be a folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_mistyped_data_folder_is_not_made(tmp_path, command):
    wrong = tmp_path / "no" / "such"
    code, said = command("demo", "--data", wrong, "--output", tmp_path / "out")
    assert code == 2
    assert f"`--data` must be a folder that exists. Received: {wrong}" in said
    assert not list(tmp_path.iterdir())


def test_names_that_are_numbers_are_names(own):
    own.table = own.table.assign(name=range(len(own.table)))
    train, *_ = read_icons(own.path)
    assert train.to_frame()["text"].str.isdigit().all()


def test_a_data_folder_of_other_things_is_left_alone(tmp_path, command):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("years of work")
    code, said = command("demo", "--data", tmp_path / "data", "--output", tmp_path / "out")
    assert code == 2
    assert "which holds other files" in said
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "thesis.txt"]


@pytest.mark.parametrize("arguments", [["--epochs", "0"], ["--epochs", "x"], ["--seed", "-1"]])
def test_numbers_out_of_range_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["demo", *arguments])
    assert stop.value.code == 2
    assert f"argument {arguments[0]}" in capsys.readouterr().err


def console_script(*arguments, stderr=subprocess.PIPE):
    """The command as its own process, as a user starts it."""
    code = (
        # A shell's background job, such as a test run may be, hands down SIGINT ignored.
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.argv[0] = 'keras-multimodal'\n"
        "from keras_multimodal.cli import main\n"
        "sys.exit(main())"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment
    )


def test_stderr_holds_the_line_and_nothing_else(own, tmp_path):
    no_name_column(own)
    process = console_script("demo", "--data", own.path, "--output", tmp_path / "out")
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said.count("\n") == 1, said
    assert "without ['name']" in said


def test_an_interrupted_demo_leaves_nothing(few_icons, tmp_path):
    home, errors = tmp_path / "home", tmp_path / "stderr.txt"
    home.mkdir()
    with errors.open("w") as stderr:
        process = console_script(
            "demo", "--data", few_icons, "--output", home / "out", stderr=stderr
        )
    for line in process.stdout:
        if line.startswith("Training "):
            break
    # Python drops an interrupt that comes while an object is being finalized, and says so; a user
    # presses again. Pressed again for nothing it would end the process while that tidies up.
    presses, end = 0, time.monotonic() + 300
    while process.poll() is None:
        if errors.read_text().count("Exception ignored") >= presses:
            process.send_signal(signal.SIGINT)
            presses += 1
        if time.monotonic() > end:
            process.kill()
            pytest.fail(f"it goes on after {presses} interrupts")
        time.sleep(0.05)
    process.communicate()
    said = errors.read_text()
    assert process.returncode == 130, said
    assert said.endswith("keras-multimodal: interrupted; nothing was written.\n")
    assert not list(home.iterdir())
