"""Small tables of which the encoder makes tokens."""

import numpy as np

from keras_multimodal.encoders import TabularEncoder

NUMBERS = np.random.default_rng(8).normal(size=(3, 2)).astype("float32")
IDS = np.array([[3, 1], [2, 0], [4, 2]], "int32")
PRESENT = np.array([True, False, True])
CELLS = np.array([[True, False, True, True], [False] * 4, [True, True, True, True]])

CASES = [
    (
        TabularEncoder,
        {"numeric": 2, "category_counts": (), "dim": 6, "class_token": True},
        [NUMBERS, PRESENT],
        (3, 3, 6),
        np.tile(PRESENT[:, None], 3),
    ),
    (
        TabularEncoder,
        {
            "numeric": 2,
            "category_counts": (5, 3),
            "dim": 6,
            "num_layers": 1,
            "num_heads": 2,
            "dropout": 0.4,
        },
        [NUMBERS, IDS, CELLS],
        (3, 4, 6),
        CELLS & np.concatenate([np.ones((3, 2), bool), IDS > 0], axis=1),
    ),
    (
        TabularEncoder,
        {"numeric": 0, "category_counts": (5, 3), "dim": 6, "missing": "token"},
        IDS,
        (3, 2, 6),
        np.ones((3, 2), bool),
    ),
]
