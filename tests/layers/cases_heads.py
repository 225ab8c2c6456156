"""Cases of the layers at the end of a model."""

import numpy as np
from conformance_inputs import case, normal

from keras_multimodal.layers import (
    ContrastiveHead,
    OrderedQuantiles,
    OrdinalLogits,
    Temperature,
    UnitVectors,
)

VECTORS = normal(np.random.default_rng(40), 3, 4)
OTHERS = normal(np.random.default_rng(41), 3, 4)
NARROW = normal(np.random.default_rng(42), 3, 2)
SCALE = {"scale": 10.0, "bias": -10.0}

CASES: list = [
    case(Temperature, {}, VECTORS, None, (3, 4), None),
    *(
        case(OrdinalLogits, {"classes": classes}, VECTORS, None, (3, classes), None)
        for classes in (2, 5)
    ),
    case(OrderedQuantiles, {"targets": 2, "quantiles": 3}, VECTORS, None, (3, 2, 3), None),
    *(
        case(ContrastiveHead, {**SCALE, **options}, [VECTORS, OTHERS], None, (3, 2, 6), None)
        for options in ({}, {"learn_scale": False})
    ),
    case(UnitVectors, {}, [VECTORS, NARROW], None, (3, 4), None),
]
