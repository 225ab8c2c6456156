"""Cases of the layers that multiply modalities."""

import numpy as np
from conformance_inputs import (
    ALL_ROWS,
    GAPS,
    MASK_4,
    MASK_5,
    NARROW,
    ROWS,
    TOKENS_4,
    VECTORS,
    WIDTHS,
    case,
    normal,
)

from keras_multimodal.layers import (
    FactorizedBilinearPooling,
    FiLM,
    MultiplicativeInteraction,
    MutanFusion,
    SqueezeExciteFusion,
    TensorFusion,
)

PICTURES = normal(np.random.default_rng(9), 3, 4, 2, 6)
PLACES = MASK_4[..., None] & [True, True]
SHAPES = {"text": (3, 4, 8), "image": (3, 5, 6), "sensor": (3, 3)}

# Each modality of `WIDTHS` is absent from a row, none of them from all.
FUSIONS = [
    (TensorFusion, {"units": 5, "kernel_regularizer": "l2"}, 5),
    (TensorFusion, {"max_size": 252, "pooling": "max"}, 9 * 7 * 4),
    (FactorizedBilinearPooling, {"units": 5, "factor": 3, "dropout": 0.3, "seed": 1}, 5),
    (MutanFusion, {"units": 5, "hidden_units": 4, "rank": 3, "kernel_regularizer": "l2"}, 5),
    (MultiplicativeInteraction, {"units": 5, "kernel_regularizer": "l2"}, 5),
]

CASES: list = [
    *(case(cls, options, WIDTHS, GAPS, (3, width), ALL_ROWS) for cls, options, width in FUSIONS),
    case(FiLM, {}, (TOKENS_4, NARROW), (MASK_4, MASK_5), (3, 4, 8), MASK_4),
    case(
        FiLM,
        {"kernel_initializer": "glorot_uniform", "kernel_regularizer": "l2"},
        (PICTURES, VECTORS),
        (PLACES, ROWS),
        PICTURES.shape,
        PLACES,
    ),
    case(SqueezeExciteFusion, {"kernel_regularizer": "l2"}, WIDTHS, GAPS, SHAPES, GAPS),
]
