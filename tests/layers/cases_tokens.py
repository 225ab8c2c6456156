"""Cases of the layers that mark, make and pool tokens, and of what fuses by name."""

from conformance_inputs import (
    ALL_ROWS,
    GAPS,
    MASK_5,
    MASKS,
    MIXTURE,
    NARROW,
    VECTORS,
    WIDTHS,
    case,
)

from keras_multimodal.layers import AnchoredFusion, CrossModalAttention, PooledFusion, fusion

ATTENTION = {"num_heads": 2, "residual": True}

CASES: list = [
    case(
        AnchoredFusion,
        {"layer": CrossModalAttention(**ATTENTION), "anchor": "text"},
        MIXTURE,
        MASKS,
        {name: x.shape for name, x in MIXTURE.items()},
        MASKS,
    ),
    # The anchor is a vector, and has no mask.
    case(
        AnchoredFusion,
        {"layer": CrossModalAttention(**ATTENTION), "anchor": 1},
        [NARROW, VECTORS],
        [MASK_5, None],
        [(3, 5, 6), (3, 8)],
        [MASK_5, None],
    ),
    case(
        PooledFusion,
        {"fusion": fusion.get("cross_attention", anchor="text", num_heads=2), "dim": 4},
        WIDTHS,
        GAPS,
        (3, 12),
        ALL_ROWS,
    ),
    case(
        PooledFusion,
        {"fusion": "gated", "dim": 4},
        [NARROW, VECTORS],
        [MASK_5, None],
        (3, 64),
        None,
    ),
]
