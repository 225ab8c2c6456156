"""What the layers take by default, and the edges of what they refuse."""

import numpy as np
import pytest

from keras_multimodal.layers import (
    AttentionPooling,
    BottleneckFusion,
    CoAttention,
    CrossModalAttention,
    CrossModalTransformer,
    DeepSetFusion,
    FactorizedBilinearPooling,
    FusedTokens,
    GatedCrossAttention,
    GatedFusion,
    GeneralizedMeanPooling,
    LogitFusion,
    LowRankFusion,
    MeanFusion,
    MergedAttention,
    MixtureOfExpertsFusion,
    ModalityDropout,
    ModalitySpecificShared,
    ModalityWeighting,
    MultimodalAdaptationGate,
    MultiplicativeInteraction,
    MutanFusion,
    PerceiverResampler,
    PooledFusion,
    PositionEmbedding,
    ProductOfExperts,
    QFormer,
    SharedProjection,
    SqueezeExciteFusion,
    TensorFusion,
    TimeEmbedding,
)

BLOCK = {"key_dim": None, "intermediate_dim": None, "dropout": 0.0, "seed": None}
# What each needs, and what is then written of the rest; a saved layer may lack what came later.
DEFAULTS = [
    (AttentionPooling, {}, {"hidden_units": None, "gated": False}),
    (BottleneckFusion, {"num_heads": 1}, {"num_bottlenecks": 4, "num_layers": 2, **BLOCK}),
    (CoAttention, {"num_heads": 1}, {"self_attention": True, **BLOCK}),
    (
        CrossModalAttention,
        {"num_heads": 1},
        {
            "key_dim": None,
            "value_dim": None,
            "output_dim": None,
            "dropout": 0.0,
            "use_bias": True,
            "residual": False,
            "normalization": None,
            "gate": False,
            "implementation": "auto",
        },
    ),
    (
        CrossModalTransformer,
        {"num_heads": 1},
        {"num_layers": 2, "num_self_attention_layers": 1, **BLOCK},
    ),
    (DeepSetFusion, {"units": 1}, {"hidden_units": None}),
    (
        FactorizedBilinearPooling,
        {"units": 1},
        {
            "factor": 5,
            "dropout": 0.0,
            "power_normalization": True,
            "l2_normalization": True,
            "use_bias": True,
        },
    ),
    (GatedCrossAttention, {"num_heads": 1}, BLOCK),
    (GatedFusion, {"units": 1}, {"use_bias": True, "pooling": "mean"}),
    (GeneralizedMeanPooling, {}, {"exponent": 3.0, "epsilon": 1e-6}),
    (LowRankFusion, {"units": 1}, {"rank": 4, "use_bias": True}),
    (MergedAttention, {"num_heads": 1}, {"num_layers": 1, "modality_embedding": True, **BLOCK}),
    (
        MixtureOfExpertsFusion,
        {"units": 1},
        {"num_experts": 4, "top_k": None, "hidden_units": None, "balance": 0.0},
    ),
    (
        ModalitySpecificShared,
        {"units": 2},
        {"similarity_weight": 0.0, "difference_weight": 0.0, "reconstruction_weight": 0.0},
    ),
    (ModalityWeighting, {}, {"mode": "input", "fixed_weights": None, "temperature": 1.0}),
    (MultimodalAdaptationGate, {}, {"anchor": None, "beta": 1.0, "dropout": 0.0}),
    (MultiplicativeInteraction, {"units": 1}, {"use_bias": True}),
    (
        MutanFusion,
        {"units": 1},
        {"hidden_units": None, "rank": 5, "use_bias": True, "activation": "tanh"},
    ),
    (PerceiverResampler, {}, {"num_latents": 16, "num_layers": 2, "num_heads": 4, **BLOCK}),
    (PositionEmbedding, {"max_length": 1}, {"grid": None, "max_wavelength": 10000.0}),
    (ProductOfExperts, {"units": 1}, {"prior": True, "sample": False, "kl_weight": 0.0}),
    (QFormer, {}, {"num_queries": 16, "num_layers": 2, "num_heads": 4, **BLOCK}),
    (
        SharedProjection,
        {"units": 1},
        {"hidden_units": (), "normalization": None, "share_last_layer": False, "use_bias": True},
    ),
    (SqueezeExciteFusion, {}, {"ratio": 4}),
    (TensorFusion, {}, {"units": None, "max_size": 65536, "use_bias": True}),
]


@pytest.mark.parametrize(("cls", "needed", "usual"), DEFAULTS)
def test_what_is_not_said_is_usual(cls, needed, usual):
    config = cls(**needed).get_config()
    for name, value in {**needed, **usual}.items():
        found = config[name]
        found = tuple(found) if isinstance(found, list) else found
        assert found == value, name
        assert type(found) is type(value), name


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (AttentionPooling, {"hidden_units": 1}),
        (BottleneckFusion, {"num_heads": 1, "num_bottlenecks": 1, "num_layers": 2}),
        (CoAttention, {"num_heads": 1, "key_dim": 1, "intermediate_dim": 1, "dropout": 0.99}),
        (CrossModalAttention, {"num_heads": 1, "key_dim": 1, "value_dim": 1, "output_dim": 1}),
        (CrossModalTransformer, {"num_heads": 1, "num_layers": 1, "num_self_attention_layers": 0}),
        (DeepSetFusion, {"units": 1, "hidden_units": 1}),
        (FactorizedBilinearPooling, {"units": 1, "factor": 1}),
        (FusedTokens, {"fusion": "mean", "dim": 1}),
        (GeneralizedMeanPooling, {"exponent": 0.5, "epsilon": 1e-9}),
        (LowRankFusion, {"units": 1, "rank": 1}),
        (MergedAttention, {"num_heads": 1, "num_layers": 1}),
        (MixtureOfExpertsFusion, {"units": 1, "num_experts": 2, "top_k": 2, "hidden_units": 1}),
        (MixtureOfExpertsFusion, {"units": 1, "num_experts": 3, "top_k": 2, "balance": 0.5}),
        (ModalityDropout, {"rate": 0.0}),
        (ModalityDropout, {"rate": 1.0}),
        (ModalitySpecificShared, {"units": 2, "similarity_weight": 0.5}),
        (ModalityWeighting, {"temperature": 0.5}),
        (ModalityWeighting, {"mode": "fixed", "fixed_weights": (0.5, 0.0)}),
        (MultimodalAdaptationGate, {"beta": 0.5, "dropout": 0.99}),
        (MutanFusion, {"units": 1, "hidden_units": 1, "rank": 1}),
        (PerceiverResampler, {"num_latents": 1, "num_layers": 1, "num_heads": 1}),
        (PooledFusion, {"fusion": "mean", "dim": 1}),
        (PositionEmbedding, {"grid": (1, 1)}),
        (PositionEmbedding, {"mode": "sinusoidal", "max_wavelength": 0.5}),
        (ProductOfExperts, {"units": 1, "kl_weight": 0.5}),
        (QFormer, {"num_queries": 1, "num_layers": 1, "num_heads": 1}),
        (SharedProjection, {"units": 1, "hidden_units": (1,)}),
        (SqueezeExciteFusion, {"ratio": 1}),
        (TensorFusion, {"units": 1, "max_size": 1}),
        (TimeEmbedding, {"min_period": 0.5, "max_period": 0.5}),
    ],
)
def test_what_is_just_within_is_taken(cls, options):
    config = cls(**options).get_config()
    assert {name: config[name] for name in options if name != "fusion"} == {
        name: value for name, value in options.items() if name != "fusion"
    }


@pytest.mark.parametrize(
    ("cls", "options", "argument"),
    [
        (AttentionPooling, {"hidden_units": 0}, "hidden_units"),
        (BottleneckFusion, {"num_heads": 1, "num_bottlenecks": 0}, "num_bottlenecks"),
        (BottleneckFusion, {"num_heads": 1, "num_layers": 1}, "num_layers"),
        (CoAttention, {"num_heads": 0}, "num_heads"),
        (CoAttention, {"num_heads": 1, "key_dim": 0}, "key_dim"),
        (CoAttention, {"num_heads": 1, "intermediate_dim": 0}, "intermediate_dim"),
        (CoAttention, {"num_heads": 1, "dropout": 1.0}, "dropout"),
        (CoAttention, {"num_heads": 1, "dropout": -0.1}, "dropout"),
        (CrossModalAttention, {"num_heads": 0}, "num_heads"),
        (CrossModalAttention, {"num_heads": 1, "key_dim": 0}, "key_dim"),
        (CrossModalAttention, {"num_heads": 1, "value_dim": 0}, "value_dim"),
        (CrossModalAttention, {"num_heads": 1, "output_dim": 0}, "output_dim"),
        (CrossModalAttention, {"num_heads": 1, "dropout": 1.0}, "dropout"),
        (CrossModalAttention, {"num_heads": 1, "dropout": -0.1}, "dropout"),
        (CrossModalTransformer, {"num_heads": 1, "num_layers": 0}, "num_layers"),
        (
            CrossModalTransformer,
            {"num_heads": 1, "num_self_attention_layers": -1},
            "num_self_attention_layers",
        ),
        (DeepSetFusion, {"units": 0}, "units"),
        (DeepSetFusion, {"units": 1, "hidden_units": 0}, "hidden_units"),
        (FactorizedBilinearPooling, {"units": 1, "factor": 0}, "factor"),
        (FactorizedBilinearPooling, {"units": 1, "dropout": 1.0}, "dropout"),
        (FactorizedBilinearPooling, {"units": 1, "dropout": -0.1}, "dropout"),
        (FusedTokens, {"fusion": "mean", "dim": 0}, "dim"),
        (GatedFusion, {"units": 0}, "units"),
        (GatedFusion, {"units": None}, "units"),
        (GeneralizedMeanPooling, {"exponent": 0.0}, "exponent"),
        (GeneralizedMeanPooling, {"epsilon": 0.0}, "epsilon"),
        (LogitFusion, {"mode": "max"}, "mode"),
        (LowRankFusion, {"units": 1, "rank": 0}, "rank"),
        (MergedAttention, {"num_heads": 1, "num_layers": 0}, "num_layers"),
        (MixtureOfExpertsFusion, {"units": 0}, "units"),
        (MixtureOfExpertsFusion, {"units": 1, "num_experts": 1}, "num_experts"),
        (MixtureOfExpertsFusion, {"units": 1, "top_k": 1}, "top_k"),
        (MixtureOfExpertsFusion, {"units": 1, "top_k": 5}, "top_k"),
        (MixtureOfExpertsFusion, {"units": 1, "hidden_units": 0}, "hidden_units"),
        (MixtureOfExpertsFusion, {"units": 1, "balance": -0.1}, "balance"),
        (ModalityDropout, {"rate": -0.1}, "rate"),
        (ModalityDropout, {"rate": 1.1}, "rate"),
        (ModalitySpecificShared, {"units": 1}, "units"),
        (ModalitySpecificShared, {"units": 2, "similarity_weight": -0.1}, "similarity_weight"),
        (ModalitySpecificShared, {"units": 2, "difference_weight": -0.1}, "difference_weight"),
        (
            ModalitySpecificShared,
            {"units": 2, "reconstruction_weight": -0.1},
            "reconstruction_weight",
        ),
        (ModalityWeighting, {"temperature": 0.0}, "temperature"),
        (ModalityWeighting, {"mode": "fixed", "fixed_weights": (1.0, -0.1)}, "fixed_weights"),
        (
            ModalityWeighting,
            {"mode": "fixed", "fixed_weights": (1.0,), "temperature": 2.0},
            "temperature",
        ),
        (MultimodalAdaptationGate, {"beta": 0.0}, "beta"),
        (MultimodalAdaptationGate, {"dropout": 1.0}, "dropout"),
        (MultimodalAdaptationGate, {"dropout": -0.1}, "dropout"),
        (MutanFusion, {"units": 1, "hidden_units": 0}, "hidden_units"),
        (MutanFusion, {"units": 1, "rank": 0}, "rank"),
        (PerceiverResampler, {"num_latents": 0}, "num_latents"),
        (PerceiverResampler, {"num_layers": 0}, "num_layers"),
        (PerceiverResampler, {"num_heads": 0}, "num_heads"),
        (PooledFusion, {"fusion": "mean", "pooling": "sum"}, "pooling"),
        (PositionEmbedding, {"max_length": 0}, "max_length"),
        (PositionEmbedding, {"grid": (1, 0)}, "grid"),
        (PositionEmbedding, {"grid": (1, 1, 1)}, "grid"),
        (PositionEmbedding, {"grid": (1,)}, "grid"),
        (PositionEmbedding, {"mode": "sinusoidal", "max_wavelength": 0.0}, "max_wavelength"),
        (PositionEmbedding, {"mode": "sinusoidal", "max_length": 3}, "max_length"),
        (PositionEmbedding, {"grid": (1, 1), "max_length": 3}, "max_length"),
        (PositionEmbedding, {}, "max_length"),
        (ProductOfExperts, {"units": 0}, "units"),
        (ProductOfExperts, {"units": 1, "kl_weight": -0.1}, "kl_weight"),
        (QFormer, {"num_queries": 0}, "num_queries"),
        (SharedProjection, {"units": 0}, "units"),
        (SharedProjection, {"units": 1, "hidden_units": (1, 0)}, "hidden_units"),
        (SqueezeExciteFusion, {"ratio": 0}, "ratio"),
        (TensorFusion, {"max_size": 0}, "max_size"),
        (TensorFusion, {"units": 0}, "units"),
        (TimeEmbedding, {"min_period": 0.0, "max_period": 1.0}, "min_period"),
        (TimeEmbedding, {"min_period": 1.0, "max_period": 0.9}, "max_period"),
    ],
)
def test_what_is_just_beyond_is_refused_by_name(cls, options, argument):
    with pytest.raises(ValueError, match=rf"^`{argument}` must .*Received: "):
        cls(**options)


def test_a_modality_may_have_a_single_feature_and_another_no_mask():
    one, other = np.array([[1.0], [2.0]], "float32"), np.array([[3.0], [4.0]], "float32")
    found = MeanFusion()([one, other], mask=[None, np.array([True, False])])
    np.testing.assert_allclose(found, [[2.0], [2.0]])
