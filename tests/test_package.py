"""What a bare import gives, and what it leaves for later."""

import ast
import pathlib
import subprocess
import sys

import pytest

import keras_multimodal


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def run_with_keras(run_forked):
    """As `run`, but TensorFlow and Keras were imported before, and this package was not."""

    def run(code: str) -> str:
        process = run_forked(["-c", code])
        assert process.returncode == 0, process.stderr[-3000:]
        return process.stdout.strip()

    return run


@pytest.mark.parametrize("name", keras_multimodal.__all__)
def test_every_public_module_is_there(name):
    assert getattr(keras_multimodal, name).__name__ == f"keras_multimodal.{name}"
    assert name in dir(keras_multimodal)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
        _ = keras_multimodal.nothing
    assert not hasattr(keras_multimodal, "__wrapped__")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (
            "load_model",
            r"`keras\.saving\.load_model`, which knows the layers of keras_multimodal once",
        ),
        ("Sequential", r"`keras\.Sequential`"),
        ("classifier", r"`keras_multimodal\.tasks\.classifier`"),
        ("pair", r"`keras_multimodal\.data\.pair`"),
        ("Image", r"`keras_multimodal\.schema\.Image`"),
    ],
)
def test_a_name_of_another_module_says_where_it_is(name, place):
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'; it is {place}"):
        getattr(keras_multimodal, name)


def test_a_bare_import_leaves_the_heavy_packages_alone(run_with_keras):
    """Beyond Keras itself, which loads pandas and matplotlib where they are installed."""
    heavy = {"keras_hub", "tensorflow_text", "tensorflow_datasets", "matplotlib", "pandas"}
    code = f"import sys; print(sorted({heavy} & set(sys.modules)))"
    ours, theirs = (
        run_with_keras(f"import {name}; {code}") for name in ("keras_multimodal", "keras")
    )
    assert ours == theirs


def test_a_saved_layer_loads_after_a_bare_import(tmp_path):
    path = tmp_path / "model.keras"
    import keras

    pictures = keras.Input((8, 8, 3))
    tokens = keras_multimodal.encoders.ConvImageEncoder(4, filters=(2,))(pictures)
    keras.Model(pictures, tokens).save(path)
    name = run(
        "import keras_multimodal, keras;"
        f"print(type(keras.models.load_model({str(path)!r}).layers[-1]).__name__)"
    )
    assert name == "ConvImageEncoder"


@pytest.mark.parametrize("task", ["classifier", "regressor", "multi_task", "retriever"])
def test_a_saved_task_loads_after_a_bare_import(task, tmp_path, run_with_keras):
    path = tmp_path / "model.keras"
    schema = keras_multimodal.schema
    target = {
        "classifier": schema.ClassTarget(classes=("a", "b")),
        "regressor": schema.NumberTarget(mean=(1.0,), std=(2.0,)),
        "multi_task": schema.Targets(
            (schema.ClassTarget(classes=("a", "b")), schema.NumberTarget(mean=(1.0,), std=(2.0,)))
        ),
        "retriever": schema.PairTarget(towers=(("one", ("one",)), ("two", ("two",)))),
    }[task]
    inputs = [schema.Text(name=name, length=3, vocabulary=("u",)) for name in ("one", "two")]
    model = getattr(keras_multimodal.tasks, task)(schema.Schema(inputs, target), dim=8)
    model.save(path)
    code = f"import keras_multimodal, keras; print(keras.models.load_model({str(path)!r}).name)"
    assert run_with_keras(code) == task


def test_help_needs_no_tensorflow():
    code = (
        "import sys; sys.argv = ['keras-multimodal', '--help']\n"
        "from keras_multimodal.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as stop:\n"
        "    print(stop.code, 'tensorflow' in sys.modules, 'keras' in sys.modules)\n"
    )
    assert run(code).endswith("0 False False")


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "keras_multimodal", "--help"]
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    assert process.stdout.startswith("usage: keras-multimodal")


def test_public_names_are_shown_once():
    shown = dir(keras_multimodal)
    assert len(shown) == len(set(shown))
    public = [name for name in shown if not name.startswith("_")]
    assert public == sorted(keras_multimodal.__all__)


def test_the_version_is_the_distributions():
    from importlib.metadata import PackageNotFoundError, version

    try:
        installed = version("keras-multimodal-fusion")
    except PackageNotFoundError:
        pytest.skip("keras-multimodal-fusion is not installed: the source tree is being tested")
    assert keras_multimodal.__version__ == installed


def test_no_module_is_hidden_by_what_it_holds():
    """`kmm.tasks.classifier` is the function, and so no module may have that name."""
    hidden = []
    for path in pathlib.Path(keras_multimodal.__file__).parent.rglob("__init__.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                last = node.module.rpartition(".")[2]
                hidden += [node.module for each in node.names if (each.asname or each.name) == last]
    assert not hidden
