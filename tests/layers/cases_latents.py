"""Cases of the layers that gather all modalities in a few latent tokens, or in one sequence."""

import numpy as np
from conformance_inputs import GAPS, MASK_4, MASK_5, MIXTURE, TOKENS_4, TOKENS_5, VECTORS, case

from keras_multimodal.layers import BottleneckFusion, MergedAttention, PerceiverResampler, QFormer

# Every row has a token of some modality, so that no latent is masked.
ALL_LATENTS = np.ones((3, 2), bool)
MERGED_MASK = np.concatenate([GAPS["image"], GAPS["sensor"][:, None], GAPS["text"]], axis=1)
SMALL = {"num_heads": 2, "feed_forward_dim": 5}
SHAPES = {name: x.shape for name, x in MIXTURE.items()}

CASES: list = [
    case(MergedAttention, SMALL, MIXTURE, GAPS, (3, 10, 8), MERGED_MASK),
    case(
        MergedAttention,
        {**SMALL, "num_layers": 2, "dropout": 0.3, "modality_embedding": False, "seed": 1},
        [TOKENS_5, VECTORS],
        [MASK_5, None],
        (3, 6, 8),
        np.concatenate([MASK_5, np.ones((3, 1), bool)], axis=1),
    ),
    case(BottleneckFusion, {**SMALL, "num_bottlenecks": 2}, MIXTURE, GAPS, SHAPES, GAPS),
    case(
        BottleneckFusion,
        {**SMALL, "num_bottlenecks": 1, "key_dim": 3, "dropout": 0.3},
        [TOKENS_5, VECTORS],
        [MASK_5, None],
        [(3, 5, 8), (3, 8)],
        [MASK_5, None],
    ),
    *(
        parameters
        for cls, count in ((PerceiverResampler, "num_latents"), (QFormer, "num_queries"))
        for parameters in (
            case(cls, {**SMALL, count: 2}, MIXTURE, GAPS, (3, 2, 8), ALL_LATENTS),
            case(
                cls,
                {**SMALL, count: 2, "num_layers": 1, "dropout": 0.3, "seed": 1},
                TOKENS_4,
                MASK_4,
                (3, 2, 8),
                ALL_LATENTS,
            ),
        )
    ),
]
