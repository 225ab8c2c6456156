"""Write what this version leaves on disk: models, layers, descriptions, a SavedModel and a run.

    python tests/compatibility/write_fixtures.py tests/compatibility/VERSION

It was run with the code that the files are of, and is kept to show what they hold.
"""

import json
import pathlib
import sys
import tempfile

import keras
import numpy as np
import pandas as pd

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [
    str(TESTS.parent),
    *(str(TESTS / room) for room in ("layers", "encoders", "commands", "schema")),
]

from pets_table import pets  # noqa: E402
from test_conformance import CASES  # noqa: E402
from test_descriptions import INPUTS, TARGETS  # noqa: E402
from test_encoder_conformance import CASES as ENCODERS  # noqa: E402

from keras_multimodal import commands, data, tasks  # noqa: E402
from keras_multimodal.schema import Category, Features, Number, Schema, Tabular, Targets  # noqa: E402

FEATURES = Features(length=2, dim=4)
TABLE = Tabular(
    numeric=("size",), categorical=("town",), categories=(("a", "b"),), mean=(1.0,), std=(2.0,)
)
KIND = Category(name="kind", classes=("a", "b", "c"))
GRADE = Category(name="grade", classes=("low", "mid", "high"), ordered=True)
TAGS = Category(name="tags", classes=("x", "y"), multi_label=True)
PRICE = Number(name="price", columns=("price",), mean=(20.0,), std=(4.0,))
SMALL = {"dim": 8, "seed": 0, "jit_compile": False}


def models():
    """Return a model of every task."""
    several = Schema([FEATURES, TABLE], Targets((KIND, GRADE, TAGS, PRICE)))
    frame = pd.DataFrame(
        {
            "text": ["one red", "two blue"] * 2,
            "note": ["red cat", "blue dog"] * 2,
            "size": [1.0, 2] * 2,
        }
    )
    processor = data.TextProcessor(length=3)
    texts = processor.load_data(frame, column="text")
    notes = processor.load_data(frame, column="note", name="note")
    table = data.TableProcessor().load_data(frame, numeric=["size"])
    written = data.pair(
        texts,
        table,
        captions=notes,
    )
    matched = data.pair(texts, table, match=True)
    return {
        "classifier": tasks.classifier(Schema([FEATURES, TABLE], KIND), **SMALL),
        "ordinal": tasks.classifier(Schema([FEATURES], GRADE), **SMALL),
        "regressor": tasks.regressor(Schema([FEATURES], PRICE), loss="quantile", **SMALL),
        "multi_task": tasks.multi_task(several, loss_weights="uncertainty", **SMALL),
        "captioner": tasks.captioner(written.schema, **SMALL),
        "retriever": tasks.retriever(matched.schema, units=4, **SMALL),
        "retriever_sig_lip": tasks.retriever(matched.schema, loss="sig_lip", units=4, **SMALL),
    }


def example(tensor):
    """Return two rows of an input, whatever it is: a zero, a one and an absent one among them."""
    shape = (2, *(3 if size is None else size for size in tensor.shape[1:]))
    if tensor.dtype == "string":
        return np.array(["one red", "two"], object).reshape(shape)
    values = np.arange(np.prod(shape)).reshape(shape)
    return (values % 2 if tensor.dtype != "float32" else np.sin(values)).astype(tensor.dtype)


def write(folder):
    folder.mkdir(parents=True)
    encoders = [
        case[:2]
        for case in ENCODERS
        if not any(isinstance(option, keras.Layer) for option in case[1].values())
    ]
    layers = [
        keras.saving.serialize_keras_object(cls(**options))
        for cls, options in [*(case.values[:2] for case in CASES), *encoders]
    ]
    (folder / "layers.json").write_text(json.dumps(layers, indent=1) + "\n")
    described = [
        *(Schema([spec]).to_json() for spec, *_ in INPUTS),
        *(Schema([FEATURES, TABLE], target).to_json() for target, _ in TARGETS[:2]),
        Schema([FEATURES], Targets((KIND, GRADE, TAGS, PRICE))).to_json(),
    ]
    (folder / "schemas.json").write_text(
        json.dumps(list(map(json.loads, described)), indent=1) + "\n"
    )
    for name, model in models().items():
        inputs = {key: example(tensor) for key, tensor in model.input.items()}
        outputs = model.predict_on_batch(inputs)
        outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
        model.save(folder / f"{name}.keras")
        np.savez_compressed(
            folder / f"{name}.npz",
            **{f"inputs/{key}": value for key, value in inputs.items()},
            **{f"outputs/{key}": np.asarray(value) for key, value in outputs.items()},
        )
    with tempfile.TemporaryDirectory() as home:
        source = pets(pathlib.Path(home) / "data")
        commands.train(
            commands.Options(
                source=str(source),
                target="sort",
                output=str(folder / "run"),
                key="code",
                image_size=16,
                epochs=1,
                seed=1,
                baselines=False,
                fusion="mean",
            )
        )


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
