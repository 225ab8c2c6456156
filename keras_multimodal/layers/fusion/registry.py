"""The fusions by name."""

import difflib
import importlib
from typing import Any

import keras

from keras_multimodal.errors import ArgumentError
from keras_multimodal.layers.fusion.anchored_fusion import AnchoredFusion

# What a name stands for where its class leaves these to the caller.
_UNITS = {"units": 64}
_HEADS = {"num_heads": 4}

# Over both of the tasks of docs/fusion.md it did best.
DEFAULT = "co_attention"

# The class of each name in `keras_multimodal.layers`, which is looked up when it is asked for: any
# layer may be made of others, and imports go no way round. From the simple to the elaborate.
_FUSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "mean": ("MeanFusion", {}),
    "max": ("MaxFusion", {}),
    "concat": ("ConcatFusion", {}),
    "deep_set": ("DeepSetFusion", _UNITS),
    "logits": ("LogitFusion", {}),
    "weighted": ("ModalityWeighting", {}),
    "gated": ("GatedFusion", _UNITS),
    "mixture_of_experts": ("MixtureOfExpertsFusion", _UNITS),
    "product_of_experts": ("ProductOfExperts", _UNITS),
    "adaptation_gate": ("MultimodalAdaptationGate", {}),
    "tensor": ("TensorFusion", _UNITS),
    "low_rank": ("LowRankFusion", _UNITS),
    "factorized_bilinear": ("FactorizedBilinearPooling", _UNITS),
    "mutan": ("MutanFusion", _UNITS),
    "multiplicative": ("MultiplicativeInteraction", _UNITS),
    "film": ("FiLM", {}),
    "squeeze_excite": ("SqueezeExciteFusion", {}),
    "modality_specific_shared": ("ModalitySpecificShared", _UNITS),
    "cross_attention": ("CrossModalAttention", {**_HEADS, "residual": True}),
    "gated_cross_attention": ("GatedCrossAttention", _HEADS),
    "co_attention": ("CoAttention", _HEADS),
    "cross_modal_transformer": ("CrossModalTransformer", _HEADS),
    "bottleneck": ("BottleneckFusion", _HEADS),
    "merged_attention": ("MergedAttention", _HEADS),
    "perceiver": ("PerceiverResampler", {}),
    "q_former": ("QFormer", {}),
}
_OF_TWO_ARGUMENTS = {"cross_attention", "film", "gated_cross_attention"}


def names() -> tuple[str, ...]:
    """Return the names that `get` knows.

    Example:

    >>> "gated" in names()
    True
    """
    return tuple(_FUSIONS)


def get(identifier: str | keras.layers.Layer, **options: Any) -> keras.layers.Layer:
    """Return a fusion by name: a layer that takes all modalities in one list or dict.

    Args:
        identifier: One of `names()`. A layer is returned as it is.
        **options: Arguments of the class that the name stands for. Where it leaves `units` or
            `num_heads` to the caller, they are 64 and 4 unless they are given here. The layers of
            two arguments (`"cross_attention"`, `"gated_cross_attention"` and `"film"`) come in an
            `AnchoredFusion` and take its `anchor` too; `"cross_attention"` has `residual=True`
            unless it is given.

    Returns:
        The layer.

    Raises:
        TypeError: If `identifier` is neither a name nor a layer.
        ValueError: If there is no such name, or if a layer comes with options.

    Example:

    >>> fusion = get("gated", units=8)
    >>> tuple(fusion({"image": keras.ops.ones((2, 3)), "text": keras.ops.ones((2, 5, 4))}).shape)
    (2, 8)
    """
    if isinstance(identifier, keras.layers.Layer):
        if options:
            raise ValueError(
                "`options` must be left out when a layer is given: it has its own. "
                f"Received: identifier={identifier.name!r}, options={sorted(options)}"
            )
        return identifier
    if not isinstance(identifier, str):
        raise TypeError(
            f"`identifier` must be a name or a Keras layer. Received: identifier={identifier!r}"
        )
    if identifier not in _FUSIONS:
        similar = difflib.get_close_matches(identifier, _FUSIONS, n=1)
        hint = f" Did you mean {similar[0]!r}?" if similar else ""
        raise ArgumentError(
            "identifier", f"must be one of {list(_FUSIONS)}. Received: {identifier!r}.{hint}"
        )
    class_name, defaults = _FUSIONS[identifier]
    cls = getattr(importlib.import_module("keras_multimodal.layers"), class_name)
    options = {**defaults, **options}
    if identifier not in _OF_TWO_ARGUMENTS:
        return cls(**options)
    wrapper_options = {key: options.pop(key) for key in ("anchor", "name") if key in options}
    return AnchoredFusion(cls(**options), **wrapper_options)
