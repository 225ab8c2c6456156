"""What a table holds, before anything is trained on it."""

import re
import shutil

import pandas as pd

from keras_multimodal import cli


def test_gaps_broken_files_and_classes_are_counted(table, tmp_path, capsys):
    page = tmp_path / "page.html"
    arguments = ["describe", str(table), "--target", "sort", "--image-size", "16", "--time"]
    assert cli.main([*arguments, "--output", str(page)]) == 0
    printed = capsys.readouterr().out
    assert "target: classification (2 different strings in 59 cells), missing in 1 rows" in printed
    assert "Photo File" in printed
    assert "1 files that cannot be read" in printed
    assert "seconds an epoch of 2 steps" in printed
    text = page.read_text()
    for part in ("58 of 58 cells end in .png", "row 4", "How long training will take", "cat"):
        assert part in text


def test_without_a_target_nothing_is_built(table, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert cli.main(["describe", str(table), "--output", str(page)]) == 0
    printed = capsys.readouterr().out
    assert "sort" in printed
    assert "1 files that cannot be read" in printed
    assert "seconds an epoch" not in printed
    assert cli.main(["describe", str(table), "--time", "--output", str(page)]) == 2
    assert "`--time` must come with a target to train for" in capsys.readouterr().err
    assert page.is_file()


def test_a_copy_of_a_file_repeats_what_it_is_a_copy_of(table, tmp_path, capsys):
    frame = pd.read_csv(table, dtype={"code": str})
    frame = frame[["Photo File", "colour", "sort"]].drop(index=[3, 5, 6])
    frame["colour"] = [f"shade {row}" for row in range(len(frame))]
    shutil.copy(table.parent / frame["Photo File"][10], table.parent / "photos" / "copy.png")
    frame.loc[20] = ["photos/copy.png", frame["colour"][10], "cat"]  # row 18, as three are gone
    frame.loc[21, "Photo File"] = frame["Photo File"][10]  # in another shade
    frame.to_csv(table, index=False)
    page = tmp_path / "page.html"
    arguments = ["describe", str(table), "--ignore", "sort", "--table", "colour"]
    assert cli.main([*arguments, "--output", str(page)]) == 0
    assert "57 rows, 1 repeat another" in capsys.readouterr().out
    assert re.search(r"row 18<.*row 8<", page.read_text())


def test_a_name_that_no_file_can_have_is_counted(table, tmp_path, capsys):
    frame = pd.read_csv(table, dtype={"code": str})
    frame.loc[9, "Photo File"] = "photos/" + "x" * 300 + ".png"
    frame.to_csv(table, index=False)
    page = tmp_path / "page.html"
    assert cli.main(["describe", str(table), "--split", "colour", "--output", str(page)]) == 0
    assert "2 files that cannot be read" in capsys.readouterr().out
    assert "named by `split`" in page.read_text()


def test_a_column_that_is_nothing_known_is_left_out_and_said(tmp_path, capsys):
    frame = pd.DataFrame({"code": [f"x{row % 15}" for row in range(20)], "size": range(20)})
    frame.loc[3, "code"] = None
    frame.to_csv(tmp_path / "t.csv", index=False)
    page = tmp_path / "page.html"
    assert cli.main(["describe", str(tmp_path / "t.csv"), "--output", str(page)]) == 0
    printed = capsys.readouterr().out
    assert (
        "15 different strings in 19 cells, such as 'x0' and 'x1': what that is cannot be told"
        in printed
    )
    assert "files that cannot be read" not in printed  # there are none to read


def test_an_encoding_is_said_and_given(tmp_path, capsys):
    source = tmp_path / "宠物.csv"
    rows = [f"{row};{row}:00;{'一只猫' if row % 2 else '这只狗'}\n" for row in range(20)]
    source.write_text("sep=;\n大小;时间;描述\n" + "".join(rows), "gb18030")
    page = tmp_path / "page.html"
    arguments = ["describe", str(source), "--output", str(page)]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert (
        "宠物.csv' is no UTF-8 and is read as GB18030, where it has '大小;时间;描述'; " in printed
    )
    assert "`--encoding` says another" in printed
    assert "描述" in page.read_text("utf-8")
    assert cli.main([*arguments, "--encoding", "gbk"]) == 0
    assert "GB18030" not in capsys.readouterr().out
    source.write_text("größe;b\n1;x\n2;y\n", "cp850")
    assert cli.main(arguments) == 2
    assert "`--encoding` must be given for '" in capsys.readouterr().err
    assert cli.main([*arguments, "--encoding", "cp850", "--sep", ":"]) == 2
    assert "größe;b: ignore (2" in capsys.readouterr().err
