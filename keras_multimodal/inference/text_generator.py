"""What a captioner writes of raw cells, or of records."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_multimodal.data import Detokenizer, Preprocessor, Records
from keras_multimodal.inference._raw_cells import preprocess
from keras_multimodal.schema import Schema
from keras_multimodal.tasks import conditioning, generation_loop
from keras_multimodal.tasks.generation import text_target


class TextGenerator:
    """Writes texts with a trained captioner.

    The whole loop over the tokens is one graph, with a cache of what attention has computed, and by
    default compiled by XLA: once for each sampler, `max_length` and, in steps of twice as many,
    number of rows. Keep a generator to write more than once.

    Args:
        model: What `tasks.captioner` made, or a model of yours with one decoder.
        schema: The schema of its training rows.
        jit_compile: Whether XLA compiles the loop. Default True.

    Raises:
        ValueError: If the schema's target is no text, or the model has no decoder.

    Example:

    >>> writer = TextGenerator(model, train.schema)  # doctest: +SKIP
    >>> writer.generate({"image": [photo]}, sampler="beam")  # doctest: +SKIP
    ['a red cat']
    """

    def __init__(self, model: keras.Model, schema: Schema, jit_compile: bool = True) -> None:
        self.schema = schema
        self._context, self._decoder = conditioning(model, schema)
        self._target = text_target(schema)
        self._preprocessor = Preprocessor(schema)
        self._detokenizer = Detokenizer(self._target)
        self._jit_compile = jit_compile
        self._encode = tf.function(self._encode_rows, reduce_retracing=True, autograph=False)
        self._loops: dict[Any, Any] = {}

    def generate(
        self,
        rows: Mapping[str, Sequence[Any]] | Records,
        max_length: int | None = None,
        sampler: Any = "greedy",
        batch_size: int = 64,
    ) -> list[str]:
        """Return the text of each row.

        Args:
            rows: Raw cells by column, one for each row, as a SavedModel takes them: encoded
                pictures and recordings, texts, numbers. Or records, such as `test`.
            max_length: The most tokens of a text. Default `None`: as many as the target has.
            sampler: `"greedy"` (default), `"beam"`, `"top_k"`, `"top_p"` or `"random"`, or a
                sampler of `keras_hub.samplers`, such as `TopKSampler(k=5, seed=1)`.
            batch_size: Rows at a time. Default 64.

        Returns:
            A text for each row, in their order.

        Raises:
            TypeError: If `sampler` is none, or a column is one string and not a list.
            ValueError: If the columns are others than the schema's, or differ in length; if a row
                cannot be read (the message names it); or if an argument is out of its range.
        """
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1. Received: batch_size={batch_size}")
        # Made before anything is read, so that wrong arguments are told at once.
        write = self._loop(sampler, max_length)
        texts: list[str] = []
        for inputs, count in self._batches(rows, batch_size):
            context, mask = self._encode(_filled(inputs, count, batch_size))
            written = self._detokenizer(write(context, mask)[:count])
            texts += [text.decode("utf-8") for text in written.numpy()]
        return texts

    def _batches(
        self, rows: Mapping[str, Sequence[Any]] | Records, batch_size: int
    ) -> Iterator[tuple[dict[str, tf.Tensor], int]]:
        """Yield the model's inputs and how many rows they have, batch by batch."""
        names = [tensor.name for tensor in self._context.inputs]
        if isinstance(rows, Records):
            # What is to be written need not be known, nor its vocabulary.
            for inputs in rows.without_target().batch(batch_size):
                yield {name: inputs[name] for name in names}, len(inputs[names[0]])
            return
        count = len(next(iter(rows.values()), ()))
        for first in range(0, count, batch_size):
            cells = {name: column[first : first + batch_size] for name, column in rows.items()}
            yield (
                preprocess(self._preprocessor, cells, "rows", first),
                min(count - first, batch_size),
            )

    def _encode_rows(self, inputs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        context = self._context(inputs, training=False)
        mask = getattr(context, "_keras_mask", None)
        return context, tf.ones(tf.shape(context)[:2], tf.bool) if mask is None else mask

    def _loop(self, sampler: Any, max_length: int | None) -> Any:
        key = (sampler, max_length)  # a sampler object is itself; it may have a state
        if key not in self._loops:
            loop = generation_loop(self._decoder, self._target, sampler, max_length)
            context = self._context.output
            # With AutoGraph: a sampler may be the caller's own class.
            graph = tf.function(loop, jit_compile=self._jit_compile)
            self._loops[key] = graph.get_concrete_function(
                tf.TensorSpec(context.shape, context.dtype),
                tf.TensorSpec(context.shape[:2], tf.bool),
            )
        return self._loops[key]


def _filled(inputs: dict[str, tf.Tensor], count: int, batch_size: int) -> dict[str, tf.Tensor]:
    """Return the rows, the last repeated up to a power of two, so that few sizes are compiled."""
    size = min(batch_size, 1 << (count - 1).bit_length())
    places = np.minimum(np.arange(size), count - 1)
    return {name: tf.gather(tensor, places) for name, tensor in inputs.items()}
