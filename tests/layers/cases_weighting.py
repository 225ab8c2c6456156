"""Cases of the layers that weigh modalities, and of the shared spaces."""

import numpy as np
from conformance_inputs import (
    ALL_ROWS,
    GAPS,
    MASK_5,
    MIXTURE,
    NARROW,
    ROWS,
    TWO_ROWS,
    VECTORS,
    WIDTHS,
    case,
    normal,
)

from keras_multimodal.layers import (
    DeepSetFusion,
    LogitFusion,
    MixtureOfExpertsFusion,
    ModalitySpecificShared,
    MultimodalAdaptationGate,
    ProductOfExperts,
)

# Both tokens of image, sensor and text, where each is there.
PARTS = np.tile(
    np.stack([GAPS["image"].any(1), GAPS["sensor"], GAPS["text"].any(1)], axis=1), (1, 2)
)
LOSSES = {"similarity_weight": 0.5, "difference_weight": 0.3, "reconstruction_weight": 0.7}
YES = {
    "text": normal(np.random.default_rng(11), 3, 4, 1),
    "image": normal(np.random.default_rng(12), 3, 5, 1),
    "sensor": normal(np.random.default_rng(13), 3, 1),
}
ABSENT = {"weight_gradients": "what stands for a modality that is there has no gradient"}

CASES: list = [
    case(
        MixtureOfExpertsFusion,
        {"units": 5, "num_experts": 3, "top_k": 2, "balance": 0.5, "activation": "tanh"},
        WIDTHS,
        GAPS,
        ((3, 5), (3, 3)),
        (ALL_ROWS, None),
        {"return_weights": True},
    ),
    case(
        MixtureOfExpertsFusion,
        {"units": 5, "hidden_units": 4, "kernel_regularizer": "l2"},
        [NARROW, VECTORS],
        [MASK_5, None],
        (3, 5),
        None,
        waivers=ABSENT,
    ),
    case(
        ProductOfExperts,
        {"units": 5, "sample": True, "kl_weight": 0.3, "seed": 2},
        WIDTHS,
        GAPS,
        ((3, 5), (3, 5)),
        (ALL_ROWS, None),
        {"return_variance": True},
    ),
    case(
        ProductOfExperts,
        {"units": 5, "prior": False, "pooling": "max", "kernel_regularizer": "l2"},
        [VECTORS, NARROW],
        [ROWS, None],
        (3, 5),
        None,
    ),
    case(
        MultimodalAdaptationGate,
        {"anchor": "text", "beta": 0.5, "dropout": 0.3, "kernel_regularizer": "l2"},
        WIDTHS,
        GAPS,
        {name: x.shape for name, x in WIDTHS.items()},
        GAPS,
    ),
    case(
        MultimodalAdaptationGate,
        {"pooling": "max"},
        [VECTORS, NARROW],
        [ROWS, None],
        [(3, 8), (3, 5, 6)],
        [ROWS, None],
    ),
    case(
        DeepSetFusion,
        {"units": 5, "hidden_units": 6, "kernel_regularizer": "l2"},
        MIXTURE,
        GAPS,
        (3, 5),
        ALL_ROWS,
    ),
    case(LogitFusion, {"mode": "learned"}, MIXTURE, GAPS, (3, 8), ALL_ROWS),
    case(LogitFusion, {"mode": "confidence"}, YES, GAPS, (3, 1), ALL_ROWS),
    case(LogitFusion, {"mode": "product"}, [VECTORS, -VECTORS], [ROWS, TWO_ROWS], (3, 8), ALL_ROWS),
    case(ModalitySpecificShared, {"units": 5, **LOSSES}, WIDTHS, GAPS, (3, 6, 5), PARTS),
    case(
        ModalitySpecificShared,
        {"units": 5, "activation": "tanh", "kernel_regularizer": "l2"},
        [NARROW, VECTORS],
        [MASK_5, None],
        (3, 4, 5),
        np.ones((3, 4), bool),
    ),
]
