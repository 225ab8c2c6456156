"""What `benchmarks.attention` measures, once Keras' backend is settled."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks._backend import Torch, bytes_of, compiled, gradients, train_step
from benchmarks._blocks import StockBlock, torch_block
from benchmarks._timing import medians, peak
from keras_multimodal.layers import CoAttention, CrossModalAttention
from keras_multimodal.ops import masked_attention


@dataclasses.dataclass(frozen=True)
class Sizes:
    """What is attended to.

    Args:
        dim: Width of the tokens.
        heads: Number of heads.
        lengths: Batch by length.
        long: The same, forward alone.
        blocks: Tokens of either modality of a fusion block, and the batch.
    """

    dim: int
    heads: int
    lengths: dict[int, int]
    long: dict[int, int]
    blocks: tuple[tuple[int, int, int], ...]

    def heads_first(self, length: int, batch: int) -> tuple[int, ...]:
        """The shape of queries, heads before length."""
        return (batch, self.heads, length, self.dim // self.heads)


SMALL = Sizes(
    dim=128,
    heads=4,
    lengths={64: 32, 256: 16, 512: 8, 1024: 4, 2048: 2},
    long={8192: 1},
    blocks=((196, 64, 32), (256, 256, 16), (1024, 1024, 4)),
)
# What keeps a GPU busy.
LARGE = Sizes(
    dim=1024,
    heads=16,
    lengths={256: 64, 512: 32, 1024: 16, 2048: 8, 4096: 4},
    long={8192: 2},
    blocks=((196, 64, 256), (1024, 1024, 16)),
)
MEMORY = (1024, 2048, 4096, 8192)


def device() -> str:
    """The device that Keras' backend computes on."""
    return keras.distribution.list_devices()[0].split(":")[0]


def random(*shape: int) -> Any:
    """Normal numbers in float32."""
    return np.random.default_rng(0).standard_normal(shape, dtype="float32")


def matmul_rate(dtype: str) -> str:
    """TFLOP/s of a large matrix product."""
    size = 8192 if device() in ("gpu", "cuda") else 2048
    x = keras.ops.cast(keras.ops.convert_to_tensor(random(size, size)), dtype)
    seconds = medians({"product": compiled(keras.ops.matmul, x, x)}, 5)["product"]
    return f"matrix product of {size}x{size} {2 * size**3 / seconds / 1e12:.3f} TFLOP/s"


def show(title: str, runs: dict[str, Callable[[], Any]], rounds: int, flops: float = 0.0) -> None:
    """Time the runs, of which the first is ours, and print a line."""
    seconds = medians(runs, rounds)
    ours = next(iter(seconds.values()))
    cells = [f"{name} {own * 1e3:.2f} ({own / ours:.2f})" for name, own in seconds.items()]
    rate = f"; ours {flops / ours / 1e12:.3f} TFLOP/s" if flops else ""
    print(f"{title:34} {' | '.join(cells)}{rate}", flush=True)


def cores(sizes: Sizes, dtype: str, jit: bool, rounds: int) -> None:
    """Attention alone: forward, with its gradients, and those under a mask of padding."""
    for length, batch in (sizes.lengths | sizes.long).items():
        # Two products, of 2 * dim operations for each score.
        flops = 4 * batch * sizes.dim * length**2
        core = Core(dtype, jit, sizes.heads_first(length, batch))
        title = f"core, {length} tokens, batch {batch}"
        show(title, core.forward(), rounds, flops)
        if length in sizes.lengths:
            # Forward two products; backward five, the scores' among them.
            show(f"{title}, with backward", core.with_backward(), rounds, flops * 3.5)
            show(f"{title}, masked, with backward", core.with_backward(masked=True), rounds)


class Core:
    """Attention of one size, by everybody.

    Args:
        dtype: Of the tensors.
        jit: Whether TensorFlow compiles with XLA.
        shape: Of queries, keys and values, heads before length.
    """

    def __init__(self, dtype: str, jit: bool, shape: tuple[int, ...]) -> None:
        self.jit = jit
        self.peer = Torch(dtype)
        # Queries, keys, values, and what the output is weighed by.
        self.arrays = [random(*shape) for _ in range(4)]
        self.heads_first = [keras.ops.cast(x, dtype) for x in self.arrays]
        self.length_first = [keras.ops.swapaxes(x, 1, 2) for x in self.heads_first]
        # A row has from half to all of its keys.
        present = np.linspace(shape[2] // 2, shape[2], shape[0]).astype(int)
        self.mask = np.arange(shape[2]) < present[:, None]

    def functions(self, masked: bool) -> dict[str, tuple[Callable[..., Any], list[Any]]]:
        """Everybody's attention in Keras, and its tensors."""
        mask = keras.ops.convert_to_tensor(self.mask) if masked else None
        wide = self.mask[:, None, None] if masked else None

        def ours(implementation: str) -> Callable[..., Any]:
            return lambda query, key, value: masked_attention(
                query, key, value, mask, implementation=implementation
            )

        def stock(query: Any, key: Any, value: Any) -> Any:
            return keras.ops.dot_product_attention(query, key, value, mask=wide)

        others = {"ours, direct": "direct"}
        if keras.backend.backend() == "jax":
            others["ours, blockwise"] = "blockwise"
        return {
            "ours": (ours("auto"), self.heads_first),
            **{name: (ours(which), self.heads_first) for name, which in others.items()},
            "Keras": (stock, self.length_first),
        }

    def forward(self) -> dict[str, Callable[[], Any]]:
        """Runs without gradients."""
        runs = {
            name: compiled(function, *tensors[:3], jit=self.jit)
            for name, (function, tensors) in self.functions(masked=False).items()
        }
        for name, function in torch_attentions(self.peer).items():
            runs[name] = torch_core(self.peer, function, *self.arrays[:3])
        return runs

    def with_backward(self, masked: bool = False) -> dict[str, Callable[[], Any]]:
        """Runs that give the gradients by queries, keys and values."""
        runs = {
            name: compiled(gradients(function), *tensors, jit=self.jit)
            for name, (function, tensors) in self.functions(masked).items()
        }
        for name, function in torch_attentions(self.peer, self.mask if masked else None).items():
            runs[name] = torch_core(self.peer, function, *self.arrays[:3], upstream=self.arrays[3])
        return runs


def torch_attentions(peer: Any, mask: Any = None) -> dict[str, Callable[..., Any]]:
    """PyTorch's own attentions: on a GPU FlexAttention too."""
    torch = peer.torch
    sdpa = torch.nn.functional.scaled_dot_product_attention
    if mask is None:
        attentions = {"torch SDPA": sdpa}
    else:
        wide = torch.tensor(mask, device=peer.device)[:, None, None]
        attentions = {"torch SDPA": lambda *tensors: sdpa(*tensors, attn_mask=wide)}
    if peer.device == "cuda":
        from torch.nn.attention import flex_attention as flex

        own = peer.compiled(flex.flex_attention)
        blocks = None
        if mask is not None:
            rows = torch.tensor(mask, device=peer.device)

            def there(batch: Any, head: Any, query: Any, key: Any) -> Any:
                return rows[batch, key]

            blocks = flex.create_block_mask(there, len(mask), None, *[mask.shape[1]] * 2)
        attentions["torch FlexAttention"] = lambda *tensors: own(*tensors, block_mask=blocks)
    return attentions


def torch_core(peer: Any, function: Any, *arrays: Any, upstream: Any = None) -> Callable[[], Any]:
    """PyTorch's attention, with its gradients where there is an upstream."""
    tensors = [peer.tensor(x, grad=upstream is not None) for x in arrays]
    if upstream is None:
        return lambda: peer.wait(function(*tensors))
    weights = peer.tensor(upstream)
    return lambda: peer.wait(peer.torch.autograd.grad(function(*tensors), tensors, weights))


def layers(sizes: Sizes, dtype: str, jit: bool, rounds: int) -> None:
    """A whole attention layer, forward."""
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    peer = Torch(dtype)
    for length, batch in sizes.lengths.items():
        x = random(batch, length, sizes.dim)
        ours = CrossModalAttention(sizes.heads, dtype=policy)
        stock = keras.layers.MultiHeadAttention(sizes.heads, sizes.dim // sizes.heads, dtype=policy)
        theirs = peer.torch.nn.MultiheadAttention(sizes.dim, sizes.heads, batch_first=True)
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


def blocks(sizes: Sizes, dtype: str, jit: bool, rounds: int) -> None:
    """A bidirectional fusion block, as a step of training."""
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    for first, second, batch in sizes.blocks:
        arrays = [random(batch, length, sizes.dim) for length in (first, second)]
        runs = {}
        for name, block in (
            ("ours", CoAttention(sizes.heads, self_attention=False, dtype=policy)),
            ("Keras", StockBlock(sizes.dim, sizes.heads, dtype=policy)),
        ):
            block.build([x.shape for x in arrays])
            runs[name] = train_step(
                lambda x, y, block=block: block([x, y]), block.trainable_variables, jit, *arrays
            )
        runs["torch"] = torch_block(Torch(dtype), sizes.dim, sizes.heads, arrays)
        show(f"block, {first} and {second} tokens, batch {batch}", runs, rounds)


def memory(backend: str) -> None:
    """Peak memory of attention forward and backward, by length, each in a process of its own."""
    print("\n== peak memory of the core, float32, forward and backward, batch 2, MiB")
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
        core = Core("float32", False, SMALL.heads_first(length, 2))
        if who == "torch":
            sdpa = torch_attentions(core.peer)["torch SDPA"]
            torch_core(core.peer, sdpa, *core.arrays[:3], upstream=core.arrays[3])()
        else:
            function, tensors = core.functions(masked=False)[who]
            compiled(gradients(function), *tensors)()

    run(256)
    return peak(lambda: run(length))


def memory_of_gpu(sizes: Sizes, dtype: str) -> None:
    """What JAX's compiled programs and PyTorch take of the GPU beside their inputs."""
    print(f"\n== memory of the core, {dtype}, forward and backward, MiB")
    for length, batch in sizes.lengths.items():
        core = Core(dtype, False, sizes.heads_first(length, batch))
        cells = []
        for name, (function, tensors) in core.functions(masked=False).items():
            cells.append(f"{name} {bytes_of(gradients(function), *tensors) / 2**20:.0f}")
        cuda = core.peer.torch.cuda
        for name, run in core.with_backward().items():
            if name.startswith("torch"):
                run()
                cuda.reset_peak_memory_stats()
                before = cuda.memory_allocated()
                run()
                cells.append(f"{name} {(cuda.max_memory_allocated() - before) / 2**20:.0f}")
        print(f"{length} tokens, batch {batch}: {' | '.join(cells)}", flush=True)
