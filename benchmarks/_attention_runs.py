"""What `benchmarks.attention` measures, once Keras' backend is settled."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks._backend import Torch, compiled, gradients, train_step
from benchmarks._blocks import StockBlock, torch_block
from benchmarks._timing import medians, peak
from keras_multimodal.layers import CoAttention, CrossModalAttention
from keras_multimodal.ops import masked_attention

DIM, HEADS = 128, 4
# Length: batch.
SIZES = {64: 32, 256: 16, 512: 8, 1024: 4, 2048: 2}
LONG = {8192: 1}
# Tokens of either modality, and the batch.
BLOCKS = ((196, 64, 32), (256, 256, 16), (1024, 1024, 4))
MEMORY = (1024, 2048, 4096, 8192)


def device() -> str:
    """The device that Keras' backend computes on."""
    return keras.distribution.list_devices()[0].split(":")[0]


def random(*shape: int) -> Any:
    """Normal numbers in float32."""

    return np.random.default_rng(0).normal(size=shape).astype("float32")


def matmul_rate(dtype: str) -> float:
    """TFLOP/s of a large matrix product."""
    x = keras.ops.cast(keras.ops.convert_to_tensor(random(2048, 2048)), dtype)
    seconds = medians({"product": compiled(keras.ops.matmul, x, x)}, 5)["product"]
    return 2 * 2048**3 / seconds / 1e12


def show(title: str, runs: dict[str, Callable[[], Any]], rounds: int, flops: float = 0.0) -> None:
    """Time the runs, of which the first is ours, and print a line."""
    seconds = medians(runs, rounds)
    ours = next(iter(seconds.values()))
    cells = [f"{name} {own * 1e3:.1f} ({own / ours:.2f})" for name, own in seconds.items()]
    rate = f"; ours {flops / ours / 1e12:.3f} TFLOP/s" if flops else ""
    print(f"{title:34} {' | '.join(cells)}{rate}", flush=True)


def cores(dtype: str, jit: bool, rounds: int) -> None:
    """Attention alone."""

    def auto(query: Any, key: Any, value: Any) -> Any:
        return masked_attention(query, key, value)

    def direct(query: Any, key: Any, value: Any) -> Any:
        return masked_attention(query, key, value, implementation="direct")

    peer = Torch(dtype)
    for length, batch in (SIZES | LONG).items():
        shape = (batch, HEADS, length, DIM // HEADS)
        arrays = [random(*shape) for _ in range(3)]
        upstream = random(*shape)
        heads_first = [keras.ops.cast(keras.ops.convert_to_tensor(x), dtype) for x in arrays]
        length_first = [keras.ops.swapaxes(x, 1, 2) for x in heads_first]
        functions = {
            "ours": (auto, heads_first, upstream),
            "ours, direct": (direct, heads_first, upstream),
            "Keras": (
                keras.ops.dot_product_attention,
                length_first,
                np.swapaxes(upstream, 1, 2),
            ),
        }
        forward = {
            name: compiled(function, *tensors, jit=jit)
            for name, (function, tensors, _) in functions.items()
        }
        forward |= {
            name: torch_core(peer, function, arrays)
            for name, function in torch_attentions(peer).items()
        }
        # Two products, of 2 * dim operations for each score.
        flops = 4 * batch * DIM * length**2
        title = f"core, {length} tokens, batch {batch}"
        show(title, forward, rounds, flops)
        if length in LONG:
            continue
        both = {
            name: compiled(gradients(function, numbers), *tensors, jit=jit)
            for name, (function, tensors, numbers) in functions.items()
        }
        both |= {
            name: torch_core(peer, function, arrays, upstream)
            for name, function in torch_attentions(peer).items()
        }
        # Forward two products; backward five, the scores' among them.
        show(f"{title}, with backward", both, rounds, flops * 3.5)


def torch_attentions(peer: Any) -> dict[str, Callable[..., Any]]:
    """PyTorch's own attentions: on a GPU FlexAttention too."""
    attentions = {"torch SDPA": peer.torch.nn.functional.scaled_dot_product_attention}
    if peer.device == "cuda":
        from torch.nn.attention.flex_attention import flex_attention

        attentions["torch FlexAttention"] = peer.torch.compile(flex_attention)
    return attentions


def torch_core(peer: Any, function: Any, arrays: Any, upstream: Any = None) -> Callable[[], Any]:
    """PyTorch's attention, with its gradients where there is an upstream."""
    tensors = [peer.tensor(x, grad=upstream is not None) for x in arrays]
    if upstream is None:
        return lambda: peer.wait(function(*tensors))
    weights = peer.tensor(upstream)
    return lambda: peer.wait(peer.torch.autograd.grad(function(*tensors), tensors, weights))


def layers(dtype: str, jit: bool, rounds: int) -> None:
    """A whole attention layer, forward."""
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    peer = Torch(dtype)
    for length, batch in SIZES.items():
        x = random(batch, length, DIM)
        ours = CrossModalAttention(HEADS, dtype=policy)
        stock = keras.layers.MultiHeadAttention(HEADS, DIM // HEADS, dtype=policy)
        theirs = peer.torch.nn.MultiheadAttention(DIM, HEADS, batch_first=True)
        theirs = theirs.to(peer.device, peer.dtype)
        ours.build(x.shape, x.shape)
        stock.build(x.shape, x.shape)
        theirs.eval()
        tensor = peer.tensor(x)

        def attend(theirs: Any = theirs, tensor: Any = tensor) -> Any:
            with peer.torch.no_grad():
                return peer.wait(theirs(tensor, tensor, tensor, need_weights=False))

        runs = {
            "ours": compiled(lambda x, layer=ours: layer(x, x), x, jit=jit),
            "Keras": compiled(lambda x, layer=stock: layer(x, x), x, jit=jit),
            "torch": attend,
        }
        show(f"layer, {length} tokens, batch {batch}", runs, rounds)


def blocks(dtype: str, jit: bool, rounds: int) -> None:
    """A bidirectional fusion block, as a step of training."""
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    for first, second, batch in BLOCKS:
        arrays = [random(batch, first, DIM), random(batch, second, DIM)]
        runs = {}
        for name, block in (
            ("ours", CoAttention(HEADS, self_attention=False, dtype=policy)),
            ("Keras", StockBlock(DIM, HEADS, dtype=policy)),
        ):
            block.build([x.shape for x in arrays])
            runs[name] = train_step(
                lambda x, y, block=block: block([x, y]), block.trainable_variables, jit, *arrays
            )
        runs["torch"] = torch_block(Torch(dtype), DIM, HEADS, arrays)
        show(f"block, {first} and {second} tokens, batch {batch}", runs, rounds)


def memory(backend: str) -> None:
    """Peak memory of attention forward and backward, by length."""
    print("\n== peak memory of the core, forward and backward, batch 2, MiB")
    for who in ("ours", "Keras", "torch"):
        cells = []
        for length in MEMORY if who != "Keras" else MEMORY[:2]:
            command = [sys.executable, "-m", "benchmarks.attention", "--backend", backend]
            answer = subprocess.run(
                [*command, "--peak", who, str(length)], check=True, capture_output=True, text=True
            ).stdout
            cells.append(f"{length} tokens {float(answer.split()[-1]):.0f}")
        print(f"{who:10} {' | '.join(cells)}", flush=True)


def peak_of(who: str, length: int) -> float:
    """What the process' peak grows by in forward and backward, in MiB."""

    def run(length: int) -> None:
        shape = (2, HEADS, length, DIM // HEADS)
        arrays = [random(*shape) for _ in range(3)]
        if who == "torch":
            peer = Torch("float32")
            function = torch_attentions(peer)["torch SDPA"]
            torch_core(peer, function, arrays, random(*shape))()
        elif who == "ours":
            compiled(gradients(masked_attention, random(*shape)), *arrays)()
        else:
            arrays = [x.reshape(2, length, HEADS, DIM // HEADS) for x in arrays]
            upstream = arrays[0]
            compiled(gradients(keras.ops.dot_product_attention, upstream), *arrays)()

    run(256)
    return peak(lambda: run(length))
