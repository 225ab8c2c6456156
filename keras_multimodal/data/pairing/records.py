"""Paired rows, before they are batches."""

import copy
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Self

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.column.cells import rows_of_keys
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.no_array import NoArray
from keras_multimodal.data.pairing.keywords import fold_keywords, split_keywords
from keras_multimodal.data.pairing.modalities import named_columns, optional_column
from keras_multimodal.data.pairing.report import PairingReport
from keras_multimodal.data.pairing.representation import representation
from keras_multimodal.data.pairing.splitting import (
    by_row,
    check_taught,
    choose_rows,
    fold_rows,
    named_parts,
    split_rows,
    split_shares,
)
from keras_multimodal.data.pairing.verification import check_readable
from keras_multimodal.data.pipeline.dataset import (
    Batching,
    available_cores,
    check_batching,
    make_dataset,
)
from keras_multimodal.data.pipeline.paired_rows import PairedRows
from keras_multimodal.data.targets.feed import LabelArrays
from keras_multimodal.data.targets.no_labels import NoLabels
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Schema
from keras_multimodal.schema.schema import Target

_UNSTRATIFIED = "Or pass stratify=False."
_LEFT_OUT = "`records.select(keys)` leaves rows out."


class Records(NoArray):
    """Rows with one cell for each modality, as `pair` makes them.

    Nothing is read or decoded until `batch`.

    Args:
        rows: The rows.
        report: What pairing found.

    Example:

    >>> from keras_multimodal.data import TextProcessor, pair
    >>> titles = TextProcessor(length=3).load_data(["a cat", "a dog", "a red cat", "a big dog"])
    >>> records = pair(titles, labels=["cat", "dog", "cat", "dog"])
    >>> train, test = records.split(test=0.5)
    >>> inputs, labels = next(iter(train.batch(2)))
    >>> inputs["text"].shape, labels.numpy().tolist()
    (TensorShape([2, 3]), [0, 1])
    """

    _batches = ("records", "records.batch(32, training=True)")

    def __init__(self, rows: PairedRows, report: PairingReport) -> None:
        self._rows = rows
        self.report = report

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        """Return the rows, the target, and of each modality its shape and what is missing."""
        return representation(self.columns, self._rows.targets.specs)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The modalities' columns, whose rows are aligned."""
        return self._rows.columns

    @property
    def keys(self) -> list[Hashable]:
        """The rows' keys."""
        return self._rows.keys

    @property
    def groups(self) -> list[Hashable]:
        """The group of each row: rows of one group are kept together by `split`."""
        return self._rows.groups

    @property
    def weights(self) -> np.ndarray | None:
        """The rows' weights, `(rows,)` float32, or `None`."""
        return self._rows.weights

    @property
    def labels(self) -> LabelArrays | None:
        """The rows' targets: the number of each row's class, `(rows,)` int32, and so on.

        Which classes each row has is `(rows, classes)` float32; numbers are `(rows, columns)`
        float32, or float64 where that would lose digits; what each row's part of each tower is,
        `(rows, towers)` int32. Of several targets these are a dict by name, where a row that lacks
        one has the class -1, or NaN. `None` where there is no target, or where texts are to be
        written: see `captions`.
        """
        return self._rows.targets.arrays

    @property
    def target(self) -> Target | None:
        """The description of what is to be learned, with what the training rows taught."""
        return self._rows.targets.spec

    @property
    def captions(self) -> TextColumn | None:
        """The texts that are to be written, where that is the target."""
        return self._rows.targets.captions

    @property
    def schema(self) -> Schema:
        """The description of a record, with what has been learned from the training rows."""
        return Schema([column.spec for column in self.columns], self.target)

    def to_frame(self) -> pd.DataFrame:
        """Return the raw cells and the labels of each row, by key; absent cells are empty."""
        index = pd.Index(self.keys, name="key", tupleize_cols=False)
        frame = pd.DataFrame({s.spec.name: s.cells for s in self.columns}, index=index)
        for name, values in self._rows.targets.cells().items():
            frame[name] = values
        return frame

    def adapt(self) -> Self:
        """Return the records with what their columns learn from these rows, such as a vocabulary.

        `split` adapts by itself. Call this only where every row is a training row. Rows that were
        paired with a `schema` keep what it says.
        """
        return self._with_rows(self._rows.learn())

    def select(self, keys: Sequence[Hashable]) -> Self:
        """Return the rows of the given keys, in their order.

        Args:
            keys: Keys of these records.

        Raises:
            ValueError: If a key is not among them.
        """
        return self._take(rows_of_keys(keys, self.keys))

    def select_modalities(self, *names: str) -> Self:
        """Return the same rows with fewer modalities, as a model of a single modality needs them.

        Args:
            *names: The modalities to keep, in the order wanted.

        Raises:
            ValueError: If there is no such modality, or none is named.
        """
        return self._with_columns(named_columns(self.columns, names))

    def without_target(self) -> Self:
        """Return the same rows with nothing to learn, as a trained model is given them."""
        return self._with_rows(self._rows.with_targets(NoLabels()))

    @split_keywords
    def split(
        self,
        train: float | None = None,
        validation: float = 0.0,
        test: float = 0.0,
        seed: int = 0,
        stratify: bool = True,
        groups: pd.Series | Mapping[Hashable, Hashable] | Sequence[Hashable] | None = None,
    ) -> tuple[Self, ...]:
        """Return training, validation and test rows that share no key and no group.

        A row's part depends on the seed and the keys, not on the order of the rows. Vocabularies
        and the like are learned on the training rows and used for all parts.

        Args:
            train: Share of the training rows; what the others leave by default.
            validation: Share of the validation rows. Defaults to 0: no such part.
            test: Share of the test rows. Defaults to 0: no such part.
            seed: Seed of the division.
            stratify: Keep the shares of the classes alike in all parts; of several targets those of
                the first one of which each row has one class.
            groups: Group of each row, by key or in the order of the rows. A group is never divided.
                By default rows that `pair` has expanded from one key are a group.

        Returns:
            The training part, then the validation part if there is one, then the test part if
            there is one.

        Raises:
            ValueError: If the shares do not add up to 1, or a part, or a class in the training
                part, would have no row.
        """
        shares = split_shares(train, validation, test)
        strata = self._rows.targets.strata() if stratify else (None, [])
        parts = split_rows(self.keys, shares, seed, strata, self._groups_by_row(groups))
        if stratify:
            check_taught(self._rows.targets, parts, "split", _UNSTRATIFIED)
        return self._divide(parts)

    @fold_keywords
    def folds(
        self,
        count: int = 5,
        seed: int = 0,
        stratify: bool = True,
        groups: pd.Series | Mapping[Hashable, Hashable] | Sequence[Hashable] | None = None,
    ) -> Iterator[tuple[Self, Self]]:
        """Yield parts for cross-validation: each row is a validation row once.

        Vocabularies and the like are learned anew on the training rows of each fold.

        Args:
            count: How many folds, at least 2.
            seed: Seed of the division.
            stratify: Keep the shares of the classes alike in all folds, as in `split`.
            groups: Group of each row, as in `split`.

        Yields:
            Training and validation rows of each fold.

        Raises:
            ValueError: If `count` is less than 2, there are too few rows or groups for it, or a
                class would have no training row in a fold.
        """
        classes = self._rows.targets.strata()[0] if stratify else None
        folds = fold_rows(self.keys, count, seed, classes, self._groups_by_row(groups))
        for rows in folds if stratify else ():  # all of them, before any is learned from
            check_taught(self._rows.targets, rows, "folds", _UNSTRATIFIED)
        for rows in folds:
            train, validation = self._divide(rows)
            yield train, validation

    def split_by(
        self,
        parts: pd.Series | Mapping[Hashable, str] | Sequence[str],
        names: Sequence[str] = ("train", "validation", "test"),
        ignore: Sequence[str] = (),
    ) -> tuple[Self, ...]:
        """Return the parts that a column names, such as a published split.

        Vocabularies and the like are learned on the rows of the first part.

        Args:
            parts: The name of each row's part, by key or in the order of the rows.
            names: The parts wanted, the training part first.
            ignore: Other parts, whose rows are left out.

        Returns:
            One `Records` for each of `names`.

        Raises:
            ValueError: If a row has no part or another one, a part no row, or a class that other
                parts have no row in the first.
        """
        row_parts = by_row(parts, "parts", self.keys, self.groups)
        rows = named_parts(row_parts, names, ignore, self.keys)
        check_taught(self._rows.targets, rows, "parts", _LEFT_OUT, multi_label=True)
        return self._divide(rows)

    def mask_modality(self, name: str, fraction: float = 1.0, seed: int = 0) -> Self:
        """Return the records with a modality taken away from some rows, to see what a model does.

        Args:
            name: The modality; it must be optional.
            fraction: Share of the rows that have it, in [0, 1], from which it is taken.
            seed: Seed of the choice, which depends on the row's key otherwise.

        Raises:
            ValueError: If there is no such modality, it is not optional, or `fraction` is out of
                range.
        """
        column = optional_column(self.columns, name)
        rows = np.arange(len(self))
        rows[choose_rows(np.flatnonzero(column.present), self.keys, fraction, seed)] = -1
        masked = column.take(self.keys, rows)
        return self._with_columns([masked if c is column else c for c in self.columns])

    def verify(self) -> Self:
        """Read and decode every file once, and return the records unchanged.

        Raises:
            ValueError: If any cannot be read; it names the rows, the files and what is wrong.
        """
        check_readable(self.columns)
        return self

    def batch(
        self,
        batch_size: int = 32,
        training: bool = False,
        seed: int = 0,
        drop_remainder: bool = False,
        shuffle: bool | None = None,
        num_parallel_calls: int | None = None,
        balance: bool = False,
        cache: bool | str | os.PathLike[str] = False,
        buckets: Mapping[str, Sequence[int]] | None = None,
        initial_epoch: int = 0,
        one_hot: bool = False,
    ) -> tf.data.Dataset:
        """Return the rows as batches for `fit`, `evaluate` and `predict`.

        Two datasets of the same seed give the same batches, bit for bit, whatever the number of
        threads; their epochs differ from each other.

        Args:
            batch_size: Rows in a batch. Defaults to 32.
            training: Shuffle and augment, anew in each epoch. Defaults to `False`.
            seed: Seed of the order and of the augmentation.
            drop_remainder: Leave out the smaller batch at an epoch's end.
            shuffle: Give each epoch an order of its own; as `training` by default.
            num_parallel_calls: Rows decoded at a time; the number of cores plus one by default.
            balance: Let every class come up as often as the largest one, by repeating rows of the
                others: with `n` rows beside its `m`, each `m // n` or `m // n + 1` times.
            cache: Read and decode every row once, now, and keep what comes of it in memory:
                `height * width * channels` bytes for a picture. Or the folder to keep it in, where
                later runs find it: files that have changed are read anew; remove the folder when
                it is no longer needed. Augmentation stays random.
            buckets: Lengths to which batches are cut, by modality, such as `{"text": (8, 16)}`:
                rows of like length come in a batch together, padded to the shortest of these
                lengths, or the whole one, that keeps every real step. Every row's length is found
                now, once. The model's input has to have a length of `None`, and each bucket may
                have a smaller batch at an epoch's end.
            initial_epoch: The first epoch's number, as of `fit`, to go on with a training.
            one_hot: Give each class as `(batch, classes)` float32 with a single one, for
                `categorical_crossentropy`. The models of `tasks` take numbers.

        Returns:
            A dataset of `(inputs, labels)`, of `inputs` where there are no labels, or of
            `(inputs, labels, weights)` where rows have weights. `inputs` is a dict of the tensors
            of each modality (`schema[name].tensors`): one `(batch, *shape)` of its name, a boolean
            `<name>_mask`, `(batch, length)`, if it has a mask, and a boolean `<name>_present`,
            `(batch,)`, if it is optional; `labels` is `(batch,)` int32, or `(batch, classes)` or
            `(batch, columns)` float32 of several classes or of numbers, or float64 of numbers that
            would lose digits. Of several targets, `labels` and `weights` are dicts of these by
            name, and a label that a row lacks is 0, of weight 0; there are always weights then.
            Where captions are to be written, `inputs` also have `(batch, length + 1)` ids of the
            target's name, from the start on, and `labels` are the same a step later, to the end.
            Where parts are to find each other, `labels` `(batch, towers)` int32 say which are the
            same. `weights` `(batch,)` float32. To mix several datasets, give them to
            `tf.data.Dataset.sample_from_datasets`. A model of one tensor and no dict, such as a
            `Sequential` one, reads `batches.map(lambda inputs, *rest: (inputs["image"], *rest))`.

        Raises:
            ValueError: If `batch_size` or `initial_epoch` is too small, a text has no vocabulary
                yet, rows without labels are to be balanced or one-hot, pictures are to be both cut
                at random and cached, or `buckets` is wrong.
            tf.errors.InvalidArgumentError: From the iterator, or with `cache` from here, if a file
                cannot be read. The message names the row and its files.
        """
        options = Batching(
            batch_size=batch_size,
            training=training,
            shuffle=training if shuffle is None else shuffle,
            balance=balance,
            seed=seed,
            drop_remainder=drop_remainder,
            # A fixed number: tf.data's own tuning stalls at the end of short epochs.
            num_parallel_calls=num_parallel_calls or available_cores() + 1,
            cache=cache if isinstance(cache, bool) else os.fspath(cache),
            buckets={name: tuple(lengths) for name, lengths in (buckets or {}).items()},
            initial_epoch=initial_epoch,
            one_hot=one_hot,
        )
        check_batching(options, self._rows)
        return make_dataset(self._rows, options)

    def _groups_by_row(
        self, groups: pd.Series | Mapping[Hashable, Hashable] | Sequence[Hashable] | None
    ) -> Sequence[Hashable]:
        """Return the group of each row that a user gave, or that which it has."""
        return self.groups if groups is None else by_row(groups, "groups", self.keys, self.groups)

    def _take(self, rows: np.ndarray) -> Self:
        return self._with_rows(self._rows.take(rows))

    def _with_columns(self, columns: Sequence[Column]) -> Self:
        return self._with_rows(self._rows.with_columns(columns))

    def _divide(self, parts: Sequence[np.ndarray]) -> tuple[Self, ...]:
        return tuple(self._with_rows(part) for part in self._rows.divide(parts))

    def _with_rows(self, rows: PairedRows) -> Self:
        changed = copy.copy(self)
        changed._rows = rows
        return changed
