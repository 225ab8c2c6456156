"""What the layers are called with to see whether they keep their promises."""

import numpy as np
import pytest

RNG = np.random.default_rng(7)
# At least two valid places a row: over a single key attention is constant, without a gradient.
MASK_4 = np.array([[1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]], bool)
MASK_5 = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 0]], bool)
ROWS = np.array([True, False, True])
TWO_ROWS = np.array([True, True, False])
ALL_ROWS = np.ones(3, bool)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype("float32")


TOKENS_4, TOKENS_5, VECTORS, NARROW = (
    normal(RNG, 3, 4, 8),
    normal(RNG, 3, 5, 8),
    normal(RNG, 3, 8),
    normal(RNG, 3, 5, 6),
)
MIXTURE = {"text": TOKENS_4, "image": TOKENS_5, "sensor": VECTORS}
WIDTHS = {"text": TOKENS_4, "image": NARROW, "sensor": normal(RNG, 3, 3)}
# Each of them is absent from a row.
GAPS = {
    "text": MASK_4 & np.array([[0], [1], [1]], bool),
    "image": MASK_5 & np.array([[1], [1], [0]], bool),
    "sensor": ROWS,
}
MASKS = {"text": MASK_4, "image": MASK_5, "sensor": ROWS}
PROJECTED = {"text": (3, 4, 6), "image": (3, 5, 6), "sensor": (3, 6)}
FIXED = {"image": 1.0, "text": 2.0, "sensor": 0.5}
FLAGS = {"text": ROWS, "image": ALL_ROWS}


def case(cls, options, inputs, masks, shape, mask, call_kwargs=None, waivers=None):
    options_text = ",".join(f"{name}={value}" for name, value in options.items())
    called = ",".join(call_kwargs or ())
    return pytest.param(
        cls,
        options,
        inputs,
        masks,
        {
            "expected_output_shape": shape,
            "expected_output_mask": mask,
            "call_kwargs": call_kwargs,
            "waivers": waivers,
        },
        id=f"{cls.__name__}({options_text}){called}",
    )
