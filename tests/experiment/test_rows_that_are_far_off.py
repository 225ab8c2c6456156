"""What predictions say of numbers far from training's, and of a model without an answer."""

import numpy as np
import pandas as pd

from keras_multimodal import experiment, tables, tasks
from keras_multimodal.experiment.trained_model import TrainedModel

ROWS = 24


def write(folder, name, numbers, peak=None):
    """A table of a number, a colour, a text and a file with a series in each row."""
    frame = pd.DataFrame(
        {"Size": numbers, "note": ["it is red", "it is blue"] * (len(numbers) // 2)}
    )
    frame["colour"] = ["red", "red", "blue", "blue"] * (len(numbers) // 4)
    frame["walk"] = [f"{name}{row}.csv" for row in frame.index]
    for row, file in enumerate(frame["walk"]):
        steps = np.sin(np.arange(12) + row)
        steps[5] = steps[5] if row != 2 or peak is None else peak
        pd.DataFrame({"x": steps}).to_csv(folder / file, index=False)
    frame["sort"] = ["cat", "dog"] * (len(numbers) // 2)
    frame.to_csv(folder / f"{name}.csv", index=False)
    return tables.read(folder / f"{name}.csv")


def test_rows_with_far_numbers_are_flagged_and_answered(tmp_path):
    table = write(tmp_path, "train", 100 + np.arange(ROWS) / 7)
    options = experiment.TrainingOptions(target="sort", sensor=("walk",), text=("note",))
    prepared = tables.prepare(table, options)
    columns, schema = prepared.columns, prepared.parts.records["training"].schema
    run = TrainedModel(
        options=options,
        task=columns.task.name,
        target=columns.task.column,
        kinds=columns.kinds,
        names=table.names,
        schema=schema,
        table_sha256=table.sha256,
        model=tasks.classifier(schema, dim=4, seed=0, jit_compile=False),
        directory=tmp_path,
    )
    later = write(tmp_path, "later", [101, -3e38, 103, 1e39], peak=-1e38)
    found = experiment.predict(run, later)
    assert found["status"].tolist() == [
        "ok",
        "Size is far from training's numbers: '-3e+38'",
        "walk holds a number far from training's",
        "Size is no finite number: '1e+39'",
    ]
    assert np.isfinite(found["probability"]).all()
    assert set(found["prediction"]) <= {"cat", "dog"}
    assert experiment.predict(run, table)["status"].tolist() == ["ok"] * ROWS

    layer = run.model.get_layer("logits")
    layer.set_weights([np.full_like(weight, np.nan) for weight in layer.get_weights()])
    found = experiment.predict(run, later)
    assert found["prediction"].isna().all()
    assert found["status"][0] == "the model has no finite answer"
    assert found["status"][3].endswith("'1e+39'; the model has no finite answer")
