"""A bidirectional fusion block as one would write it with stock layers."""

from collections.abc import Callable
from typing import Any

import keras


class StockBlock(keras.layers.Layer):
    """Two modalities attend to each other, then a small network for each token; stock Keras.

    Args:
        dim: Width of the tokens.
        heads: Number of heads.
        **kwargs: `dtype`.
    """

    def __init__(self, dim: int, heads: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.attentions = [
            keras.layers.MultiHeadAttention(heads, dim // heads, dtype=policy) for _ in range(2)
        ]
        self.norms = [keras.layers.LayerNormalization(dtype=policy) for _ in range(4)]
        self.hidden = [keras.layers.Dense(4 * dim, "gelu", dtype=policy) for _ in range(2)]
        self.output_ = [keras.layers.Dense(dim, dtype=policy) for _ in range(2)]

    def build(self, shapes: Any) -> None:
        """Make the weights."""
        for m in range(2):
            self.attentions[m].build(shapes[m], shapes[1 - m])
            self.norms[m].build(shapes[m])
            self.norms[2 + m].build(shapes[m])
            self.hidden[m].build(shapes[m])
            self.output_[m].build((*shapes[m][:-1], self.hidden[m].units))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """`(batch, length, dim)` of each modality to the same."""
        normed = [norm(x) for norm, x in zip(self.norms[:2], inputs, strict=True)]
        outputs = []
        for m in range(2):
            x = inputs[m] + self.attentions[m](normed[m], normed[1 - m])
            outputs.append(x + self.output_[m](self.hidden[m](self.norms[2 + m](x))))
        return outputs


def torch_block(peer: Any, dim: int, heads: int, arrays: Any) -> Callable[[], Any]:
    """A step of gradient descent on the same block of PyTorch's modules."""
    torch = peer.torch

    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attentions = torch.nn.ModuleList(
                torch.nn.MultiheadAttention(dim, heads, batch_first=True) for _ in range(2)
            )
            self.norms = torch.nn.ModuleList(torch.nn.LayerNorm(dim) for _ in range(4))
            self.feed_forward = torch.nn.ModuleList(
                torch.nn.Sequential(
                    torch.nn.Linear(dim, 4 * dim), torch.nn.GELU(), torch.nn.Linear(4 * dim, dim)
                )
                for _ in range(2)
            )

        def forward(self, inputs: Any) -> Any:
            normed = [norm(x) for norm, x in zip(self.norms[:2], inputs, strict=True)]
            outputs = []
            for m in range(2):
                context = normed[1 - m]
                attended, _ = self.attentions[m](normed[m], context, context, need_weights=False)
                x = inputs[m] + attended
                outputs.append(x + self.feed_forward[m](self.norms[2 + m](x)))
            return outputs

    block = Block().to(peer.device, peer.dtype)
    weights = list(block.parameters())
    tensors = [peer.tensor(x) for x in arrays]

    def step() -> Any:
        loss = sum(output.square().mean() for output in block(tensors))
        # By hand, as the others do it; PyTorch's optimizers bring its compiler with them, which
        # does not load beside TensorFlow everywhere.
        found = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, found, strict=True):
                weight.sub_(1e-3 * gradient)
        return peer.wait(None)

    return step
