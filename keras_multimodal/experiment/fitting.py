"""Training of several models on the same rows: of each modality alone, then of all together."""

import contextlib
import dataclasses
import math
import os
import pathlib
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import keras

from keras_multimodal._inner_names import free_name, inner_name
from keras_multimodal.data import Records
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment.best_epoch import BestEpoch
from keras_multimodal.experiment.training_end import TrainingEnd
from keras_multimodal.experiment.training_start import TrainingStart
from keras_multimodal.schema import Audio, Image, PairTarget, Sensor

_MOST_BYTES = 1_000_000_000  # of decoded rows that are kept in memory


@dataclasses.dataclass(frozen=True)
class FittedModel:
    """A model that has learned, and what it learned from.

    Args:
        model: The model, with the weights of its best epoch.
        rows: The rows of each part, with the modalities that it takes.
        fit: The course of its training: `history`, `best`, `epochs` and `stopped`.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal import data, tasks
    >>> numbers = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0] * 8})
    >>> column = data.TableProcessor().from_dataframe(numbers, numeric=["x"], name="size")
    >>> train, validation = data.pair(column, values=numbers["x"]).split(validation=0.25)
    >>> models = fit_models(
    ...     {"training": train, "validation": validation},
    ...     {"size alone": ("size",)},
    ...     lambda name, rows: tasks.regressor(rows.schema, dim=4),
    ...     epochs=2,
    ...     batch_size=8,
    ... )
    >>> len(models["size alone"].fit.history["val_loss"])
    2
    """

    model: keras.Model
    rows: Mapping[str, Records]
    fit: BestEpoch


def fit_models(
    parts: Mapping[str, Records],
    modalities: Mapping[str, Sequence[str]],
    build: Callable[[str, Records], keras.Model],
    *,
    epochs: int,
    batch_size: int,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    patience: int | None = None,
    deadline: float | None = None,
    monitor: str = "val_loss",
    mode: str = "min",
    verbose: str | int = 0,
    callbacks: Callable[[], Sequence[keras.callbacks.Callback]] = tuple,
    on_finding: Callable[[object], object] | None = None,
) -> dict[str, FittedModel]:
    """Train models one after the other, or go on with them.

    A model of several modalities starts from the encoders that have learned in the models of one
    modality before it: layers called `<modality>_encoder`, by the modality's `inner_name`.

    Args:
        parts: The rows, by `"training"`, `"validation"` and others, which are handed on.
        modalities: By the model's name the modalities that it takes, in the order of training.
        build: Makes the compiled model of a name for training rows.
        epochs: The most epochs.
        batch_size: Rows in a batch.
        seed: Seed of the order. Default 0.
        folder: The folder of the state of each training, from which it can go on. Default `None`:
            a temporary one.
        resume: Whether to go on with what is in the folder. Default False: it must have nothing of
            these models.
        patience: Epochs without a better one after which training stops. Default `None`: no limit.
        deadline: `time.monotonic()` at which all is to be done: each model has an equal part of the
            time that is left, and one epoch at least. Default `None`: no limit.
        monitor: The measure that tells which epoch is best. Default `"val_loss"`.
        mode: Whether less (`"min"`) or more (`"max"`) of it is better. Default `"min"`.
        verbose: As `fit` has it. Default 0.
        callbacks: Makes further callbacks of a training. Default: none.
        on_finding: Called with `TrainingStart` and `TrainingEnd`. Default `None`: silence.

    Returns:
        By name, each model with the weights of its best epoch.

    Raises:
        ArgumentError: If `mode` is neither, a model has no such measure, or the folder has states
            of these models and is not to be gone on with.
        ValueError: If a model's measure is finite in no epoch.

    Example: see `FittedModel`.

    >>> fit_models({}, {}, lambda name, rows: None, epochs=1, batch_size=1)
    {}
    """
    if mode not in ("min", "max"):
        raise ArgumentError("mode", f'must be "min" or "max". Received: {mode!r}')
    fitted: dict[str, FittedModel] = {}
    files = _file_names(modalities)
    with contextlib.ExitStack() as stack:
        state = pathlib.Path(folder or stack.enter_context(tempfile.TemporaryDirectory()))
        state.mkdir(parents=True, exist_ok=True)
        for place, (name, taken) in enumerate(modalities.items()):
            until = None
            if deadline is not None:
                now = time.monotonic()
                until = now + (deadline - now) / (len(modalities) - place)
            best = BestEpoch(state, files[name], patience, until, monitor, mode)
            if best.epochs and not resume:
                raise ArgumentError(
                    "folder",
                    "must have no state of these models, unless `resume=True` is to go on with "
                    f"it. Received: {str(state)!r}, which has {best.epochs} epochs of {name!r}",
                )
            rows = {part: records.select_modalities(*taken) for part, records in parts.items()}
            model = build(name, rows["training"])
            if len(taken) > 1:
                _take_over_encoders(model, taken, modalities, fitted)
            _fit(
                model,
                rows["training"],
                rows["validation"],
                best,
                name=name,
                epochs=epochs,
                batch_size=batch_size,
                seed=seed,
                verbose=verbose,
                callbacks=callbacks,
                on_finding=on_finding,
            )
            fitted[name] = FittedModel(model, rows, best)
    return fitted


def _file_names(models: Iterable[str]) -> dict[str, str]:
    """Return what the files of each model begin with."""
    names: dict[str, str] = {}
    for model in models:
        name = re.sub(r"\W+", "_", model).strip("_") or "model"
        names[model] = free_name(f"_{name}" if name[0].isdigit() else name, names.values())
    return names


def _take_over_encoders(
    model: keras.Model,
    taken: Sequence[str],
    modalities: Mapping[str, Sequence[str]],
    fitted: Mapping[str, FittedModel],
) -> None:
    """Give a model the encoders that have learned alone."""
    alone = {modalities[name][0]: name for name in fitted if len(modalities[name]) == 1}
    for modality in taken:
        if modality in alone:
            encoder = f"{inner_name(modality)}_encoder"
            learned = fitted[alone[modality]].model.get_layer(encoder)
            model.get_layer(encoder).set_weights(learned.get_weights())


def _fit(
    model: keras.Model,
    train: Records,
    validation: Records,
    best: BestEpoch,
    *,
    name: str,
    epochs: int,
    batch_size: int,
    seed: int,
    verbose: str | int,
    callbacks: Callable[[], Sequence[keras.callbacks.Callback]],
    on_finding: Callable[[object], object] | None,
) -> None:
    """Train a model, or go on with it, and give it the weights of its best epoch."""
    if not model.optimizer.built:  # what is loaded has its state, too
        model.optimizer.build(model.trainable_variables)
    # A run that was cut off behind its last epoch has nothing more to learn.
    if not (best.done or best.stopped or best.epochs >= epochs):
        if on_finding is not None:
            on_finding(TrainingStart(name, len(train)))
        batches = train.batch(
            batch_size,
            training=True,
            seed=seed,
            # The others of a batch are the wrong answers: it had better be whole.
            drop_remainder=isinstance(train.target, PairTarget) and len(train) >= batch_size,
            cache=_fits(train),
            initial_epoch=best.epochs,
        )
        if best.epochs:
            best.restore(model)
        model.fit(
            batches,
            validation_data=validation.batch(batch_size, cache=_fits(validation)),
            initial_epoch=best.epochs,
            epochs=epochs,
            shuffle=False,  # the rows come shuffled
            verbose=verbose,
            callbacks=[best, *callbacks()],
        )
    best.finish()
    if not math.isfinite(best.history[best.monitor][best.best]):
        measure = best.monitor.replace("val_", "validation ")
        raise ValueError(
            f"The {measure} of {name} is no number in any epoch: let `learning_rate` be "
            "smaller, and remove what an interrupted run has left"
        )
    best.load(model, best.best)
    if on_finding is not None:
        on_finding(TrainingEnd(name, best.epochs, best.best + 1, best.stopped, best.monitor))


def _fits(records: Records) -> bool:
    """Return whether what is decoded of all rows fits into memory easily."""
    size = 0
    for spec in records.schema.inputs:
        if isinstance(spec, Image):
            size += spec.height * spec.width * spec.channels
        elif isinstance(spec, (Audio, Sensor)):
            size += 4 * math.prod(spec.shape)
    return size * len(records) < _MOST_BYTES
