"""Every public layer keeps the promises that all layers make."""

import keras
import numpy as np
import pytest

from keras_multimodal import layers
from keras_multimodal.layers import (
    ConcatFusion,
    CrossModalAttention,
    GatedFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    ModalityDropout,
    ModalityWeighting,
    SharedProjection,
)
from keras_multimodal.testing import run_layer_conformance

RNG = np.random.default_rng(7)
MASK_4 = np.array([[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]], bool)
MASK_5 = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 0, 1], [1, 1, 1, 1, 0]], bool)
ROWS = np.array([True, False, True])
TWO_ROWS = np.array([True, True, False])
ALL_ROWS = np.ones(3, bool)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


TOKENS_4, TOKENS_5, VECTORS, NARROW = (
    normal(3, 4, 8),
    normal(3, 5, 8),
    normal(3, 8),
    normal(3, 5, 6),
)
MIXTURE = {"text": TOKENS_4, "image": TOKENS_5, "sensor": VECTORS}
WIDTHS = {"text": TOKENS_4, "image": NARROW, "sensor": normal(3, 3)}
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

ATTENTION = [
    ({"num_heads": 2}, 8),
    ({"num_heads": 2, "dropout": 0.3, "seed": 1}, 8),
    ({"num_heads": 3, "key_dim": 5, "value_dim": 4, "output_dim": 7, "use_bias": False}, 7),
    ({"num_heads": 2, "residual": True, "normalization": "pre", "gate": True}, 8),
    ({"num_heads": 2, "residual": True, "normalization": "post"}, 8),
    ({"num_heads": 2, "normalization": "post", "kernel_regularizer": "l2"}, 8),
]
WEIGHTING = [
    {},
    {"temperature": 0.5, "pooling": "max", "kernel_initializer": "glorot_uniform"},
    {"mode": "learned", "temperature": 2.0},
    {"mode": "fixed", "fixed_weights": FIXED},
]
FUSIONS = [
    (MeanFusion, {}, MIXTURE, 8),
    (MaxFusion, {"pooling": "max"}, MIXTURE, 8),
    (ConcatFusion, {"pooling": "max", "absent_initializer": "ones"}, WIDTHS, 17),
    (GatedFusion, {"units": 5}, WIDTHS, 5),
    (GatedFusion, {"units": 5, "use_bias": False, "kernel_regularizer": "l2"}, WIDTHS, 5),
    (LowRankFusion, {"units": 5, "rank": 3}, WIDTHS, 5),
    (LowRankFusion, {"units": 5, "use_bias": False, "kernel_regularizer": "l2"}, WIDTHS, 5),
]
PROJECTION = [
    {"hidden_units": (5, 7), "normalization": "layer", "activation": "tanh"},
    {"hidden_units": (5,), "share_last_layer": True, "normalization": "l2"},
    {"hidden_units": (5,), "share_last_layer": True, "normalization": "layer"},
    {"use_bias": False, "kernel_regularizer": "l2"},
]


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


CASES = [
    *(
        case(
            CrossModalAttention, options, (TOKENS_4, NARROW), (MASK_4, MASK_5), (3, 4, dim), MASK_4
        )
        for options, dim in ATTENTION
    ),
    case(
        CrossModalAttention,
        {"num_heads": 2, "dropout": 0.3},
        (TOKENS_4, NARROW),
        (MASK_4, MASK_5),
        ((3, 4, 8), (3, 2, 4, 5)),
        (MASK_4, None),
        {"return_attention_scores": True},
    ),
    # Every row has a token of each modality but the vectors, so that the output is all there.
    *(case(ModalityWeighting, options, MIXTURE, MASKS, (3, 8), ALL_ROWS) for options in WEIGHTING),
    case(
        ModalityWeighting,
        {},
        MIXTURE,
        MASKS,
        ((3, 8), (3, 3)),
        (ALL_ROWS, None),
        {"return_weights": True},
    ),
    case(ModalityWeighting, {}, [VECTORS, VECTORS[::-1]], [ROWS, TWO_ROWS], (3, 8), ALL_ROWS),
    case(ModalityWeighting, {}, [TOKENS_4, VECTORS], [MASK_4, None], (3, 8), None),
    *(
        case(cls, options, inputs, GAPS, (3, width), ALL_ROWS)
        for cls, options, inputs, width in FUSIONS
    ),
    *(
        case(cls, options, [NARROW, VECTORS], [MASK_5, None], (3, width), None)
        for cls, options, width in (
            (GatedFusion, {"units": 4}, 4),
            (LowRankFusion, {"units": 4}, 4),
        )
    ),
    case(
        ConcatFusion,
        {},
        [NARROW, VECTORS],
        [MASK_5, None],
        (3, 14),
        None,
        waivers={"weight_gradients": "what stands for a modality that is there has no gradient"},
    ),
    *(
        case(SharedProjection, {"units": 6, **options}, WIDTHS, MASKS, PROJECTED, MASKS)
        for options in PROJECTION
    ),
    case(
        SharedProjection,
        {"units": 6},
        [NARROW, TOKENS_4],
        [None, MASK_4],
        [(3, 5, 6), (3, 4, 6)],
        [None, MASK_4],
    ),
    case(
        ModalityDropout, {"rate": 0.4, "seed": 3}, FLAGS, None, {"text": (3,), "image": (3,)}, None
    ),
    case(ModalityDropout, {"rate": 1.0}, list(FLAGS.values()), None, [(3,), (3,)], None),
]


@pytest.mark.parametrize(("cls", "options", "inputs", "masks", "expected"), CASES)
def test_conformance(cls, options, inputs, masks, expected):
    run_layer_conformance(cls, options, inputs, masks, **expected)


def test_every_public_layer_is_tried():
    """A layer that is added without a conformance test shows up here."""
    public = {
        cls
        for cls in map(vars(layers).get, layers.__all__)
        if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)
    }
    assert public == {parameters.values[0] for parameters in CASES}
