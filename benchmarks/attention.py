"""Attention against Keras' and PyTorch's: `python -m benchmarks.attention [--backend jax]`.

Width 128, 4 heads; with `--large`, for GPUs, 1024 and 16. The core is attention alone, of queries,
keys and values, with `masked` under a mask of padding; the layer has its projections too; the block
is a bidirectional fusion of two modalities (`CoAttention`), against the same of stock layers, as a
step of training. Everybody takes turns, the first two rounds are thrown away, and medians are
printed in ms with their ratio to ours: above 1, ours is faster. Memory is what the process' peak
grows by, each in a process of its own; on a GPU, what JAX's compiled program and PyTorch's
allocator ask for.
"""

import argparse
import os

ROUNDS = 9


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=("tensorflow", "jax"), default="tensorflow")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), nargs="*")
    parser.add_argument("--jit", action="store_true", help="compile TensorFlow's graphs with XLA")
    parser.add_argument("--large", action="store_true", help="sizes that keep a GPU busy")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument("--peak", nargs=2, help="used by the processes: whose, and the length")
    options = parser.parse_args()
    os.environ["KERAS_BACKEND"] = options.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks import _attention_runs as runs
    from benchmarks._timing import machine

    if options.peak:
        print(runs.peak_of(options.peak[0], int(options.peak[1])))
        return
    print(machine("keras-multimodal-fusion", "keras", "tensorflow", "jax", "torch"))
    print(f"backend {options.backend}, {runs.device()}" + (", XLA" if options.jit else ""))
    sizes = runs.LARGE if options.large else runs.SMALL
    dtypes = options.dtype or ("float32", "bfloat16")
    for dtype in dtypes:
        print(f"\n== {dtype}, width {sizes.dim}, {sizes.heads} heads; {runs.matmul_rate(dtype)}")
        runs.cores(sizes, dtype, options.jit, options.rounds)
        runs.layers(sizes, dtype, options.jit, options.rounds)
        runs.blocks(sizes, dtype, options.jit, options.rounds)
    if runs.device() == "cpu":
        runs.memory(options.backend)
    elif options.backend == "jax":
        for dtype in dtypes:
            runs.memory_of_gpu(sizes, dtype)


if __name__ == "__main__":
    main()
