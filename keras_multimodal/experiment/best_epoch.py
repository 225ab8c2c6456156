"""Training that can be interrupted, goes on, and keeps the best epoch."""

import json
import math
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_multimodal._folders import replace_file
from keras_multimodal.errors import ArgumentError


class BestEpoch(keras.callbacks.Callback):
    """Keeps the best weights in a file, and stops when they have not been bettered for long.

    Unlike `EarlyStopping` it goes on where an interrupted run was: after each epoch the weights,
    the optimizer's state and the history are kept, the history last. An epoch that was cut off
    before that is done again, as it was.

    Args:
        folder: Where the weights and the state are kept.
        name: What its files begin with.
        patience: Epochs without a better one after which training stops; `None` for no limit.
        deadline: `time.monotonic()` at which it stops; `None` for no limit.
        monitor: The measure that tells which epoch is best. Default `"val_loss"`.
        mode: Whether less (`"min"`) or more (`"max"`) of it is better. Default `"min"`.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        name: str,
        patience: int | None,
        deadline: float | None,
        monitor: str = "val_loss",
        mode: str = "min",
    ) -> None:
        super().__init__()
        self._folder, self._name = folder, name
        self._state_file = folder / f"{self._name}.json"
        self._patience = patience
        self._deadline = deadline
        self.monitor, self._sign = monitor, {"min": 1, "max": -1}[mode]
        self.history: dict[str, list[float]] = {}
        self._seeds: list[list[int]] = []
        self.stopped = ""
        self.done = False
        if self._state_file.is_file():
            state = json.loads(self._state_file.read_text(encoding="utf-8"))
            self.history, self.stopped = state["history"], state["stopped"]
            self.done, self._seeds = state["done"], state["seeds"]

    @property
    def epochs(self) -> int:
        """The number of epochs that are done."""
        return len(self.history.get(self.monitor, ()))

    @property
    def best(self) -> int:
        """The number of the best epoch, from 0."""
        worth = [self._sign * x for x in self.history[self.monitor]]
        worth = [x if math.isfinite(x) else math.inf for x in worth]
        return worth.index(min(worth))

    def weights_of(self, epoch: int) -> pathlib.Path:
        """Return the file of an epoch's weights, which is kept of the best one and the last.

        Args:
            epoch: Its number, from 0.
        """
        return self._folder / f"{self._name}.{epoch}.npz"

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep what has been learned, and stop where there is no more to hope for.

        Raises:
            ArgumentError: If the model has no such measure.
        """
        if self.monitor not in (logs or {}):
            raise ArgumentError(
                "monitor",
                f"must be a measure of the model, which has {sorted(logs or {})}. "
                f"Received: {self.monitor!r}",
            )
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        with replace_file(self.weights_of(epoch)) as partial:
            _save(_state(self.model), partial)
        self._seeds = [seed.numpy().tolist() for seed in _seeds(self.model)]
        if self._patience is not None and epoch - self.best >= self._patience:
            self.stopped = f"no better for {self._patience} epochs"
        elif self._deadline is not None and time.monotonic() > self._deadline:
            self.stopped = "the time is up"
        self.model.stop_training = bool(self.stopped)
        self._write()
        for earlier in set(range(epoch)) - {self.best}:
            self.weights_of(earlier).unlink(missing_ok=True)

    def restore(self, model: keras.Model) -> None:
        """Give a model what it had at the end of the last epoch.

        Args:
            model: The model, its optimizer built.
        """
        self.load(model, self.epochs - 1)
        for seed, value in zip(_seeds(model), self._seeds, strict=True):
            seed.assign(value)

    def load(self, model: keras.Model, epoch: int) -> None:
        """Give a model the weights, and its optimizer the state, of an epoch.

        Args:
            model: The model, its optimizer built.
            epoch: The epoch's number, from 0: the best one or the last.
        """
        file = self.weights_of(epoch)
        if not file.is_file():  # an earlier version has begun the run
            model.load_weights(file.with_suffix(".weights.h5"))
            return
        with np.load(file) as arrays:
            for variable, name in zip(_state(model), arrays.files, strict=True):
                variable.assign(arrays[name])

    def finish(self) -> None:
        """Note that training is over."""
        self.done = True
        self._write()

    def _write(self) -> None:
        state = {
            "history": self.history,
            "seeds": self._seeds,
            "stopped": self.stopped,
            "done": self.done,
        }
        with replace_file(self._state_file) as partial:
            partial.write_text(json.dumps(state), encoding="utf-8")


def _state(model: keras.Model) -> list[keras.Variable]:
    """Return what training changes, in an order that depends on nothing but the model."""
    return [*model.weights, *(model.optimizer.variables if model.compiled else ())]


def _save(variables: Sequence[keras.Variable], path: pathlib.Path) -> None:
    """Write variables to a file.

    Keras' own `save_weights` ends the process where the disk is full: HDF5 cannot close its file.
    """
    arrays = [keras.ops.convert_to_numpy(variable) for variable in variables]
    # NumPy's files know no bfloat16.
    arrays = [a.astype("float32") if a.dtype.name == "bfloat16" else a for a in arrays]
    with path.open("wb") as file:
        np.savez(file, *arrays)


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """Return the states of what is drawn at random, which Keras does not keep among the weights."""
    return [v for v in model.non_trainable_variables if v.path.endswith("seed_generator_state")]
