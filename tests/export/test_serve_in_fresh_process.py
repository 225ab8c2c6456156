"""A SavedModel answers in a process in which importing this package fails."""

import functools
import importlib

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import Preprocessor
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.schema import Schema, Tabular, Text
from tests.suite.fork_server import ForkServer

MODULE = importlib.import_module(serve_in_fresh_process.__module__)
REAL = MODULE._run_python


@pytest.mark.real_process
def test_it_says_what_the_model_says(small, tmp_path):
    model, schema = small
    saved_model(model, tmp_path / "model", schema)
    raw = {"text": ["a b", b"b", "été"]}
    outputs = serve_in_fresh_process(tmp_path / "model", raw)
    expected = np.asarray(model(Preprocessor(schema)(raw)["text"]))
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-5)
    classes = np.array(schema.target.classes)
    np.testing.assert_array_equal(outputs["label"], classes[expected.argmax(-1)])


@pytest.mark.real_process
def test_what_cannot_be_served_is_refused(small, tmp_path):
    model, schema = small
    with pytest.raises(FileNotFoundError, match=r"which has no saved_model\.pb"):
        serve_in_fresh_process(tmp_path, {"text": ["a"]})
    saved_model(model, tmp_path / "model", schema)
    with pytest.raises(ValueError, match=r"one cell of each modality.*'image': 2, 'text': 1"):
        serve_in_fresh_process(tmp_path / "model", {"image": [b"", b""], "text": ["a"]})
    with pytest.raises(RuntimeError, match=r"did not answer(.|\n)*image"):
        serve_in_fresh_process(tmp_path / "model", {"image": [b""]})


def test_columns_come_in_whatever_users_have_them_in(tmp_path):
    """Every form gives the same answer as the arrays that the signature asks for."""
    specs = [
        Tabular(
            optional=True,
            numeric=("age",),
            categorical=("town",),
            mean=(2.0,),
            std=(1.0,),
            categories=(("U",),),
        ),
        Text(length=2, vocabulary=("a",), optional=True),
    ]
    schema = Schema(specs)
    inputs = tasks.inputs(schema)
    saved_model(keras.Model(inputs, dict(inputs)), tmp_path / "model", schema)
    ages, towns, texts = [1.5, float("nan"), 3.0], ["U", "", "x"], ["a", "", "b a"]
    expected = Preprocessor(schema)({"age": ages, "town": towns, "text": texts})
    forms = [
        {"age": np.array(ages), "town": np.array(towns, object), "text": texts},
        {"age": ages, "town": pd.Series(towns), "text": np.array(texts)},
        {
            "age": np.array(ages, object),
            "town": np.array(towns),
            "text": [b"a", "", np.str_("b a")],
        },
    ]
    for raw in forms:
        outputs = serve_in_fresh_process(tmp_path / "model", raw)
        assert set(outputs) == set(expected) | {"table_status", "text_status"}
        for name, tensor in expected.items():
            np.testing.assert_array_equal(outputs[name], tensor)
    whole = {"age": [1, 2, 3], "town": towns, "text": texts}
    answer = serve_in_fresh_process(tmp_path / "model", whole)
    assert answer["table"].tolist() == [[-1.0], [0.0], [1.0]]


@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        (["a", None], TypeError, "in every cell.*None in row 1 of 'text'"),
        (np.array([float("nan"), "a"], object), TypeError, "in every cell.*nan in row 0 of 'text'"),
        ([1.0, None], TypeError, "NaN for a missing number.*None in row 1 of 'text'"),
        ([[1.0], [1.0, 2.0]], ValueError, "one shape.*'text'"),
        ([np.datetime64("2020")], TypeError, r"datetime64\('2020'\) in row 0 of 'text'"),
    ],
)
def test_cells_that_cannot_be_sent_are_named(small, tmp_path, column, error, message):
    model, schema = small
    saved_model(model, tmp_path / "model", schema)
    with pytest.raises(error, match=message):
        serve_in_fresh_process(tmp_path / "model", {"text": column})


def test_fractions_are_not_cut_to_whole_numbers(tmp_path):
    """Another's SavedModel may ask for whole numbers."""
    module = tf.Module()
    module.serve = tf.function(
        lambda n: {"output": n + 1}, input_signature=[tf.TensorSpec([None], tf.int32, name="n")]
    )
    tf.saved_model.save(module, tmp_path, signatures=module.serve)
    assert serve_in_fresh_process(tmp_path, {"n": [1, 2]})["output"].tolist() == [2, 3]
    with pytest.raises(RuntimeError, match=r"did not answer(.|\n)*Cannot cast array data"):
        serve_in_fresh_process(tmp_path, {"n": [1.5, 2.0]})


def test_tests_serve_in_forks(run_forked):
    assert MODULE._run_python == run_forked


@pytest.mark.real_process
def test_a_marked_test_serves_in_a_real_process():
    assert MODULE._run_python is REAL


@pytest.mark.parametrize("how", ["real", "forked"])
def test_the_process_cannot_import_the_package(how, run_forked, tmp_path):
    """The script that answers would fail if anything in the folder asked for it."""
    text = MODULE._SCRIPT.read_text().replace("import tensorflow as tf", "import keras_multimodal")
    (tmp_path / "changed.py").write_text(text)
    run = run_forked if how == "forked" else REAL
    process = run([tmp_path / "changed.py"])
    assert process.returncode != 0
    assert "import of keras_multimodal halted" in process.stderr


@pytest.mark.parametrize("how", ["real", "forked"])
@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("os._exit(0)", "ended with code 0"),
        ("os._exit(5)", "ended with code 5"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended with code -9"),
        ("ctypes.string_at(0)", "ended with code -11"),
    ],
)
def test_a_process_that_dies_names_the_model_and_what_it_wrote(
    how, end, words, run_forked, dying, monkeypatch
):
    monkeypatch.setattr(MODULE, "_run_python", run_forked if how == "forked" else REAL)
    said = dying(end)
    assert words in said
    assert said.count("last words") == 1
    assert "printed words" in said


def test_a_fork_that_hangs_names_the_model(run_forked, dying, monkeypatch):
    monkeypatch.setattr(MODULE, "_run_python", functools.partial(run_forked, timeout=2))
    said = dying("time.sleep(600)")
    assert "last words" in said
    assert said.endswith("Killed: it had not ended after 2 seconds.\n")


def test_a_server_of_forks_that_dies_names_the_model(dying, monkeypatch):
    server = ForkServer()
    monkeypatch.setattr(MODULE, "_run_python", server.run)
    said = dying("os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)")
    assert "last words" in said
    assert "The server of forks ended with code -9" in said
    server.close()


@pytest.fixture
def dying(small, tmp_path, monkeypatch):
    """What is said of a SavedModel whose process writes something, and then ends as asked."""

    def said(end):
        folder = tmp_path / "the model"
        saved_model(small[0], folder, small[1])
        script = tmp_path / "dying.py"
        script.write_text(
            "import ctypes, os, signal, time\n"
            "print('printed words', flush=True)\n"
            f"os.write(2, b'last words')\n{end}"
        )
        monkeypatch.setattr(MODULE, "_SCRIPT", script)
        with pytest.raises(RuntimeError) as raised:
            serve_in_fresh_process(folder, {"text": ["a"]})
        assert str(raised.value).startswith(f"The SavedModel in {str(folder)!r} did not answer; ")
        return str(raised.value)

    return said
