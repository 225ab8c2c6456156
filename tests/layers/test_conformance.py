"""Every public layer keeps the promises that all layers make."""

import cases_heads
import cases_latents
import cases_multiplicative
import cases_pairs
import cases_tokens
import cases_weighting
import keras
import pytest
from conformance_inputs import (
    ALL_ROWS,
    FIXED,
    FLAGS,
    GAPS,
    MASK_4,
    MASK_5,
    MASKS,
    MIXTURE,
    NARROW,
    PROJECTED,
    ROWS,
    TOKENS_4,
    TWO_ROWS,
    VECTORS,
    WIDTHS,
    case,
)

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
from keras_multimodal.testing._case import Case

ATTENTION = [
    ({"num_heads": 2}, 8),
    ({"num_heads": 2, "dropout": 0.3, "seed": 1}, 8),
    ({"num_heads": 3, "key_dim": 5, "value_dim": 4, "output_dim": 7, "use_bias": False}, 7),
    ({"num_heads": 2, "residual": True, "normalization": "pre", "gate": True}, 8),
    ({"num_heads": 2, "residual": True, "normalization": "post"}, 8),
    (
        {
            "num_heads": 2,
            "normalization": "post",
            "kernel_regularizer": "l2",
            "implementation": "blockwise",
        },
        8,
    ),
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
    *cases_heads.CASES,
    *cases_latents.CASES,
    *cases_multiplicative.CASES,
    *cases_pairs.CASES,
    *cases_tokens.CASES,
    *cases_weighting.CASES,
]


def first_of_each_layer(cases):
    """On JAX one case a layer: its options are in the other tests, which run there too."""
    seen = set()
    return [c for c in cases if not (c.values[0] in seen or seen.add(c.values[0]))]


TRIED = CASES if keras.backend.backend() == "tensorflow" else first_of_each_layer(CASES)


@pytest.mark.parametrize(("cls", "options", "inputs", "masks", "expected"), TRIED)
def test_conformance(cls, options, inputs, masks, expected, conformance_checks):
    run_layer_conformance(cls, options, inputs, masks, checks=conformance_checks, **expected)


@pytest.mark.parametrize(
    ("cls", "options", "inputs", "masks", "expected"), first_of_each_layer(CASES)
)
def test_a_layer_that_is_made_frozen_has_nothing_to_train(cls, options, inputs, masks, expected):
    case = Case(cls, options, inputs, masks, expected["call_kwargs"] or {}, (3,), None)
    layer = case.make(trainable=False)
    case.call(layer)
    assert not any(weight.trainable for weight in layer.weights)
    trainable = case.make()
    case.call(trainable)
    layer.trainable = True
    assert len(layer.trainable_weights) == len(trainable.trainable_weights)


def test_every_public_layer_is_tried():
    """A layer that is added without a conformance test shows up here."""
    public = {
        cls
        for cls in map(vars(layers).get, layers.__all__)
        if isinstance(cls, type) and issubclass(cls, keras.layers.Layer)
    }
    # What `LearnedWeight` learns comes through its loss: heads/test_learned_weight.py.
    assert public - {layers.LearnedWeight} == {parameters.values[0] for parameters in TRIED}
