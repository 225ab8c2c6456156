"""Cases of the layers in which modalities attend to each other."""

from conformance_inputs import GAPS, MASK_4, MASK_5, NARROW, TOKENS_4, TOKENS_5, case

from keras_multimodal.layers import CoAttention, CrossModalTransformer, GatedCrossAttention

DROPOUT = {"dropout": 0.3, "seed": 1}
PAIR = {"text": TOKENS_4, "image": TOKENS_5}
# Each of them is absent from a row.
PAIR_GAPS = {"text": GAPS["text"], "image": GAPS["image"]}
PAIR_SHAPES = {"text": (3, 4, 8), "image": (3, 5, 8)}
# Few blocks: what these cases take is the time that they need to be compiled.
CASES = [
    case(
        GatedCrossAttention,
        {"num_heads": 2, "intermediate_dim": 6, **DROPOUT},
        (TOKENS_4, NARROW),
        (MASK_4, GAPS["image"]),
        (3, 4, 8),
        MASK_4,
    ),
    case(
        CoAttention,
        {"num_heads": 2, "intermediate_dim": 6, **DROPOUT},
        PAIR,
        PAIR_GAPS,
        PAIR_SHAPES,
        PAIR_GAPS,
    ),
    case(
        CoAttention,
        {"num_heads": 3, "key_dim": 2, "activation": "relu", "self_attention": False},
        [TOKENS_4, TOKENS_5, TOKENS_4[:, ::-1]],
        [None, MASK_5, MASK_4],
        [(3, 4, 8), (3, 5, 8), (3, 4, 8)],
        [None, MASK_5, MASK_4],
    ),
    case(
        CrossModalTransformer,
        {"num_heads": 2, "num_layers": 1, "intermediate_dim": 6, **DROPOUT},
        PAIR,
        PAIR_GAPS,
        PAIR_SHAPES,
        PAIR_GAPS,
    ),
    case(
        CrossModalTransformer,
        {"num_heads": 3, "num_layers": 1, "num_self_attention_layers": 0, "key_dim": 2},
        [TOKENS_4, TOKENS_5],
        [None, MASK_5],
        [(3, 4, 8), (3, 5, 8)],
        [None, MASK_5],
    ),
]
