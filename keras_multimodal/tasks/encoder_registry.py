"""Which encoder a kind of modality has where nobody names another."""

from collections.abc import Callable
from typing import TypeVar

import keras

from keras_multimodal._registry import Registry
from keras_multimodal.schema import Modality

# Called with the modality, the tokens' width, and `dropout`, `seed` and `name`.
MakeEncoder = Callable[..., keras.layers.Layer | None]

_MAKERS = Registry[MakeEncoder]("default encoder")
_Maker = TypeVar("_Maker", bound=MakeEncoder)


def register_encoder(kind: str) -> Callable[[_Maker], _Maker]:
    """Return a decorator that makes a function the default encoder of a kind of modality.

    The function is called as `make(modality, dim, dropout=..., seed=..., name=...)` and returns a
    layer that makes tokens `(batch, length, dim)` or a vector `(batch, dim)` of what
    `modality.encoder_inputs` gives; `None` if the modality's tensors are tokens already. A
    notebook's cell may be run again: a function of the same name and module takes the place of the
    earlier one.

    Args:
        kind: The `kind` of the modality's description.

    Raises:
        TypeError: If it is no function.
        ValueError: If the kind has another encoder already.

    Example:

    >>> @register_encoder("spectrum")
    ... def encode_spectrum(modality, dim, *, dropout, seed, name):
    ...     return keras.layers.Dense(dim, name=name)
    """

    def register(make: _Maker) -> _Maker:
        if not callable(make):
            raise TypeError(f"`make` must be a function that returns a layer. Received: {make!r}")
        _MAKERS.add(kind, make)
        return make

    return register


def encoder_maker(modality: Modality) -> MakeEncoder:
    """Return the function that makes a modality's default encoder.

    Raises:
        ValueError: If its kind has none.
    """
    if modality.kind not in _MAKERS.known:
        raise ValueError(
            "`modality` must be of a kind that has a default encoder, such as "
            f"{sorted(_MAKERS.known)}; give {modality.name!r} one with `encoders`, or its kind "
            f"with tasks.register_encoder. Received: the kind {modality.kind!r}"
        )
    return _MAKERS.known[modality.kind]
