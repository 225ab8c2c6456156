"""Writing texts: the loop around a captioner's decoder."""

import importlib
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_multimodal.decoders import Decoder
from keras_multimodal.decoders.decoder import Cache
from keras_multimodal.schema import Schema, TextTarget
from keras_multimodal.types import Mask, Tensor, Tensors

_UNKNOWN = 1
_NEVER = -1e9


def conditioning(model: keras.Model, schema: Schema) -> tuple[keras.Model, Decoder]:
    """Return a captioner in two parts, which share its weights.

    Args:
        model: What `tasks.captioner` made, the same loaded from a file, or a model of yours with
            one decoder.
        schema: The schema that it was made of.

    Returns:
        The model from the inputs without the text to the tokens that the decoder attends to, with
        their Keras mask, and the decoder.

    Raises:
        ValueError: If the schema's target is no text, or the model has no decoder or several.

    Example:

    >>> context, decoder = conditioning(model, schema)  # doctest: +SKIP
    """
    target = text_target(schema)
    decoders = [layer for layer in model.layers if isinstance(layer, Decoder)]
    if len(decoders) != 1:
        raise ValueError(
            "`model` must have one decoder, as those of `tasks.captioner` have. "
            f"Received: model={model.name!r} with {len(decoders)}"
        )
    (decoder,) = decoders
    _, context, *_ = decoder.input
    inputs = {tensor.name: tensor for tensor in model.inputs if tensor.name != target.inner_name}
    return keras.Model(inputs, context, name="conditioning"), decoder


def get_sampler(sampler: Any) -> Any:
    """Return a sampler of keras_hub.

    Args:
        sampler: `"greedy"`, `"beam"`, `"top_k"`, `"top_p"` or `"random"`, or a sampler of
            `keras_hub.samplers` with options of its own, such as `BeamSampler(num_beams=3)`.

    Raises:
        ValueError: If there is none of the name.
        TypeError: If it is something else, or one that needs more than what comes next.

    Example:

    >>> type(get_sampler("beam")).__name__
    'BeamSampler'
    """
    samplers = importlib.import_module("keras_hub").samplers
    by_name = {
        "greedy": samplers.GreedySampler,
        "beam": samplers.BeamSampler,
        "top_k": samplers.TopKSampler,
        "top_p": samplers.TopPSampler,
        "random": samplers.RandomSampler,
    }
    if isinstance(sampler, str):
        if sampler not in by_name:
            raise ValueError(
                f"`sampler` must be one of {sorted(by_name)}, or a sampler of keras_hub. "
                f"Received: sampler={sampler!r}"
            )
        return by_name[sampler]()
    if not isinstance(sampler, tuple(by_name.values())):
        raise TypeError(
            f"`sampler` must be one of {sorted(by_name)}, or a sampler of these kinds of "
            f"keras_hub. Received: sampler={sampler!r}"
        )
    if getattr(sampler, "return_all_beams", False):
        raise ValueError(
            "`sampler` must return one text for each row. Received: return_all_beams=True"
        )
    return sampler


def generation_loop(
    decoder: Decoder, target: TextTarget, sampler: Any = "greedy", max_length: int | None = None
) -> Callable[[Any, Any], Any]:
    """Return the function from a context to the ids of texts, with a cache of keys and values.

    It is `keras.ops` alone: compile it with `tf.function(jit_compile=True)` or `jax.jit`. A text
    that has ended stays as it is, so that a beam is not judged by what comes after its end.

    Args:
        decoder: The decoder.
        target: The description of the texts.
        sampler: As for `get_sampler`. Default `"greedy"`.
        max_length: The most tokens that are written, at most `target.length`. Default `None`: that.

    Returns:
        A function of `context` `(batch, context_length, width)` and its mask, boolean
        `(batch, context_length)` or `None`, that returns ids `(batch, max_length)` int32 without
        the start, the end where the text has one, and 0 after it.

    Raises:
        TypeError: If `sampler` is none.
        ValueError: If there is no such sampler, `max_length` is out of its range, or the decoder
            is for other texts.

    Example:

    >>> from keras_multimodal.decoders import TextDecoder
    >>> target = TextTarget(length=4, vocabulary=("red", "cat"))
    >>> decoder = TextDecoder(target.output_size, target.steps, dim=8)
    >>> context = keras.ops.ones((3, 2, 8))
    >>> _ = decoder(keras.ops.ones((3, 5), "int32"), context)
    >>> tuple(generation_loop(decoder, target)(context, None).shape)
    (3, 4)
    """
    decoder.check_target(target)
    chosen_sampler = get_sampler(sampler)
    count = target.length if max_length is None else max_length
    if not 1 <= count <= target.length:
        raise ValueError(
            f"`max_length` must be from 1 to {target.length}, the longest that {target.name!r} has "
            f"learned. Received: max_length={max_length}"
        )
    never = _never(target)

    def write(context: Tensor, context_mask: Mask) -> Tensors:
        rows = ops.shape(context)[0]
        start = ops.full((rows, 1), target.start, "int32")
        prompt = ops.concatenate([start, ops.zeros((rows, count), "int32")], axis=1)
        known = ops.concatenate(
            [ops.ones((rows, 1), "bool"), ops.zeros((rows, count), "bool")], axis=1
        )

        # Read once: XLA would carry variables around with every step, at several times the cost.
        values = [(weight, ops.convert_to_tensor(weight)) for weight in decoder.variables]

        def following(prompt: Tensor, cache: Cache, index: Tensor) -> tuple[Any, None, Cache]:
            """Return what comes at `index`; the sampler's own signature."""
            with keras.StatelessScope(state_mapping=values):
                logits, cache = decoder.step(prompt[:, index - 1], index - 1, cache)
            logits = logits + ops.convert_to_tensor(never)
            ended = ops.any(ops.equal(prompt[:, 1:], target.end), axis=1, keepdims=True)
            padding = ops.where(ops.arange(target.output_size) == 0, 0.0, _NEVER)
            return ops.where(ended, padding[None], logits), None, cache

        # Keras warns of a softmax over a single place.
        cache = decoder.start(context, context_mask, max(count, 2))
        ids = chosen_sampler(
            following, prompt, cache, index=1, mask=known, stop_token_ids=[target.end]
        )
        return ops.cast(ids[:, 1:], "int32")

    return write


def _never(target: TextTarget) -> Any:
    """Return what keeps ids that are no words from being written, added to logits: `(1, ids)`."""
    places = {0, target.start} - {target.end}
    if target.tokenizer is None:
        places.add(_UNKNOWN)
    return [[_NEVER if place in places else 0.0 for place in range(target.output_size)]]


def text_target(schema: Schema) -> TextTarget:
    """Return the schema's target, which must be a text."""
    if not isinstance(schema.target, TextTarget):
        raise ValueError(
            "`schema` must have a text for its target; pair the rows with `captions`. "
            f"Received: target={schema.target!r}"
        )
    return schema.target
