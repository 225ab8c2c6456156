"""Sources of any kind, mixed in one record; frames of other libraries."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import (
    AudioStream,
    ImageStream,
    SensorProcessor,
    TableProcessor,
    TextProcessor,
    pair,
    read_dataset,
    read_table,
)

KEYS = [f"k{number}" for number in range(12)]


def shuffled(seed):
    return [int(row) for row in np.random.default_rng(seed).permutation(len(KEYS))]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sources_of_four_kinds_meet_by_their_keys(tmp_path, seed):
    """Every value is the number of its key, so that what doesn't belong together is seen."""
    photos = shuffled(seed)
    dataset = tf.data.Dataset.from_tensor_slices(
        {
            "id": [KEYS[row] for row in photos],
            "photo": np.stack([np.full((6, 6, 3), row, np.uint8) for row in photos]),
        }
    )
    frame = read_dataset(dataset, tmp_path / "photos", key="id")
    images = ImageStream().flow_from_dataframe(
        frame, x_col="photo", target_size=(6, 6), class_mode=None
    )

    lines = [f"{KEYS[row]},word{row}\n" for row in shuffled(seed + 10)]
    (tmp_path / "texts.csv").write_text("id,title\n" + "".join(lines))
    titles = TextProcessor(
        length=1, vocabulary=[f"word{row}" for row in range(len(KEYS))]
    ).from_dataframe(read_table(tmp_path / "texts.csv", key="id"), column="title")

    walks = {KEYS[row]: np.full((4, 2), row, "float32") for row in shuffled(seed + 20)}
    sensors = SensorProcessor(standardize=False).load_arrays(walks)

    rows = [json.dumps({"id": KEYS[row], "age": row}) + "\n" for row in shuffled(seed + 30)]
    (tmp_path / "table.jsonl").write_text("".join(rows))
    table = TableProcessor().from_dataframe(read_table(tmp_path / "table.jsonl", key="id")).adapt()

    labels = {KEYS[row]: row for row in shuffled(seed + 40)}
    records = pair(images, titles, sensors, table, labels=labels)
    assert records.keys == [KEYS[row] for row in photos]
    mean, std = table.spec.mean[0], table.spec.std[0]
    words = titles.spec.vocabulary
    seen = []
    for batch, targets in records.batch(5, training=True, seed=seed):
        for row, target in enumerate(targets.numpy()):
            number = int(records.target.classes[int(target)])
            assert (batch["image"][row].numpy() == number).all()
            assert words[int(batch["text"][row, 0]) - 2] == f"word{number}"
            assert (batch["sensor"][row].numpy() == number).all()
            age = float(batch["table"][row, 0]) * std + mean
            assert age == pytest.approx(number, abs=1e-4)
            seen.append(number)
    assert sorted(seen) == list(range(len(KEYS)))


@pytest.fixture
def table():
    return pd.DataFrame(
        {"id": ["b", "a"], "file": ["", ""], "text": ["red cat", "dog"], "n": [1, 2], "t": [0, 1]}
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda frame: ImageStream().from_dataframe(frame, "file", key="id"),
        lambda frame: AudioStream(8000, 10).from_dataframe(frame, "file", key="id"),
        lambda frame: TextProcessor().from_dataframe(frame, column="text", key="id"),
        lambda frame: TableProcessor().from_dataframe(frame, numeric=["n", "t"], key="id"),
        lambda frame: TableProcessor().from_dataframe(frame, key="id"),
        lambda frame: SensorProcessor().load_table(frame, key="id", channels=["n"], time="t"),
        lambda frame: SensorProcessor().from_dataframe(frame, "text", key="id", channels=["n"]),
    ],
    ids=["image", "audio", "text", "numbers", "table", "sensor", "sensor files"],
)
def test_tables_of_pyarrow_give_what_frames_of_pandas_give(tmp_path, monkeypatch, table, make):
    pyarrow = pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    for file in table["text"]:
        pd.DataFrame({"n": [1.0, 2.0]}).to_csv(file, index=False)
    found, expected = make(pyarrow.Table.from_pandas(table)), make(table)
    assert found.keys == expected.keys == ["b", "a"]
    assert found.cells.tolist() == expected.cells.tolist()
    assert found.spec == expected.spec


@pytest.mark.parametrize("wrong", [[{"file": "a.png"}], {"file": ["a.png"]}, pd.Series(["a.png"])])
def test_what_is_no_frame_is_refused(wrong):
    with pytest.raises(TypeError, match="`dataframe` must be a pandas DataFrame, have a method"):
        ImageStream().from_dataframe(wrong, "file")
