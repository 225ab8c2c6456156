"""Arguments of `Records` by the names that they have in scikit-learn and Keras."""

import functools
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

import numpy as np

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _knowing(names: Mapping[str, str]) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Return a decorator of a method that says what an argument is called here.

    Args:
        names: By the name that it has elsewhere, the name here; empty where there is none, since
            the seed alone decides the order.
    """

    def decorate(method: Callable[_P, _R]) -> Callable[_P, _R]:
        call = f"records.{method.__name__}"

        @functools.wraps(method)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            for name, value in kwargs.items():
                here = names.get(name)
                if here:
                    raise TypeError(
                        f"`{name}` must be called `{here}`: `{call}({here}={value!r})`. "
                        f"Received: {name}={value!r}"
                    )
                if here is not None:
                    raise TypeError(
                        f"`{name}` must be left out: `{call}` mixes the rows by `seed`. "
                        f"Received: {name}={value!r}"
                    )
                if name == "stratify" and not isinstance(value, (bool, np.bool_)):
                    raise TypeError(
                        "`stratify` must be True or False: the rows have their labels. "
                        f"Received: {type(value).__name__}"
                    )
            return method(*args, **kwargs)

        return checked

    return decorate


split_keywords = _knowing(
    {
        "test_size": "test",
        "test_split": "test",
        "train_size": "train",
        "validation_size": "validation",
        "validation_split": "validation",
        "val_size": "validation",
        "val": "validation",
        "random_state": "seed",
        "shuffle": "",
    }
)
fold_keywords = _knowing(
    {"n_splits": "count", "n_folds": "count", "k": "count", "random_state": "seed", "shuffle": ""}
)
