"""A table that is Chinese throughout, from its description to what a server answers."""

import json
import pathlib

import keras
import numpy as np
import pandas as pd

from keras_multimodal import cli, export

ROWS = 24


def write_table(rng):
    """Write pictures, and in GB18030 a table of them."""
    pathlib.Path("图片").mkdir()
    lines = ["编号,照片,描述,重量,颜色,类别"]
    for row in range(ROWS):
        cat = row % 2 == 0
        sort = "猫" if cat else "狗"
        picture = np.full((8, 8, 3), 40, "uint8")
        picture[..., 0 if cat else 2] = 220
        keras.utils.save_img(f"图片/{sort}{row}.png", picture, scale=False)
        says = "黑色的猫在睡觉" if cat else "狗很喜欢在公园里跑"
        colour = "黑" if row % 3 else "白"
        weight = round((4 if cat else 12) + rng.normal(), 3)
        lines.append(f"号{row:03d},图片/{sort}{row}.png,{says}{row}次,{weight},{colour},{sort}")
    pathlib.Path("宠物.csv").write_text("\n".join(lines), "gb18030")


def test_a_chinese_table_is_described_learned_and_served(rng, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_table(rng)
    assert cli.main(["describe", "宠物.csv", "--target", "类别", "--output", "说明.html"]) == 0
    printed = capsys.readouterr().out
    assert "'宠物.csv' is no UTF-8 and is read as GB18030, where it has '编号,照片," in printed
    for column, kind in (("照片", "image"), ("描述", "text"), ("重量", "number")):
        assert f"{column}      {kind}" in printed
    assert "颜色      category" in printed
    assert "猫: 12 (50.0%)" in printed
    assert "描述" in pathlib.Path("说明.html").read_text("utf-8")

    options = ["--target", "类别", "--key", "编号", "--image-size", "8", "--epochs", "1"]
    fast = ["--no-baselines", "--fusion", "concat"]
    assert cli.main(["train", "宠物.csv", *options, *fast, "--output", "结果"]) == 0
    assert cli.main(["evaluate", "结果", "宠物.csv", "--output", "分数.json"]) == 0
    assert json.loads(pathlib.Path("分数.json").read_text("utf-8"))["rows"] == ROWS
    assert cli.main(["predict", "结果", "宠物.csv", "--output", "预测.csv"]) == 0
    predicted = pd.read_csv("预测.csv")
    assert predicted["编号"].tolist() == [f"号{row:03d}" for row in range(ROWS)]
    assert set(predicted["status"]) == {"ok"}

    folder = pathlib.Path("结果", "saved_model")
    signature = json.loads((folder / "signature.json").read_text("utf-8"))
    inputs = signature["signatures"]["serving_default"]["inputs"]
    assert all(name.isascii() for name in inputs)
    frame = pd.read_csv("宠物.csv", encoding="gb18030")
    frame["照片"] = [pathlib.Path(name).read_bytes() for name in frame["照片"]]
    raw = {name: frame[each["name"]].tolist() for name, each in inputs.items()}
    served = export.serve_in_fresh_process(folder, raw)
    assert served["label"].tolist() == predicted["prediction"].tolist()
    classes = [f"probability_{name}" for name in ("狗", "猫")]
    np.testing.assert_allclose(served["probabilities"], predicted[classes], atol=1e-5)
