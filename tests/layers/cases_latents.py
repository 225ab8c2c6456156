"""Cases of the layers that gather all modalities in a few latent tokens, or in one sequence."""

import numpy as np
from conformance_inputs import GAPS, MASK_4, MASK_5, TOKENS_4, TOKENS_5, VECTORS, case

from keras_multimodal.layers import BottleneckFusion, MergedAttention, PerceiverResampler, QFormer

# Two modalities, each of which is absent from a row: a transformer takes long for every more.
PAIR = {"text": TOKENS_4, "sensor": VECTORS}
PAIR_GAPS = {name: GAPS[name] for name in PAIR}
# Every row has a token of some modality, so that no latent is masked.
ALL_LATENTS = np.ones((3, 2), bool)
SMALL = {"num_heads": 2, "intermediate_dim": 5}

CASES: list = [
    case(
        MergedAttention,
        SMALL,
        PAIR,
        PAIR_GAPS,
        (3, 5, 8),
        np.concatenate([GAPS["sensor"][:, None], GAPS["text"]], axis=1),
    ),
    case(
        MergedAttention,
        {**SMALL, "dropout": 0.3, "modality_embedding": False, "seed": 1},
        [TOKENS_5, VECTORS],
        [MASK_5, None],
        (3, 6, 8),
        np.concatenate([MASK_5, np.ones((3, 1), bool)], axis=1),
    ),
    case(
        BottleneckFusion,
        {**SMALL, "num_bottlenecks": 2, "dropout": 0.3},
        PAIR,
        PAIR_GAPS,
        {"text": (3, 4, 8), "sensor": (3, 8)},
        PAIR_GAPS,
    ),
    case(
        PerceiverResampler,
        {**SMALL, "num_latents": 2, "num_layers": 1},
        PAIR,
        PAIR_GAPS,
        (3, 2, 8),
        ALL_LATENTS,
    ),
    case(
        PerceiverResampler,
        {**SMALL, "num_latents": 2, "key_dim": 3, "dropout": 0.3, "seed": 1},
        TOKENS_4,
        MASK_4,
        (3, 2, 8),
        ALL_LATENTS,
    ),
    case(
        QFormer,
        {**SMALL, "num_queries": 2, "num_layers": 1, "dropout": 0.3},
        PAIR,
        PAIR_GAPS,
        (3, 2, 8),
        ALL_LATENTS,
    ),
]
