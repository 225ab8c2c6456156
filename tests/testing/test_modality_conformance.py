"""Every modality of the package keeps the promises, and each promise that is broken is found."""

import dataclasses
import pathlib
import re
import wave

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import data, schema
from keras_multimodal.data.features.column import FeatureColumn
from keras_multimodal.data.features.store import FeatureStore
from keras_multimodal.testing import run_modality_conformance

TEXTS = ["a cat", "", "A CAT!", "cat a"]


def image(folder, rng):
    paths, contents = [], []
    for row in range(4):
        path = folder / f"{row}.png"
        keras.utils.save_img(path, rng.integers(0, 256, (9, 12, 3)), scale=False)
        paths.append(str(path) if row != 2 else "")
        contents.append(path.read_bytes() if row != 2 else b"")
    made = data.ImageStream(rescale=1 / 255, horizontal_flip=True, rotation_range=20)
    column = made.from_dataframe(
        pd.DataFrame({"file": paths}), "file", target_size=(6, 8), optional=True
    )
    return column, {"image": contents}


def text(folder, rng):
    made = data.TextProcessor(length=3, word_dropout=0.3)
    return made.load_data(TEXTS, optional=True).adapt(), {"text": TEXTS}


def audio(folder, rng):
    paths, contents = [""], [b""]
    for row in range(3):
        path = folder / f"{row}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(80)
            file.writeframes(rng.integers(-9000, 9000, 60 + 40 * row).astype("<i2").tobytes())
        paths.append(str(path))
        contents.append(path.read_bytes())
    made = data.AudioStream(sample_rate=80, duration=1.0)
    column = made.from_dataframe(pd.DataFrame({"file": paths}), "file", optional=True)
    return column, {"audio": contents}


def sensor(folder, rng):
    series = [rng.normal(size=(length, 2)).astype("float32") for length in (6, 3, 8)]
    made = data.SensorProcessor(length=6)
    column = made.load_arrays([*series, None], channels=["x", "y"], optional=True).adapt()
    cells = np.full((4, 8, 2), np.nan, "float32")
    for row, values in enumerate(series):
        cells[row, : len(values)] = values
    return column, {"sensor": cells}


def table(folder, rng):
    frame = pd.DataFrame({"size": [1.0, None, None, 4.0], "town": ["a", "b", None, "a"]})
    column = data.TableProcessor().from_dataframe(
        frame, numeric=["size"], categorical=["town"], optional=True
    )
    cells = {"size": np.array([1.0, np.nan, np.nan, 4.0]), "town": ["a", "b", "", "a"]}
    return column.adapt(), cells


def features(folder, rng):
    spec = schema.Features(length=2, dim=3, optional=True)
    store = FeatureStore(folder, length=2, dim=3)
    tokens = rng.normal(size=(2, 2, 3)).astype("float32")
    there = np.array([[True, False], [True, True]])
    store.write(["one", "two"], tokens, there)
    column = FeatureColumn(spec, range(3), ["a", "", "b"], "a folder", store, [0, -1, 1])
    cells = np.full((3, 2, 3), np.nan, "float32")
    cells[[0, 2]] = np.where(there[..., None], tokens, np.nan)
    return column, {"features": cells}


@pytest.mark.parametrize("make", [image, text, audio, sensor, table, features])
def test_a_modality_of_the_package_keeps_them_all(make, tmp_path, rng):
    column, cells = make(tmp_path, rng)
    run_modality_conformance(column.spec, column, cells)


@schema.register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Pulse(schema.Modality):
    """Beats, as a string of numbers."""

    kind = "pulse"
    name: str = "pulse"
    beats: int = 3
    broken: str = ""

    @property
    def shape(self):
        return (self.beats,)

    @property
    def obstacle(self):
        return "a pulse cannot be exported" if self.broken == "obstacle" else ""


@data.register_transform("pulse")
class PulseTransform(data.Transform):
    """Their halves."""

    def load(self, cell):
        numbers = tf.strings.to_number(tf.strings.split(cell))
        return tf.ensure_shape(numbers, (self.spec.beats,))

    def blank(self):
        if self.spec.broken == "blank":
            return tf.zeros((1, self.spec.beats))
        return tf.zeros(self.spec.beats)

    def load_batch(self, raw):
        if self.spec.broken == "preprocessor":
            return 2 * super().load_batch(raw)
        return super().load_batch(raw)

    def finish(self, loaded):
        if self.spec.broken == "tensors":
            return tf.cast(loaded / 2, "float64")
        return loaded / 2


class PulseColumn(data.Column):
    """With faults of its own."""

    def batch_finisher(self, batch_size, training):
        if self.spec.broken == "seeds" and training:
            noise = np.random.default_rng().normal(size=3).astype("float32")
            return lambda loaded, seeds: loaded + noise
        return super().batch_finisher(batch_size, training)

    def take(self, keys, rows):
        if self.spec.broken == "other_order" and rows[0] > rows[-1]:
            rows = rows[::-1]
        return super().take(keys, rows)


CELLS = ["1 2 3", "", "4 5 6"]


def pulse(broken=""):
    spec = Pulse(optional=True, broken=broken)
    return PulseColumn(spec, range(3), CELLS, "a list"), {"pulse": CELLS}


def broken_promises(column, cells):
    with pytest.raises(AssertionError, match="Pulse 'pulse' breaks") as caught:
        run_modality_conformance(column.spec, column, cells)
    return re.findall(r"^- (\w+):", str(caught.value), re.M)


def test_a_modality_of_the_users_own_keeps_them():
    column, cells = pulse()
    run_modality_conformance(column.spec, column, cells)


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        # What is served is the preprocessor's, too.
        ("preprocessor", ["preprocessor", "saved_model"]),
        ("seeds", ["seeds"]),
        ("other_order", ["other_order"]),
    ],
)
def test_what_is_broken_is_found(broken, found):
    assert broken_promises(*pulse(broken)) == found


def test_a_dtype_that_is_not_the_descriptions_is_found():
    assert "tensors" in broken_promises(*pulse("tensors"))


def test_a_blank_of_another_shape_is_found():
    assert "blank" in broken_promises(*pulse("blank"))


def test_a_description_with_an_obstacle_has_to_be_refused():
    column, cells = pulse("obstacle")
    run_modality_conformance(column.spec, column, cells)


def test_a_field_that_json_cannot_hold_is_found():
    column, cells = pulse()
    spec = dataclasses.replace(column.spec, beats=np.int64(3))
    assert "json_round_trip" in broken_promises(column.with_spec(spec), cells)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda column, cells: (column.spec, column, {"pulse": CELLS[:2]}), "the column's 3 rows"),
        (
            lambda column, cells: (dataclasses.replace(column.spec, optional=False), column, cells),
            "must be the column's description, with optional=True",
        ),
        (
            lambda column, cells: (column.spec, column.take([0, 2], np.array([0, 2])), cells),
            "three rows or more",
        ),
    ],
)
def test_rows_that_cannot_show_it_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        run_modality_conformance(*change(*pulse()))


def test_what_is_not_registered_says_what_to_do():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Smell(schema.Modality):
        kind = "smell"
        name: str = "smell"
        shape = (1,)

    with pytest.raises(ValueError, match=r"data\.register_transform\('smell'\)"):
        data.Preprocessor(schema.Schema([Smell()]))
    with pytest.raises(ValueError, match=r"calls schema\.register_modality first"):
        schema.Schema.from_json(schema.Schema([Smell()]).to_json())
    with pytest.raises(TypeError, match="below `register_modality` comes"):
        schema.register_modality(type("Bare", (schema.Modality,), {"kind": "bare"}))
    with pytest.raises(ValueError, match=r"no description yet.*'pulse' for .*Other"):
        schema.register_modality(
            dataclasses.dataclass(frozen=True)(type("Other", (Pulse,), {"kind": "pulse"}))
        )
    with pytest.raises(ValueError, match="must be one that has no preprocessing yet"):
        data.register_transform("text")(PulseTransform)


def test_a_notebooks_cell_may_be_run_again():
    again = dataclasses.make_dataclass("Pulse", [], bases=(Pulse,), frozen=True)
    again.__module__, again.__qualname__ = Pulse.__module__, Pulse.__qualname__
    assert schema.register_modality(again) is again
    assert schema.register_modality(Pulse) is Pulse


def test_the_page_of_ones_own_modality_has_no_more_lines_than_it_says():
    page = (pathlib.Path(__file__).parents[2] / "docs" / "own_modality.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert sum(bool(line.strip()) for block in blocks for line in block.splitlines()) < 80
