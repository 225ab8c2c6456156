"""Finding, from any part of a record, the rows whose other part is most like it."""

import dataclasses
import importlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_multimodal.data import Preprocessor, Records
from keras_multimodal.inference._raw_cells import preprocess
from keras_multimodal.schema import PairTarget, Schema
from keras_multimodal.tasks import embed, tower


@dataclasses.dataclass(frozen=True)
class Hit:
    """A row that was found.

    Args:
        key: The row's key.
        score: How like it is, the cosine of the angle between the vectors, in [-1, 1].

    Example:

    >>> Hit("cat.jpg", 0.9).key
    'cat.jpg'
    """

    key: Hashable
    score: float


class SearchIndex:
    """The vectors of many rows, searched with raw cells.

    Args:
        model: What `tasks.retriever` made.
        schema: The schema of its training rows.
        approximate: Whether to search a graph of neighbours (HNSW, of the package faiss) and not
            all vectors: faster from some hundred thousand rows on, and now and then a row is
            missed. Default False.

    Raises:
        ImportError: If `approximate` is True and faiss, the extra `search`, is not installed.
        ValueError: If the schema's target is no `PairTarget`.

    Example:

    >>> index = SearchIndex(model, train.schema)  # doctest: +SKIP
    >>> index.add(catalogue)  # doctest: +SKIP
    >>> index.search({"text": ["a red cat"]}, k=3, of="image")[0]  # doctest: +SKIP
    [Hit(key='cat.jpg', score=0.83), ...]

    Reference:
        Malkov and Yashunin, "Efficient and Robust Approximate Nearest Neighbor Search Using
        Hierarchical Navigable Small World Graphs", 2018.
    """

    def __init__(self, model: keras.Model, schema: Schema, approximate: bool = False) -> None:
        if not isinstance(schema.target, PairTarget):
            raise ValueError(
                f"`schema` must have the pairing for its target. Received: target={schema.target!r}"
            )
        self.schema = schema
        self._model = model
        self._towers = dict(schema.target.towers)
        self._models = {name: tower(model, schema, name) for name in self._towers}
        self._preprocessors = {
            name: Preprocessor(Schema([schema[each] for each in members]))
            for name, members in self._towers.items()
        }
        self._vectors: dict[str, list[np.ndarray]] = {name: [] for name in self._towers}
        self._keys: dict[str, list[Hashable]] = {name: [] for name in self._towers}
        self._faiss = _faiss() if approximate else None
        self._graphs: dict[str, Any] = {}

    def __len__(self) -> int:
        return max(map(len, self._keys.values()))

    def add(self, records: Records, batch_size: int = 256) -> None:
        """Add the rows of records of the same schema.

        Args:
            records: The rows. What a row lacks cannot be found.
            batch_size: Rows at a time. Default 256.

        Raises:
            ValueError: If the records have other modalities.
        """
        if records.schema.names != self.schema.names:
            raise ValueError(
                f"`records` must have the modalities {list(self.schema.names)}. "
                f"Received: {list(records.schema.names)}"
            )
        vectors = embed(self._model, self.schema, records.batch(batch_size))
        there = {
            name: np.any([s.present for s in records.columns if s.spec.name in members], axis=0)
            for name, members in self._towers.items()
        }
        keys = {
            name: [key for key, has in zip(records.keys, rows, strict=True) if has]
            for name, rows in there.items()
        }
        for name, rows in there.items():  # all of them, before any is added
            _check_finite(vectors[name][rows], keys[name])
        for name, rows in there.items():
            self._vectors[name].append(vectors[name][rows])
            self._keys[name] += keys[name]
        self._graphs = {}

    def search(
        self, query: Mapping[str, Sequence[Any]], k: int = 10, of: str | None = None
    ) -> list[list[Hit]]:
        """Return the rows that are most like what is asked for.

        Args:
            query: The raw cells of one tower: by column, one for each query, as a SavedModel takes
                them: texts, or encoded pictures and recordings.
            k: How many rows for each query. Default 10.
            of: Which tower of the rows is compared. By default the other one where there are two.

        Returns:
            For each query its hits, the most like first; fewer than `k` where there are fewer rows.

        Raises:
            TypeError: If a column of the query is one string and not a list of them.
            ValueError: If no tower has the columns of the query, if one of its rows is empty or
                cannot be read, if nothing has been added, or an argument is out of its range. The
                message names the row.
        """
        asked = [
            name
            for name, preprocessor in self._preprocessors.items()
            if set(preprocessor.raw_signature()) == set(query)
        ]
        if not asked:
            known = {n: sorted(p.raw_signature()) for n, p in self._preprocessors.items()}
            raise ValueError(
                f"`query` must have the columns of one tower, of {known}. Received: {sorted(query)}"
            )
        others = [name for name in self._towers if name != asked[0]]
        of = others[0] if of is None and len(others) == 1 else of
        if of not in self._towers:
            raise ValueError(
                f"`of` must be one of the towers {list(self._towers)}. Received: of={of!r}"
            )
        if k < 1:
            raise ValueError(f"`k` must be at least 1. Received: k={k}")
        if not self._keys[of]:
            raise ValueError(
                "`of` must be a tower that rows which were added have. "
                f"Received: of={of!r}, and {len(self)} rows"
            )
        vectors = self._embed(asked[0], query)
        _check_finite(vectors, range(len(vectors)))
        scores, rows = self._nearest(vectors, of, min(k, len(self._keys[of])))
        return [
            [
                Hit(self._keys[of][row], float(score))
                for row, score in zip(query_rows, query_scores, strict=True)
                if row >= 0  # the graph may find fewer
            ]
            for query_rows, query_scores in zip(rows, scores, strict=True)
        ]

    def _embed(self, name: str, query: Mapping[str, Sequence[Any]]) -> np.ndarray:
        """Return the vectors of raw cells, `(queries, units)`.

        Raises:
            TypeError: If a column is one string.
            ValueError: If columns differ in length, or a row is empty or cannot be read.
        """
        inputs = preprocess(self._preprocessors[name], query, "query")
        specs = [self.schema[modality] for modality in self._towers[name]]
        if all(spec.optional for spec in specs):  # else the preprocessing has refused empty rows
            there = np.any([inputs[spec.present_name] for spec in specs], axis=0)
            if not there.all():
                raise ValueError(
                    "`query` must have something in each row. "
                    f"Received: nothing in row {int(np.argmin(there))}"
                )
        return keras.ops.convert_to_numpy(self._models[name](inputs, training=False))

    def _nearest(self, vectors: np.ndarray, of: str, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return scores and rows, `(queries, k)` each, the most like first."""
        if len(self._vectors[of]) > 1:
            self._vectors[of] = [np.concatenate(self._vectors[of])]
        gallery = self._vectors[of][0]
        if self._faiss is not None:
            if of not in self._graphs:
                graph = self._faiss.IndexHNSWFlat(
                    gallery.shape[1], 32, self._faiss.METRIC_INNER_PRODUCT
                )
                graph.add(np.ascontiguousarray(gallery, "float32"))
                self._graphs[of] = graph
            return self._graphs[of].search(np.ascontiguousarray(vectors, "float32"), k)
        scores = vectors @ gallery.T
        rows = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, rows, 1), axis=1, kind="stable")
        rows = np.take_along_axis(rows, order, 1)
        return np.take_along_axis(scores, rows, 1), rows


def _check_finite(vectors: np.ndarray, keys: Sequence[Hashable]) -> None:
    """Refuse vectors that can be compared with nothing, and would be found at random."""
    wrong = ~np.isfinite(vectors).all(axis=1)
    if wrong.any():
        raise ValueError(
            "`model` must make vectors of finite numbers. Received: NaN or infinity in "
            f"{wrong.sum()} rows, the first of them row {keys[int(np.argmax(wrong))]!r}. It has "
            "diverged in training, or was given such numbers."
        )


def _faiss() -> Any:
    try:
        return importlib.import_module("faiss")
    except ImportError as error:
        raise ImportError(
            "Approximate search needs the package faiss: pip install "
            '"keras-multimodal-fusion[search]". Exact search (`approximate=False`) does without.'
        ) from error
