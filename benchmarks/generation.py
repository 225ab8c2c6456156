"""What a cache of keys and values saves in writing: `python -m benchmarks.generation`.

A `TextDecoder` with random weights writes 32 tokens for each row of a context of 50 tokens,
greedily. Four ways take turns, the first two rounds are thrown away, and medians are printed with
their ratio to ours:

- ours: `tasks.generation_loop`, one graph with a cache, compiled by XLA;
- the same graph without XLA (TensorFlow only);
- the sampler of keras_hub in one graph, compiled by XLA, which reads the whole text at each step;
- a loop in Python around a compiled model that reads the whole text, as one writes it by hand.

In float32 all must write the same tokens, but for a few rows (0.95), where two are as good as each
other and rounding decides, or it fails. `--backend jax` runs on JAX, on a GPU where there is
one.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CONTEXT, LENGTH = 50, 32
# Width, layers and words: those of a default `tasks.captioner` of some thousand rows, and more.
SIZES = ((128, 2, 1200), (256, 4, 5000))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--backend", choices=("tensorflow", "jax"), default="tensorflow")
    parser.add_argument("--dtype", default="float32", help="policy; default: %(default)s")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend

    from benchmarks._timing import machine

    packages = ("keras-multimodal-fusion", "keras", "keras-hub", options.backend)
    print(machine(*packages), f"backend {options.backend},", _device(), flush=True)
    for size in SIZES:
        width, layers, words = size
        print(
            f"{options.dtype}, width {width}, {layers} layers, {words} words, {LENGTH} tokens, a "
            f"context of {CONTEXT}"
        )
        for batch in (1, 32):
            measure(size, batch, options.rounds, options.dtype)


def measure(size: tuple[int, int, int], batch: int, rounds: int, dtype: str) -> None:
    """Time the four ways for one number of rows.

    Args:
        size: Width, layers and words.
        batch: How many rows.
        rounds: How often each is timed.
        dtype: The decoder's policy.
    """
    import keras
    import numpy as np

    from benchmarks._timing import medians
    from keras_multimodal.decoders import TextDecoder
    from keras_multimodal.schema import TextTarget
    from keras_multimodal.tasks import generation_loop, get_sampler

    keras.utils.set_random_seed(0)
    width, layers, words = size
    target = TextTarget(length=LENGTH, vocabulary=tuple(f"w{n}" for n in range(words)))
    decoder = TextDecoder(target.output_size, target.steps, width, layers, 8, dtype=dtype)
    rng = np.random.default_rng(0)
    context = keras.ops.convert_to_tensor(
        rng.normal(size=(batch, CONTEXT, width)).astype("float32")
    )
    decoder(np.ones((1, target.steps), "int32"), context[:1])
    # Spread out, so that the most probable token is so by more than rounding.
    weights = [w * 4 if w.ndim > 1 else w for w in decoder.get_weights()]
    (embedding,) = (w for w in weights if w.shape == (target.output_size, width))
    embedding[target.end] = 0  # never the most probable, so that all are of full length
    decoder.set_weights(weights)
    never = np.zeros(target.output_size, "float32")
    never[[0, 1, target.start]] = -1e9
    start = np.zeros((batch, LENGTH + 1), "int32")
    start[:, 0] = target.start

    def whole(prompt):
        return decoder(prompt, context) + never

    def without_cache(prompt):
        def following(prompt, cache, index):
            return keras.ops.take(whole(prompt[:, :-1]), index - 1, axis=1), None, cache

        known = keras.ops.equal(keras.ops.arange(LENGTH + 1), 0)[None] & (prompt >= 0)
        return get_sampler("greedy")(following, prompt, index=1, mask=known)[:, 1:]

    loop = generation_loop(decoder, target)
    compiled = {"ours": _graph(loop, True, context, None)}
    if keras.backend.backend() == "tensorflow":
        compiled["ours, without XLA"] = _graph(loop, False, context, None)
    compiled["without a cache, one graph"] = _graph(without_cache, True, start)
    read = _jitted(whole)

    def by_hand():
        prompt = start.copy()
        for index in range(1, LENGTH + 1):
            logits = np.asarray(read(prompt[:, :-1]))
            prompt[:, index] = logits[:, index - 1].argmax(-1)
        return prompt[:, 1:]

    runs = {**compiled, "without a cache, by hand": by_hand}
    written = {name: np.asarray(run()) for name, run in runs.items()}
    if (written["ours"] == target.end).any():
        raise RuntimeError("A text has ended before its time.")
    same = {name: (ids == written["ours"]).mean() for name, ids in written.items()}
    if dtype == "float32" and min(same.values()) < 0.95:
        raise RuntimeError(f"Other tokens have been written than ours: {same}")
    times = medians(runs, rounds)
    for name, seconds in times.items():
        print(
            f"batch {batch:2d}, {name:27s} {1e3 * seconds:9.2f} ms, {seconds / times['ours']:6.2f} "
            f"of ours, {same[name]:.3f} of the tokens the same, {len(np.unique(written[name]))} "
            "different ones",
            flush=True,
        )


def _graph(function, jit, *arguments):
    """The function of these arguments as one graph, to be called and waited for."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        graph = jax.jit(lambda *given: function(*given))
        return lambda: jax.block_until_ready(graph(*arguments))
    import tensorflow as tf

    graph = tf.function(function, jit_compile=jit)
    return lambda: graph(*arguments).numpy()


def _jitted(function):
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True)


def _device() -> str:
    import keras

    return ", ".join(keras.distribution.list_devices())


if __name__ == "__main__":
    main()
