"""Who is converted by AutoGraph: the user's functions, and none of this package's.

AutoGraph rewrites a function's source, and that of all it calls, before tf.data traces it. That
takes four fifths of the time until the first batch, and the functions here have no `if` or `for`
over tensors that it could turn into operations.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import tensorflow as tf

from keras_multimodal.data.column.random_at_tracing import watched

_Function = TypeVar("_Function", bound=Callable[..., Any])

_PACKAGE = __name__.partition(".")[0]


def unconverted(function: _Function) -> _Function:
    """Return the function, to be traced as it is written with all that it calls.

    Every function of this package that goes to `Dataset.map` or its like is wrapped in it. What
    it calls of the user's goes through `converted` first.

    Args:
        function: A graph function, without an `if` or a `for` over tensors.
    """
    wrapped: _Function = tf.autograph.experimental.do_not_convert(function)
    return wrapped


def converted(function: _Function) -> _Function:
    """Return a function that may be the user's, converted wherever it is called from.

    What stands around it, `unconverted`, would else hold for it too. Call this before anything is
    traced: AutoGraph is on or off as it is here. Random numbers that it draws in Python, once and
    for all, are warned of.

    Args:
        function: A graph function. One of this package's is returned as it is.
    """
    module = getattr(function, "__module__", None) or ""
    if module.partition(".")[0] == _PACKAGE:
        return function
    # What tf.data does with a function it is given. A `tf.function` would convert it too, and be a
    # graph of its own: with `tf.random.set_seed`, its random numbers would be others.
    autograph = tf.__internal__.autograph
    wrapped = autograph.tf_convert(function, autograph.control_status_ctx())
    return cast("_Function", watched(wrapped, function))
