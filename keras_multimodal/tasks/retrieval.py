"""A model whose embeddings find what belongs together."""

from collections.abc import Mapping
from typing import Any, Literal, Unpack

import keras
import numpy as np

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers import MaskedMeanPooling, PooledFusion, SharedProjection
from keras_multimodal.layers import fusion as fusions
from keras_multimodal.layers.heads.contrastive_head import LARGEST_SCALE, ContrastiveHead
from keras_multimodal.layers.heads.unit_vectors import UnitVectors
from keras_multimodal.losses import InfoNCE, SigLIP
from keras_multimodal.schema import PairTarget, Schema
from keras_multimodal.tasks._trunk import Encoders, Trunk
from keras_multimodal.tasks.compilation import CompileOptions, compiled

# Where scale and bias start; SigLIP's are its paper's.
_STARTS = {"info_nce": (1 / 0.07, 0.0), "sig_lip": (10.0, -10.0)}


def retriever(
    schema: Schema,
    *,
    loss: Literal["info_nce", "sig_lip"] = "info_nce",
    encoders: Encoders | None = None,
    fusion: str | keras.layers.Layer = fusions.DEFAULT,
    projections: Mapping[str, keras.layers.Layer] | None = None,
    units: int = 64,
    temperature: float | None = None,
    dim: int = 64,
    dropout: float = 0.3,
    compile: bool = True,
    seed: int | None = None,
    **options: Unpack[CompileOptions],
) -> keras.Model:
    """Return a model that puts the parts of a record close to each other in one space, compiled.

    Each tower, such as the picture or the text, is encoded by itself, so that it can be looked for
    with any other: its tokens' mean, or the fusion of its modalities, goes through a projection of
    its own (`SharedProjection`) to a vector of length one. `tasks.tower` is the model of one tower,
    `tasks.embed` gives the vectors of many rows, and `inference.SearchIndex` finds what is close to
    what.

    Args:
        schema: The description of the training rows, `records.schema`, paired with `match`.
        loss: `"info_nce"` (default): which of the batch belongs to the row; or `"sig_lip"`: whether
            two parts belong together, for each pair of the batch. In both, parts that are the same
            as the row's own are no wrong answers.
        encoders: By modality, what stands in place of the default encoder
            (`tasks.default_encoder`): an encoder, a name for `encoders.pretrained`, or any layer or
            model, as `tasks.classifier` says.
        fusion: What makes one vector of a tower of several modalities: a name of
            `layers.fusion.names()`, or, where there is one such tower, a layer. Default
            `"co_attention"`.
        projections: By tower, a layer from its vector `(batch, width)` to `(batch, units)`, in
            place of dropout and a linear layer: hidden layers, or
            `keras.layers.LayerNormalization()` alone where a pretrained encoder's own space is to
            stay.
        units: Width of the space. Default 64.
        temperature: Of the loss's softmax or sigmoid, held at this value: 0.1 keeps heads on
            pretrained features from learning few rows by heart. Default `None`: it is learned,
            from 0.07, or 0.1 in SigLIP.
        dim: Width of the tokens, a multiple of 4. Default 64.
        dropout: Rate in the default encoders and before the default projections, in [0, 1).
            Default 0.3.
        compile: Whether to compile, with `tasks.compile_for`. Default True.
        seed: Seed of what is dropped in training.
        **options: Of `tasks.compile_for`: `learning_rate`, `weight_decay`, `steps` and
            `jit_compile`.

    Returns:
        The model, with the inputs of `tasks.inputs(schema)` and the output
        `(batch, towers, units + 2)`: vectors, and the scale and bias that the loss reads. The other
        rows of a batch are the wrong answers: let `batch_size` be large, and training batches come
        with `drop_remainder=True`.

    Raises:
        ValueError: If the schema's target is no `PairTarget`; if there is an encoder for what it
            has not, or one that cannot read what it describes; if a projection is of no tower or of
            another width; or if an argument is out of its range.

    Example:

    >>> from keras_multimodal.schema import Image, Text
    >>> image = Image(height=16, width=16, rescale=1 / 255)
    >>> text = Text(length=5, vocabulary=("cat", "dog"))
    >>> target = PairTarget(towers=(("image", ("image",)), ("text", ("text",))))
    >>> schema = Schema([image, text], target)
    >>> model = retriever(schema, dim=8, units=16)
    >>> tower(model, schema, "text").output.shape
    (None, 16)

    Reference:
        Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
        2021, section 2; Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023.
    """
    target = _match(schema)
    if loss not in _STARTS:
        raise ValueError(f"`loss` must be 'info_nce' or 'sig_lip'. Received: loss={loss!r}")
    if temperature is not None and not temperature >= 1 / LARGEST_SCALE:
        raise ValueError(
            f"`temperature` must be at least {1 / LARGEST_SCALE}. "
            f"Received: temperature={temperature}"
        )
    unknown = set(projections or ()) - set(target.names)
    if unknown:
        raise ValueError(
            f"`projections` must be for towers, {list(target.names)}. "
            f"Received: projections for {sorted(unknown)} too"
        )
    several = [name for name, members in target.towers if len(members) > 1]
    if isinstance(fusion, keras.layers.Layer) and len(several) > 1:
        raise ValueError(
            "`fusion` must be a name where several towers are fused, each by a layer of its own. "
            f"Received: fusion={fusion!r} for {several}"
        )
    trunk = Trunk(schema, encoders, dim, dropout, 0.0, seed)
    vectors = []
    for name, members in target.towers:
        inner = inner_name(name)
        tokens = {modality: trunk.tokens[modality] for modality in members}
        masks = {modality: trunk.masks[modality] for modality in members}
        if len(members) == 1:
            pool = MaskedMeanPooling(name=f"{inner}_pool")
            vector = pool(tokens[members[0]], mask=masks[members[0]])
        else:
            vector = PooledFusion(fusion, dim=dim, name=f"{inner}_fusion")(tokens, mask=masks)
        own_projection = (projections or {}).get(name)
        if own_projection is None:
            vector = keras.layers.Dropout(dropout, seed=seed, name=f"{inner}_dropout")(vector)
            project = SharedProjection(
                units, normalization="l2", dtype="float32", name=_embedding_name(name)
            )
            vectors.append(project([vector])[0])
            continue
        # Reshaping leaves the mask behind, which not every layer takes.
        projected = own_projection(keras.ops.reshape(vector, (-1, vector.shape[-1])))
        if tuple(projected.shape[1:]) != (units,):
            raise ValueError(
                f"`projections` must give vectors (batch, {units}), as `units` says. "
                f"Received: {tuple(projected.shape)} of {name!r}"
            )
        unit = UnitVectors(dtype="float32", name=_embedding_name(name))
        vectors.append(unit([projected, vector]))
    scale, bias = _STARTS[loss]
    if temperature is not None:
        scale = 1 / temperature
    head = ContrastiveHead(
        scale, bias, learn_scale=temperature is None, dtype="float32", name=target.name
    )
    model = keras.Model(trunk.inputs, head(vectors), name="retriever")
    return compiled(
        model, schema, compile, options, loss=InfoNCE() if loss == "info_nce" else SigLIP()
    )


def tower(model: keras.Model, schema: Schema, name: str) -> keras.Model:
    """Return the model of one tower of a retriever, which shares its weights.

    Args:
        model: What `tasks.retriever` made, or the same loaded from a file.
        schema: The schema that it was made of.
        name: The tower.

    Returns:
        A model from the inputs of the tower alone, by name, to its vectors `(batch, units)`.

    Raises:
        ValueError: If there is no such tower, or the model is no retriever of the schema.

    Example:

    >>> tower(model, schema, "image").predict(photos)  # doctest: +SKIP
    """
    towers = dict(_match(schema).towers)
    if name not in towers:
        raise ValueError(
            f"`name` must be a tower of the retriever, one of {list(towers)}. "
            f"Received: name={name!r}"
        )
    used = {tensor for modality in towers[name] for tensor in schema[modality].tensors}
    inputs = {tensor.name: tensor for tensor in model.inputs if tensor.name in used}
    layer = _embedding_name(name)
    if layer not in {each.name for each in model.layers}:
        raise ValueError(
            "`model` must be what `tasks.retriever` made of `schema`. "
            f"Received: model={model.name!r} without a layer {layer!r}"
        )
    output = model.get_layer(layer).output
    output = output[0] if isinstance(output, (list, tuple)) else output
    return keras.Model(inputs, output, name=f"{inner_name(name)}_tower")


def embed(model: keras.Model, schema: Schema, dataset: Any) -> dict[str, np.ndarray]:
    """Return the vectors of every row, by tower.

    Args:
        model: What `tasks.retriever` made.
        schema: The schema that it was made of.
        dataset: Batches, with labels or without, such as `test.batch(256)`.

    Returns:
        `(rows, units)` float32 by tower, each vector of length one; zeros where a row lacks the
        tower.

    Raises:
        ValueError: If the schema's target is no `PairTarget`.

    Example:

    >>> embed(model, test.schema, test.batch(256))["image"]  # doctest: +SKIP
    """
    names = _match(schema).names
    found = model.predict(dataset, verbose=0)  # (rows, towers, units + 2)
    return {name: found[:, place, :-2] for place, name in enumerate(names)}


def _match(schema: Schema) -> PairTarget:
    if not isinstance(schema.target, PairTarget):
        raise ValueError(
            "`schema` must have the pairing for its target; pair the rows with `match`. "
            f"Received: target={schema.target!r}"
        )
    return schema.target


def _embedding_name(name: str) -> str:
    return f"{inner_name(name)}_embedding"
