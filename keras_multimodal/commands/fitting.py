"""Training that can be interrupted, goes on, and keeps the best epoch."""

import json
import math
import pathlib
import sys
import time
from typing import Any

import keras

from keras_multimodal._folders import replace_file
from keras_multimodal.data import Records
from keras_multimodal.schema import Audio, Image, PairTarget, Sensor
from keras_multimodal.schema.infer import identifier

_MOST_BYTES = 1_000_000_000  # of decoded rows that are kept in memory


class Best(keras.callbacks.Callback):
    """Keeps the best weights in a file, and stops when they have not been bettered for long.

    Unlike `EarlyStopping` it goes on where an interrupted run was: after each epoch the weights,
    the optimizer's state and the history are kept, the history last. An epoch that was cut off
    before that is done again, as it was.

    Args:
        folder: Where the weights and the state are kept.
        name: What they are called.
        patience: Epochs without a lower validation loss after which training stops.
        deadline: `time.monotonic()` at which it stops; `None` for no limit.
    """

    def __init__(
        self, folder: pathlib.Path, name: str, patience: int, deadline: float | None
    ) -> None:
        super().__init__()
        self._folder, self._name = folder, identifier(name)
        self._state_file = folder / f"{self._name}.json"
        self._patience = patience
        self._deadline = deadline
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
        """How many epochs are done."""
        return len(self.history.get("val_loss", ()))

    @property
    def best(self) -> int:
        """The number of the best epoch, from 0."""
        losses = [x if math.isfinite(x) else math.inf for x in self.history["val_loss"]]
        return losses.index(min(losses))

    def weights_of(self, epoch: int) -> pathlib.Path:
        """Return the file of an epoch's weights, which is kept of the best one and the last.

        Args:
            epoch: Its number, from 0.
        """
        return self._folder / f"{self._name}.{epoch}.weights.h5"

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep what has been learned, and stop where there is no more to hope for."""
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        with replace_file(self.weights_of(epoch)) as partial:
            self.model.save_weights(partial)
        self._seeds = [seed.numpy().tolist() for seed in _seeds(self.model)]
        if epoch - self.best >= self._patience:
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
        model.load_weights(self.weights_of(self.epochs - 1))
        for seed, value in zip(_seeds(model), self._seeds, strict=True):
            seed.assign(value)

    def finish(self) -> None:
        """Say that training is over."""
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


def fit(
    model: keras.Model,
    train: Records,
    validation: Records,
    *,
    name: str,
    folder: pathlib.Path,
    epochs: int,
    batch_size: int,
    patience: int,
    deadline: float | None,
    seed: int,
) -> Best:
    """Train a model, or go on with it, and give it the weights of its best epoch.

    Args:
        model: The model, compiled.
        train: The training rows.
        validation: The validation rows.
        name: What the training is called in the folder and on the screen.
        folder: Where its state is kept, so that it can go on.
        epochs: The most epochs.
        batch_size: Rows in a batch.
        patience: See `Best`.
        deadline: See `Best`.
        seed: Seed of the order.
    """
    best = Best(folder, name, patience, deadline)
    # A run that was cut off behind its last epoch has nothing more to learn.
    if not (best.done or best.stopped or best.epochs >= epochs):
        print(f"Training {name} on {len(train)} rows", flush=True)
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
            verbose=1 if sys.stdout.isatty() else 2,
            callbacks=[best],
        )
    best.finish()
    if not math.isfinite(best.history["val_loss"][best.best]):
        raise ValueError(
            f"The validation loss of {name} is no number in any epoch: let `--learning-rate` be "
            "smaller, and remove what an interrupted run has left"
        )
    model.load_weights(best.weights_of(best.best))
    why = f", {best.stopped}" if best.stopped else ""
    print(
        f"{name}: best of {best.epochs} epochs is number {best.best + 1}, by validation loss{why}",
        flush=True,
    )
    return best


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """Return the states of what is drawn at random, which Keras does not keep among the weights."""
    return [v for v in model.non_trainable_variables if v.path.endswith("seed_generator_state")]


def _fits(records: Records) -> bool:
    """Return whether what is decoded of all rows fits into memory easily."""
    size = 0
    for spec in records.schema.inputs:
        if isinstance(spec, Image):
            size += spec.height * spec.width * spec.channels
        elif isinstance(spec, (Audio, Sensor)):
            size += 4 * math.prod(spec.shape)
    return size * len(records) < _MOST_BYTES
