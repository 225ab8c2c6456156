"""Which layers of a model train: groups by depth, freezing, and low-rank adaptation."""

from collections.abc import Sequence

import keras

from keras_multimodal.encoders._backbone import BackboneEncoder

_WITH_LORA = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Embedding)


def layer_groups(model: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the layers with weights of a model, by depth, from the inputs to the outputs.

    Models inside of the model, such as a pretrained backbone, are taken apart; any other layer, an
    encoder or a transformer block for instance, is one group with all that it is made of.

    Args:
        model: A model that has been built. A layer that is no model is a single group.

    Returns:
        The layers, each once.

    Raises:
        ValueError: If `model` has not been built.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(3, name="hidden"), keras.layers.ReLU(),
    ...      keras.layers.Dense(1, name="output")]
    ... )
    >>> [layer.name for layer in layer_groups(model)]
    ['hidden', 'output']
    """
    if not model.built:
        raise ValueError(f"`model` must have been built. Received: {model.name!r}, which has not")
    leaves, _ = _take_apart(model)
    return [leaf for leaf in leaves if leaf.weights]


def freeze(model: keras.layers.Layer, up_to: int | str | None = None) -> list[str]:
    """Keep the weights of a model's first layers as they are.

    A frozen layer runs in inference mode where training would change what it remembers: batch
    normalization uses its moving statistics and leaves them alone. What was frozen or not beyond
    `up_to` stays so. Compile the model afterwards.

    Args:
        model: A model that has been built, or one layer.
        up_to: The name of the last layer to freeze, or how many of `layer_groups(model)` to
            freeze; a negative number leaves out as many at the end. Default `None`: all.

    Returns:
        The names of the layers frozen by this call, from the inputs on.

    Raises:
        ValueError: If `model` has not been built, or `up_to` names none of its layers, several, or
            is beyond their number.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(3, name="hidden"),
    ...      keras.layers.Dense(1, name="output")]
    ... )
    >>> freeze(model, up_to="hidden")
    ['hidden']
    >>> len(model.trainable_weights)
    2
    """
    groups = layer_groups(model)
    chosen = groups[: _place(groups, up_to, "up_to", default=len(groups), after=1)]
    _set_trainable(model, chosen, False)
    return [layer.name for layer in chosen]


def unfreeze(model: keras.layers.Layer, from_: int | str | None = None) -> list[str]:
    """Let the weights of a model's last layers train again.

    What was frozen or not before `from_` stays so. Compile the model afterwards.

    Args:
        model: A model that has been built, or one layer.
        from_: The name of the first layer to unfreeze, or its place among `layer_groups(model)`; a
            negative number counts from the end, so that -1 is the last layer. Default `None`: all.

    Returns:
        The names of the layers unfrozen by this call, from the inputs on.

    Raises:
        ValueError: If `model` has not been built, or `from_` names none of its layers, several, or
            is beyond their number.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dense(3, name="hidden"),
    ...      keras.layers.Dense(1, name="output")]
    ... )
    >>> model.trainable = False
    >>> unfreeze(model, from_=-1)
    ['output']
    """
    groups = layer_groups(model)
    chosen = groups[_place(groups, from_, "from_", default=0, after=0) :]
    _set_trainable(model, chosen, True)
    return [layer.name for layer in chosen]


def enable_lora(
    model: keras.layers.Layer,
    rank: int,
    alpha: float | None = None,
    names: Sequence[str] | None = None,
) -> list[str]:
    """Train low-rank changes of a model's weight matrices, and nothing else of it.

    Each `Dense`, `EinsumDense` and `Embedding` in it, at any depth, computes with
    `W + alpha / rank * A B` in place of `W`, by Keras' own `enable_lora`. `B` starts as zero, so
    that the outputs are at first what they were. All other weights are frozen, batch normalization
    included. Compile the model afterwards.

    A saved model has the changes added to `W`. Its outputs stay what they are; to train it further,
    enable the adaptation again.

    Args:
        model: A layer or a model that has been built, such as an encoder or a backbone; not the
            head, which is to be trained in full.
        rank: Rank of the changes, at least 1.
        alpha: The factor's numerator; `rank` by default, a factor of 1.
        names: The names of the layers to change, such as `("query", "value")`, which the paper
            changes of a transformer's attention. Default `None`: all of these kinds.

    Returns:
        The paths of the layers that were changed.

    Raises:
        ValueError: If `rank` is less than 1; or if `model` has not been built, has no such layer,
            or was adapted before; or if none is called by one of `names`.

    Example:

    >>> layer = keras.layers.Dense(6)
    >>> layer.build((None, 8))
    >>> layers = enable_lora(layer, rank=2)
    >>> [tuple(weight.shape) for weight in layer.trainable_weights]
    [(8, 2), (2, 6)]

    Reference:
        Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021, section 4.1.
    """
    if rank < 1:
        raise ValueError(f"`rank` must be at least 1. Received: rank={rank}")
    if not model.built:
        raise ValueError(f"`model` must have been built. Received: {model.name!r}, which has not")
    parts = model._flatten_layers()  # Keras names what is in a layer nowhere else
    able = [part for part in parts if isinstance(part, _WITH_LORA) and part.built]
    chosen = [part for part in able if names is None or part.name in names]
    stray = sorted(set(names or ()) - {part.name for part in chosen})
    if stray:
        raise ValueError(
            f"`names` must be names of layers that can be adapted, "
            f"{sorted({part.name for part in able})}. Received: {stray} among them"
        )
    if not chosen:
        raise ValueError(
            "`model` must have a Dense, EinsumDense or Embedding layer with weights. "
            f"Received: {model.name!r}, which has none"
        )
    before = [part.path for part in chosen if part.lora_enabled]
    if before:
        raise ValueError(f"`model` must not have been adapted before. Received: adapted {before}")
    model.trainable = True
    given = model.variables
    for part in chosen:
        part.enable_lora(rank, lora_alpha=alpha)
    adapted = {id(part) for part in chosen}
    for part in parts:
        if not adapted & {id(inner) for inner in part._flatten_layers()}:
            part.trainable = False
    for variable in given:
        variable.trainable = False
    return [part.path for part in chosen]


def _take_apart(
    layer: keras.layers.Layer,
) -> tuple[list[keras.layers.Layer], list[keras.layers.Layer]]:
    """Return the layers without a model in them, once and by depth, and the others, outer first."""
    if isinstance(layer, BackboneEncoder):
        parts = [layer.backbone]
    # A model without a graph has `layers` too, but in no order that means anything.
    elif isinstance(layer, keras.Sequential) or hasattr(layer, "operations"):
        parts = layer.layers
    else:
        return [layer], []
    leaves: dict[int, keras.layers.Layer] = {}
    models: dict[int, keras.layers.Layer] = {id(layer): layer}
    for inner in parts:
        inner_leaves, inner_models = _take_apart(inner)
        leaves |= {id(leaf): leaf for leaf in inner_leaves if id(leaf) not in leaves}
        models |= {id(model): model for model in inner_models}
    return list(leaves.values()), list(models.values())


def _place(
    groups: list[keras.layers.Layer],
    wanted: int | str | None,
    argument: str,
    default: int,
    after: int,
) -> int:
    """Return where to cut the groups: a number as it is, a name's place plus `after`."""
    if wanted is None:
        return default
    names = [layer.name for layer in groups]
    if isinstance(wanted, str):
        if names.count(wanted) != 1:
            raise ValueError(
                f"`{argument}` must name one of the layers with weights, {names}. "
                f"Received: {argument}={wanted!r}"
            )
        return names.index(wanted) + after
    if not -len(groups) <= wanted <= len(groups):
        raise ValueError(
            f"`{argument}` must be in [-{len(groups)}, {len(groups)}], for there are "
            f"{len(groups)} layers with weights. Received: {argument}={wanted}"
        )
    return wanted % len(groups) if wanted < 0 else wanted


def _set_trainable(
    model: keras.layers.Layer, chosen: list[keras.layers.Layer], trainable: bool
) -> None:
    """Set `trainable` of some layers, leave the others', and let the models around them agree."""
    leaves, models = _take_apart(model)
    states = [(leaf, leaf.trainable) for leaf in leaves]
    # A model passes its own state on to all that is in it, and hides what trains if it is frozen.
    for inner in models:
        inner.trainable = True
    for leaf, state in states:
        leaf.trainable = state
    for layer in chosen:
        layer.trainable = trainable
    for inner in models:
        inner_leaves, _ = _take_apart(inner)
        if not any(leaf.trainable for leaf in inner_leaves if leaf.weights):
            inner.trainable = False
