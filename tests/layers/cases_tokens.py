"""Cases of the layers that mark, make and pool tokens, and of what fuses by name."""

import numpy as np
from conformance_inputs import (
    ALL_ROWS,
    GAPS,
    MASK_4,
    MASK_5,
    MASKS,
    MIXTURE,
    NARROW,
    ROWS,
    TOKENS_4,
    TOKENS_5,
    VECTORS,
    WIDTHS,
    case,
    normal,
)

from keras_multimodal.layers import (
    AbsentToken,
    AnchoredFusion,
    AttentionPooling,
    CrossModalAttention,
    FirstTokenPooling,
    FusedTokens,
    GeneralizedMeanPooling,
    MaskedMaxPooling,
    MaskedMeanPooling,
    ModalityEmbedding,
    PooledFusion,
    PositionEmbedding,
    TimeEmbedding,
    fusion,
)

ATTENTION = {"num_heads": 2, "residual": True}
MASK_6 = np.array([[1, 1, 1, 0, 1, 0], [0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 1]], bool)
TIMES = np.array([[0, 5, 7, 30, 60], [1, 1, 2, 3, 5], [10, 9, 8, 7, 6]], "float32")
KNOWN_TIMES = np.array([[1, 1, 1, 0, 0], [1, 1, 0, 0, 1], [1, 0, 1, 1, 1]], bool)
GAPS_4 = MASK_4 & ROWS[:, None]
NOT_FIRST_OF_ROW_0 = np.array([[0, 1, 1, 1], [1] * 4, [1] * 4], bool)
ROW_2 = np.array([False, False, True])
FIRST_OF_ROW_1 = np.array([[0] * 4, [1, 0, 0, 0], [0] * 4], bool)
GRID_TOKENS = normal(np.random.default_rng(10), 3, 6, 8)
GRID = {"trailing_padding": "a grid has no more tokens than places"}
ABSENT = {"all_masked_row": "the learned token is there for a row that has none"}

CASES: list = [
    case(
        ModalityEmbedding,
        {"embeddings_initializer": "ones"},
        WIDTHS,
        MASKS,
        {name: x.shape for name, x in WIDTHS.items()},
        MASKS,
    ),
    case(PositionEmbedding, {"max_length": 9}, TOKENS_5, MASK_5, (3, 5, 8), MASK_5),
    case(
        PositionEmbedding,
        {"mode": "sinusoidal", "max_wavelength": 50.0},
        TOKENS_5,
        MASK_5,
        (3, 5, 8),
        MASK_5,
    ),
    *(
        case(
            PositionEmbedding,
            {"mode": mode, "grid": (2, 3)},
            GRID_TOKENS,
            MASK_6,
            (3, 6, 8),
            MASK_6,
            waivers=GRID,
        )
        for mode in ("learned", "sinusoidal")
    ),
    case(
        TimeEmbedding,
        {"min_period": 4, "max_period": 100.0},
        (TOKENS_5, TIMES),
        (MASK_5, KNOWN_TIMES),
        (3, 5, 8),
        MASK_5,
    ),
    case(AbsentToken, {}, TOKENS_4, GAPS_4, (3, 4, 8), GAPS_4 | FIRST_OF_ROW_1, waivers=ABSENT),
    case(
        AbsentToken, {"token_initializer": "ones"}, VECTORS, ROWS, (3, 8), ALL_ROWS, waivers=ABSENT
    ),
    case(FirstTokenPooling, {}, TOKENS_4, GAPS_4 & NOT_FIRST_OF_ROW_0, (3, 8), ROW_2),
    case(MaskedMeanPooling, {}, TOKENS_4, GAPS_4, (3, 8), ROWS),
    case(MaskedMaxPooling, {}, TOKENS_4, GAPS_4, (3, 8), ROWS),
    case(
        GeneralizedMeanPooling, {"exponent": 2.0, "epsilon": 0.01}, TOKENS_4, GAPS_4, (3, 8), ROWS
    ),
    case(
        AttentionPooling,
        {"hidden_units": 5, "gated": True, "kernel_regularizer": "l2"},
        TOKENS_4,
        GAPS_4,
        ((3, 8), (3, 4)),
        (ROWS, None),
        {"return_weights": True},
    ),
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
        FusedTokens,
        {"fusion": fusion.get("cross_attention", anchor="text", num_heads=2), "dim": 4},
        WIDTHS,
        GAPS,
        (3, 10, 4),
        np.concatenate([GAPS["image"], GAPS["sensor"][:, None], GAPS["text"]], axis=1),
    ),
    case(
        FusedTokens,
        {"fusion": None, "dim": 4},
        [NARROW, VECTORS],
        [MASK_5, None],
        (3, 6, 4),
        np.concatenate([MASK_5, ALL_ROWS[:, None]], axis=1),
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
