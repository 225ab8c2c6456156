"""The loop that writes, against keras_hub's samplers driven step by step, without a cache."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.decoders import PrefixDecoder, TextDecoder
from keras_multimodal.schema import Image, Schema, TextTarget
from keras_multimodal.tasks import captioner, conditioning, generation_loop, get_sampler

TARGET = TextTarget(length=7, vocabulary=tuple("abcdefgh"))
ROWS = 5


def context_and_mask():
    """What the decoders' seeds below were chosen for."""
    rng = np.random.default_rng(1)
    context = rng.normal(size=(ROWS, 6, 8)).astype("float32")
    mask = np.arange(6) < rng.integers(2, 7, size=(ROWS, 1))
    return keras.ops.convert_to_tensor(context), keras.ops.convert_to_tensor(mask)


CONTEXT, MASK = context_and_mask()
samplers = keras_hub.samplers
SAMPLERS = {
    "greedy": lambda: samplers.GreedySampler(),
    "beam": lambda: samplers.BeamSampler(num_beams=3),
    "top_k": lambda: samplers.TopKSampler(k=4, seed=3),
    "top_p": lambda: samplers.TopPSampler(p=0.8, seed=4),
    "random": lambda: samplers.RandomSampler(seed=5, temperature=0.7),
}


def decoder(kind: str):
    """A decoder whose texts have several lengths: such are its weights by these seeds."""
    keras.utils.set_random_seed(2)
    if kind == "text":
        made = TextDecoder(TARGET.output_size, TARGET.steps, dim=8, num_heads=2)
    else:
        backbone = keras_hub.models.GPT2Backbone(
            vocabulary_size=TARGET.output_size - 1,
            num_layers=1,
            num_heads=2,
            hidden_dim=8,
            intermediate_dim=16,
            max_sequence_length=16,
        )
        made = PrefixDecoder(backbone, TARGET.steps, 2, num_heads=2, num_layers=1)
    made(np.ones((1, TARGET.steps), "int32"), CONTEXT[:1])
    rng = np.random.default_rng({"text": 15, "prefix": 5}[kind])
    made.set_weights([rng.normal(size=w.shape) for w in made.get_weights()])
    return made


def step_by_step(made, sampler, context, mask, count):
    """keras_hub's sampler with the whole text read anew at each step."""
    rows = context.shape[0]
    prompt = np.zeros((rows, count + 1), "int32")
    prompt[:, 0] = TARGET.start
    known = np.zeros_like(prompt, bool)
    known[:, 0] = True

    def following(prompt, cache, index):
        logits = keras.ops.convert_to_numpy(made(prompt[:, :-1], cache[0], context_mask=cache[1]))
        logits = logits[:, int(index) - 1].copy()
        logits[:, [0, 1, TARGET.start]] = -1e9
        written = keras.ops.convert_to_numpy(prompt)[:, 1:]
        ended = (written == TARGET.end).any(axis=1)
        logits[ended] = -1e9
        logits[ended, 0] = 0
        return keras.ops.convert_to_tensor(logits), None, cache

    ids = sampler(
        following, prompt, (context, mask), index=1, mask=known, stop_token_ids=[TARGET.end]
    )
    return keras.ops.convert_to_numpy(ids)[:, 1:]


@pytest.mark.parametrize("kind", ["text", "prefix"])
@pytest.mark.parametrize("name", list(SAMPLERS))
@pytest.mark.parametrize("jit_compile", [False, True])
def test_each_sampler_writes_what_it_does_step_by_step(kind, name, jit_compile):
    made = decoder(kind)
    # Random numbers in a compiled graph are others than outside of it.
    random = name in ("top_k", "top_p", "random")
    if jit_compile and random:
        pytest.skip("XLA draws other random numbers")
    expected = step_by_step(made, SAMPLERS[name](), CONTEXT, MASK, TARGET.length)
    loop = generation_loop(made, TARGET, SAMPLERS[name]())
    write = tf.function(loop, jit_compile=jit_compile)
    found = write(CONTEXT, MASK).numpy()
    np.testing.assert_array_equal(found, expected)
    lengths = (found != 0).sum(1)
    assert len(set(lengths)) > 1  # some end sooner


def test_a_beam_is_the_best_of_all_texts():
    """With as many beams as there are texts, beam search finds the most probable one."""
    target = TextTarget(length=3, vocabulary=("a", "b"))
    made = TextDecoder(target.output_size, target.steps, dim=8, num_heads=2)
    context, mask = CONTEXT[:2], MASK[:2]
    made(np.ones((2, target.steps), "int32"), context)
    rng = np.random.default_rng(0)
    made.set_weights([w + rng.normal(size=w.shape).astype("float32") for w in made.get_weights()])
    words, end = (2, 3), target.end
    texts = [
        (*body, end)[:3] for length in range(4) for body in np.ndindex(*(len(words),) * length)
    ]
    texts = sorted({tuple(words[x] if x < 2 else x for x in text) for text in texts})
    best = []
    for row in range(2):
        scores = []
        for text in texts:
            read = np.zeros((1, target.steps), "int32")
            read[0, : len(text)] = (target.start, *text)[: len(text)]
            logits = made(read, context[row : row + 1], context_mask=mask[row : row + 1])
            logits = keras.ops.convert_to_numpy(logits)[0, : len(text)].astype("float64")
            logits[:, [0, 1, target.start]] = -np.inf
            logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
            scores.append(sum(logs[place, token] for place, token in enumerate(text)))
        best.append(texts[int(np.argmax(scores))])
    write = generation_loop(made, target, samplers.BeamSampler(num_beams=16))
    found = keras.ops.convert_to_numpy(write(context, mask))
    assert [tuple(x for x in row if x) for row in found.tolist()] == best


def test_fewer_tokens_are_the_first_ones():
    made = decoder("text")
    whole = keras.ops.convert_to_numpy(generation_loop(made, TARGET)(CONTEXT, MASK))
    for count in (1, 3):
        found = generation_loop(made, TARGET, max_length=count)(CONTEXT, MASK)
        np.testing.assert_array_equal(found, whole[:, :count])


def test_a_context_without_a_mask_is_all_there():
    made = decoder("text")
    everything = keras.ops.ones(CONTEXT.shape[:2], "bool")
    first = generation_loop(made, TARGET)(CONTEXT, None)
    np.testing.assert_array_equal(first, generation_loop(made, TARGET)(CONTEXT, everything))


def test_a_captioner_comes_apart():
    schema = Schema([Image(height=8, width=8, rescale=1 / 255, optional=True)], TARGET)
    model = captioner(schema, dim=8)
    context, made = conditioning(model, schema)
    assert set(context.input) == {"image", "image_present"}
    assert made is model.get_layer("decoder")
    photos = {"image": np.ones((2, 8, 8, 3), "float32"), "image_present": np.array([True, False])}
    tokens = context(photos)
    ids = np.array([[TARGET.start, 2, 3, 4, 5, 6, 7, 8]] * 2, "int32")
    whole = model({**photos, TARGET.name: ids})
    parts = made(ids, tokens)
    np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: get_sampler("best"), ValueError, r"`sampler` must be one of \['beam', 'greedy'"),
        (lambda: get_sampler(3), TypeError, "`sampler` must be one of"),
        (
            lambda: get_sampler(samplers.ContrastiveSampler(k=2, alpha=0.1)),
            TypeError,
            "of these kinds of keras_hub",
        ),
        (
            lambda: get_sampler(samplers.BeamSampler(num_beams=2, return_all_beams=True)),
            ValueError,
            "one text for each row",
        ),
        (
            lambda: generation_loop(decoder("text"), TARGET, max_length=8),
            ValueError,
            "`max_length` must be from 1 to 7, the longest",
        ),
        (
            lambda: generation_loop(decoder("text"), TextTarget(length=3, vocabulary=("a",))),
            ValueError,
            "`decoder` must be for 5 ids",
        ),
        (
            lambda: conditioning(
                keras.Sequential([keras.layers.Dense(2)]),
                Schema([Image(height=8, width=8)], TARGET),
            ),
            ValueError,
            "`model` must have one decoder",
        ),
        (
            lambda: conditioning(keras.Sequential(), Schema([Image(height=8, width=8)])),
            ValueError,
            "pair the rows with `captions`",
        ),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
