"""The promises that every layer of the package keeps, checked in one run."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import keras

from keras_multimodal._seeding import seeded
from keras_multimodal.testing import (
    _configuration,
    _dropout,
    _execution,
    _masking,
    _precision,
    _serialization,
    _shapes,
    _training,
)
from keras_multimodal.testing._case import Case
from keras_multimodal.types import Masks, Shapes, Tensors

_CHECKS: dict[str, Callable[[Case], None]] = {
    check.__name__: check
    for check in (
        _configuration.registered,
        _configuration.constructor,
        _configuration.config_arguments,
        _configuration.config_round_trip,
        _shapes.output_shape,
        _shapes.compute_output_shape,
        _shapes.symbolic_output,
        _shapes.single_row,
        _masking.output_mask,
        _masking.explicit_mask,
        _masking.without_mask,
        _masking.masked_content,
        _masking.masked_content_gradients,
        _masking.all_masked_row,
        _masking.trailing_padding,
        _execution.graph,
        _execution.jit,
        _execution.deterministic_inference,
        _dropout.dropout,
        _execution.inputs_unchanged,
        _execution.dict_order,
        _execution.dict_names,
        _precision.mixed_float16,
        _precision.mixed_bfloat16,
        _precision.sublayer_dtypes,
        _training.weight_gradients,
        _training.fit_step,
        _serialization.keras_file,
        _serialization.saved_model,
    )
}


def run_layer_conformance(
    cls: type[keras.layers.Layer],
    init_kwargs: Mapping[str, Any],
    inputs: Tensors,
    masks: Masks = None,
    *,
    expected_output_shape: Shapes,
    expected_output_mask: Any = None,
    call_kwargs: Mapping[str, Any] | None = None,
    waivers: Mapping[str, str] | None = None,
    checks: Collection[str] | None = None,
) -> None:
    """Check everything that a user of Keras may expect of a layer, and report all that is broken.

    The checks, by the name that a report gives them:

    - `registered`, `constructor`, `config_arguments`, `config_round_trip`: the class is
      registered; the constructor makes no weights; the configuration holds every argument,
      unchanged, and survives JSON.
    - `output_shape`, `compute_output_shape`, `symbolic_output`, `single_row`: the shapes agree,
      also with an unknown batch and unknown lengths; rows do not mix.
    - `output_mask`, `explicit_mask`, `without_mask`, `masked_content`,
      `masked_content_gradients`, `all_masked_row`, `trailing_padding`: masks arrive and go on;
      what stands at a masked place, 1e4 and NaN included, changes no valid output and no gradient;
      a row with nothing valid is finite and carries nothing; masked places at the end of the
      length change nothing.
    - `graph`, `jit`, `keras_file`, `saved_model`: the compiled layer, a model with
      `jit_compile=True`, a saved and loaded model, and a SavedModel (TensorFlow only) give what
      the eager call gives.
    - `deterministic_inference`, `dropout`, `inputs_unchanged`, `dict_order`, `dict_names`: a call
      has no side effects, each dropout of the layer and of its parts acts in training only, and
      dict inputs are taken by name.
    - `mixed_float16`, `mixed_bfloat16`, `sublayer_dtypes`: mixed precision on float32 weights.
    - `weight_gradients`, `fit_step`: every weight learns, and a compiled step of `fit` moves the
      weights as the eager gradients say.

    A length is unknown, and is padded, where a mask runs along it. Before a layer is tried, its
    weights are moved off their initial values: a leak behind a zero gate cannot be seen. Runs on
    the TensorFlow and the JAX backend. Each check draws the same weights and the same dropout,
    whatever ran before; the process's own random numbers go on as if nothing had been.

    Args:
        cls: The layer class.
        init_kwargs: Its constructor's arguments, small enough to run fast.
        inputs: What the layer is called with, as NumPy arrays of two rows or more. A tuple holds
            several call arguments in their order: `(query, context)` is called as
            `layer(query, context)`. Anything else is the first argument: an array, a list or a
            dict of arrays. float64 becomes float32. In the list `[values, present]` with `present`
            boolean of shape `(batch,)`, or `(batch, steps)`, the first axes of `values`, what is
            not present counts as masked.
        masks: Boolean masks nested like `inputs`, with `None` for what has no mask. A mask has
            the leading axes of its input, such as `(batch, length)`, and both valid and masked
            places. Default `None`: no masks.
        expected_output_shape: The shape of the output with its batch, or a nest of shapes.
        expected_output_mask: The Keras mask that the output carries, or a nest of masks and
            `None`; default `None`: the output carries none.
        call_kwargs: Further keyword arguments of each call, such as
            `{"return_attention_scores": True}`. Default `None`.
        waivers: The reason why a check cannot hold, by the check's name. A check that holds in
            spite of its waiver fails. Default `None`.
        checks: The names of the checks to make, where others are made elsewhere: compiling and
            saving take most of the time. Waivers of other checks are not looked at. Default
            `None`: all checks.

    Raises:
        AssertionError: If a promise is broken. The message names each check that failed, the
            promise and the difference; the exceptions themselves are in `__cause__`.
        ValueError: If `inputs` and `masks` do not fit each other or the layer's `call`, if a mask
            would make a check vacuous, if a waiver has no reason or names no check, or if `checks`
            is empty or names one that there is not.

    Example:

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> run_layer_conformance(
    ...     keras.layers.Dense, {"units": 3}, rng.normal(size=(2, 4)), expected_output_shape=(2, 3)
    ... )
    >>> run_layer_conformance(  # doctest: +ELLIPSIS
    ...     keras.layers.GlobalAveragePooling1D,
    ...     {},
    ...     rng.normal(size=(2, 3, 4)),
    ...     np.array([[True, True, False], [True, False, False]]),
    ...     expected_output_shape=(2, 4),
    ... )
    Traceback (most recent call last):
        ...
    AssertionError: GlobalAveragePooling1D breaks ...
    """
    waived = _check_waivers(waivers or {})
    made = _check_names(checks)
    case = Case(
        cls,
        init_kwargs,
        inputs,
        masks,
        call_kwargs or {},
        expected_output_shape,
        expected_output_mask,
    )
    try:
        with seeded(0):
            case.outputs()
    except Exception as error:
        raise AssertionError(f"{cls.__name__} cannot be called: {error!r}") from error
    failures: dict[str, Exception] = {}
    for name, check in made.items():
        case.restore()
        try:
            with seeded(0):
                check(case)
        except Exception as error:
            if name not in waived:
                failures[name] = error
        else:
            if name in waived:
                failures[name] = AssertionError("holds; its waiver is out of date")
    if failures:
        raise AssertionError(_report(cls, failures, len(made))) from ExceptionGroup(
            f"{cls.__name__}, one exception for each check", list(failures.values())
        )


def _check_waivers(waivers: Mapping[str, str]) -> Mapping[str, str]:
    for name, reason in waivers.items():
        if name not in _CHECKS or not reason.strip():
            raise ValueError(
                f"`waivers` must give a reason for each check it names, one of {list(_CHECKS)}. "
                f"Received: {name!r} with the reason {reason!r}"
            )
    return waivers


def _check_names(names: Collection[str] | None) -> Mapping[str, Callable[[Case], None]]:
    if names is None:
        return _CHECKS
    if isinstance(names, str) or not names or not set(names) <= set(_CHECKS):
        raise ValueError(
            f"`checks` must be a collection of one or more of {list(_CHECKS)}. "
            f"Received: checks={names!r}"
        )
    return {name: check for name, check in _CHECKS.items() if name in names}


def _report(cls: type, failures: Mapping[str, Exception], count: int) -> str:
    """Write a paragraph for each difference; checks that found the same share it."""
    names_by_difference: dict[str, list[str]] = {}
    for name, error in failures.items():
        difference = str(error) if isinstance(error, AssertionError) else repr(error)
        names_by_difference.setdefault(difference, []).append(name)
    lines = [f"{cls.__name__} breaks {len(failures)} of {count} promises:"]
    for difference, names in names_by_difference.items():
        lines += [f"- {name}: {_CHECKS[name].__doc__}" for name in names]
        lines.append(f"  {difference}")
    return "\n".join(lines)
