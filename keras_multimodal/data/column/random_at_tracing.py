"""Random numbers that a user's function draws once, as it is traced, and never again."""

import dis
import functools
import pickle
import random
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

# What makes a generator anew: its numbers are drawn as the function is traced too.
_MAKERS = {"default_rng", "RandomState"}
_DEPTH = 4  # a partial of a method of an object that holds a generator, and one to spare


def watched(call: Callable[..., Any], function: Any) -> Callable[..., Any]:
    """Return `call`, with a warning if generators move while it becomes part of a graph.

    Args:
        call: The graph function that is called.
        function: The user's, which `call` is made of.
    """

    def call_watched(*arguments: Any, **options: Any) -> Any:
        if tf.executing_eagerly():
            return call(*arguments, **options)
        # Keras draws seeds with Python's `random`: it counts only where the user has it.
        states = {_of_numpy: "NumPy"}
        made = False
        for thing in _reachable(function, _DEPTH):
            state = _state_of(thing)
            if state is not None:
                states[state] = "NumPy" if "numpy" in type(thing).__module__ else "Python"
            made |= isinstance(thing, types.CodeType) and not _MAKERS.isdisjoint(thing.co_names)
        before = {state: state() for state in states}
        result = call(*arguments, **options)
        moved = sorted({whose for state, whose in states.items() if state() != before[state]})
        if made and "NumPy" not in moved:
            moved.insert(0, "NumPy")
        if moved:
            warnings.warn(_message(function, " and ".join(moved)), stacklevel=2)
        return result

    return call_watched


def _message(function: Any, whose: str) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return (
        f"{name!r} draws random numbers of {whose}'s as it becomes part of a graph: once, so that "
        "they are the same in every row and every epoch. Draw them with `tf.random.uniform`, "
        "`tf.random.normal` and their like, which draw anew each time."
    )


def _of_numpy() -> bytes:
    return pickle.dumps(np.random.get_state())  # noqa: NPY002


def _state_of(thing: Any) -> Callable[[], bytes] | None:
    """Return what tells the state of a generator, or None if it is none."""
    if thing is random:
        return lambda: pickle.dumps(random.getstate())
    if isinstance(thing, np.random.Generator):
        return lambda: pickle.dumps(thing.bit_generator.state)
    if isinstance(thing, np.random.RandomState):
        return lambda: pickle.dumps(thing.get_state())
    if isinstance(thing, random.Random):
        return lambda: pickle.dumps(thing.getstate())
    return None


def _reachable(thing: Any, depth: int) -> Iterator[Any]:
    """Yield what a function uses: what it closes over, its module's names, its object's."""
    yield thing
    if not depth:
        return
    parts: list[Any] = []
    if isinstance(thing, functools.partial):
        parts = [thing.func, *thing.args, *thing.keywords.values()]
    elif isinstance(thing, types.FunctionType):
        for code in _codes(thing.__code__):
            yield code
            names = (i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")
            parts += [thing.__globals__.get(name) for name in names]
        parts += [cell.cell_contents for cell in thing.__closure__ or () if _is_full(cell)]
    elif isinstance(thing, types.MethodType):
        parts = [thing.__func__, thing.__self__]
    elif isinstance(thing, types.BuiltinMethodType):  # `uniform` of `from random import uniform`
        parts = [thing.__self__]
    elif callable(thing) and not isinstance(thing, type):
        python_function = getattr(thing, "python_function", None)  # of a `tf.function`
        parts = [python_function, type(thing).__call__]
        parts += vars(thing).values() if hasattr(thing, "__dict__") else ()
    for part in parts:
        yield from _reachable(part, depth - 1)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _is_full(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:  # what is to be in it is not there yet
        return False
    return True
