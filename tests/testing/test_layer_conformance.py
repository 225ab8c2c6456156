"""The conformance run passes good layers, and names what is wrong with bad ones."""

import random
import re
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
from broken_layers import (
    ArgumentChanged,
    ArgumentMissing,
    AttendsToNothing,
    BakesLengthIn,
    BranchesOnValue,
    CannotBeCalled,
    CountsCalls,
    CountsPadding,
    DeadWeight,
    DividesByNothing,
    DoublesCompiledTraining,
    DropoutAlwaysTheSame,
    DropoutInInference,
    DropoutNever,
    DropoutOfOneRate,
    DropoutScalesInference,
    DropsMask,
    EmptiesDict,
    FixedBatch,
    FloatMask,
    ForgetsOnLoading,
    FullPrecisionSublayer,
    HalfWeights,
    IgnoresExplicitMask,
    InfiniteGradient,
    InnerDropoutNever,
    LeaksIntoGradients,
    LearnsNothingCompiled,
    LeavesNaNAtMasked,
    LeavesTheGraphInTraining,
    LosesWeights,
    MixesRows,
    MultipliesByMask,
    MutatesArgument,
    NeedsMask,
    NoisyInference,
    NoShape,
    OneOfTwoDropouts,
    OverflowsInHalf,
    PoolsMasked,
    ReturnsFullPrecision,
    TakesAnyNames,
    Unregistered,
    ValidFromNothing,
    WalksDict,
    WeightsInConstructor,
    WrongDtype,
    WrongShape,
)
from good_layers import (
    DICT_CASE,
    IDS,
    MASK,
    PAIR_CASE,
    POOL_CASE,
    PRESENT,
    TOKENS,
    TOKENS_CASE,
    Attend,
    Join,
    Pool,
    PresentOnly,
    Projection,
    ProjectionDropout,
    StepsThere,
    register,
)

from keras_multimodal.testing import run_layer_conformance
from keras_multimodal.testing.layer_conformance import _CHECKS


def run(cls: type, init_kwargs: dict[str, Any] | None = None, **arguments: Any) -> None:
    run_layer_conformance(cls, init_kwargs or {}, **arguments)


@pytest.mark.parametrize(
    ("cls", "init_kwargs", "case"),
    [
        (Projection, {}, TOKENS_CASE),
        (Projection, {}, {"inputs": TOKENS, "expected_output_shape": (3, 4, 5)}),
        (ProjectionDropout, {"rate": 0.3}, TOKENS_CASE),
        (Pool, {}, POOL_CASE),
        (Join, {}, DICT_CASE),
        (Attend, {}, PAIR_CASE),
        (
            PresentOnly,
            {},
            {
                "inputs": [TOKENS, PRESENT],
                "expected_output_shape": (3, 4, 5),
                "expected_output_mask": np.repeat(PRESENT[:, None], 4, axis=1),
            },
        ),
        (
            StepsThere,
            {},
            {
                "inputs": [TOKENS, MASK],
                "expected_output_shape": (3, 4, 5),
                "expected_output_mask": MASK,
            },
        ),
        (
            keras.layers.Dense,
            {"units": 5, "kernel_initializer": "he_normal"},
            {"inputs": TOKENS, "expected_output_shape": (3, 4, 5)},
        ),
        (
            keras.layers.Embedding,
            {"input_dim": 4, "output_dim": 2, "mask_zero": True},
            {
                "inputs": IDS,
                "expected_output_shape": (3, 4, 2),
                "expected_output_mask": IDS != 0,
            },
        ),
    ],
)
def test_good_layers_pass(cls: type, init_kwargs: dict[str, Any], case: dict[str, Any]) -> None:
    run(cls, init_kwargs, **case)


# A layer, its constructor's arguments, what it is called with, and exactly the checks that fail.
BROKEN = [
    (Unregistered, {}, TOKENS_CASE, {"registered", "config_round_trip", "keras_file"}),
    (WeightsInConstructor, {}, TOKENS_CASE, {"constructor"}),
    (MutatesArgument, {"sizes": [2, 1]}, TOKENS_CASE, {"constructor"}),
    (
        ArgumentMissing,
        {"units": 5},
        TOKENS_CASE,
        {"config_arguments", "config_round_trip", "keras_file"},
    ),
    (ArgumentChanged, {"scale": 0.5}, TOKENS_CASE, {"config_arguments"}),
    (ForgetsOnLoading, {"rate": 0.5}, TOKENS_CASE, {"config_round_trip"}),
    (
        Projection,
        {"units": 6},
        TOKENS_CASE,
        {"output_shape", "compute_output_shape"},
    ),
    (WrongShape, {}, TOKENS_CASE, {"compute_output_shape", "symbolic_output"}),
    (
        NoShape,
        {},
        {"inputs": TOKENS, "expected_output_shape": (3, 4, 6)},
        {"compute_output_shape", "symbolic_output"},
    ),
    (WrongDtype, {}, TOKENS_CASE, {"symbolic_output", "mixed_float16", "mixed_bfloat16"}),
    (FixedBatch, {}, TOKENS_CASE, {"symbolic_output"}),
    (MixesRows, {}, TOKENS_CASE, {"single_row", "all_masked_row"}),
    (DropsMask, {}, TOKENS_CASE, {"output_mask"}),
    (FloatMask, {}, TOKENS_CASE, {"output_mask"}),
    (IgnoresExplicitMask, {}, TOKENS_CASE, {"explicit_mask"}),
    (NeedsMask, {}, POOL_CASE, {"without_mask"}),
    (
        PoolsMasked,
        {},
        POOL_CASE,
        {"masked_content", "masked_content_gradients", "all_masked_row", "trailing_padding"},
    ),
    (
        MultipliesByMask,
        {},
        POOL_CASE,
        {"masked_content", "all_masked_row"},
    ),
    (LeavesNaNAtMasked, {}, TOKENS_CASE, {"masked_content", "all_masked_row"}),
    (LeaksIntoGradients, {}, TOKENS_CASE, {"masked_content_gradients", "all_masked_row"}),
    (DividesByNothing, {}, POOL_CASE, {"all_masked_row", "mixed_float16", "mixed_bfloat16"}),
    (AttendsToNothing, {}, PAIR_CASE, {"all_masked_row"}),
    (ValidFromNothing, {}, TOKENS_CASE, {"all_masked_row"}),
    (CountsPadding, {}, POOL_CASE, {"trailing_padding"}),
    (BranchesOnValue, {}, TOKENS_CASE, {"graph", "jit", "fit_step", "saved_model"}),
    (BakesLengthIn, {}, TOKENS_CASE, {"graph", "saved_model"}),
    (LosesWeights, {}, TOKENS_CASE, {"keras_file"}),
    (CountsCalls, {}, TOKENS_CASE, {"deterministic_inference"}),
    (DropoutScalesInference, {"rate": 0.3}, TOKENS_CASE, {"dropout"}),
    (DropoutNever, {"rate": 0.3}, TOKENS_CASE, {"dropout"}),
    (DropoutAlwaysTheSame, {"rate": 0.3}, TOKENS_CASE, {"dropout"}),
    (OneOfTwoDropouts, {"rate": 0.3}, TOKENS_CASE, {"dropout"}),
    (InnerDropoutNever, {"rate": 0.3}, TOKENS_CASE, {"dropout"}),
    (DropoutOfOneRate, {"rate": 0.3, "last_dropout": 0.4}, TOKENS_CASE, {"dropout"}),
    (EmptiesDict, {}, DICT_CASE, {"inputs_unchanged", "without_mask"}),
    (WalksDict, {}, DICT_CASE, {"dict_order"}),
    (TakesAnyNames, {}, DICT_CASE, {"dict_names"}),
    (HalfWeights, {}, TOKENS_CASE, {"mixed_float16", "mixed_bfloat16"}),
    (OverflowsInHalf, {}, POOL_CASE, {"mixed_float16"}),
    (FullPrecisionSublayer, {}, TOKENS_CASE, {"sublayer_dtypes"}),
    (ReturnsFullPrecision, {}, TOKENS_CASE, {"mixed_float16", "mixed_bfloat16"}),
    (DeadWeight, {}, TOKENS_CASE, {"weight_gradients"}),
    (
        InfiniteGradient,
        {},
        TOKENS_CASE,
        {"weight_gradients", "masked_content_gradients", "all_masked_row", "fit_step"},
    ),
    (LeavesTheGraphInTraining, {}, TOKENS_CASE, {"fit_step"}),
    (DoublesCompiledTraining, {}, TOKENS_CASE, {"fit_step"}),
    (LearnsNothingCompiled, {}, TOKENS_CASE, {"fit_step"}),
    (LearnsNothingCompiled, {"rate": 0.3}, TOKENS_CASE, {"fit_step"}),
]


def failed_checks(error: AssertionError) -> set[str]:
    return set(re.findall(r"^- (\w+):", str(error), re.MULTILINE))


@pytest.mark.parametrize(
    ("cls", "init_kwargs", "case", "checks"), BROKEN, ids=[row[0].__name__ for row in BROKEN]
)
def test_a_broken_layer_fails_the_right_checks(
    cls: type, init_kwargs: dict[str, Any], case: dict[str, Any], checks: set[str]
) -> None:
    with pytest.raises(AssertionError) as caught:
        run(cls, init_kwargs, **case)
    found = failed_checks(caught.value)
    if keras.backend.backend() == "tensorflow":
        assert found == checks
    else:
        # These two look at nothing that JAX could break.
        assert found >= checks - {"graph", "saved_model"}


@pytest.mark.parametrize(
    ("cls", "init_kwargs", "check"),
    [
        (NoisyInference, {}, "deterministic_inference"),
        (DropoutInInference, {"rate": 0.3}, "dropout"),
    ],
)
def test_randomness_in_inference_fails_its_check_among_others(
    cls: type, init_kwargs: dict[str, Any], check: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        run(cls, init_kwargs, **TOKENS_CASE)
    assert check in failed_checks(caught.value)


def test_every_check_has_a_layer_that_breaks_it() -> None:
    documented = run_layer_conformance.__doc__.split("Args:")[0]
    names = set(re.findall(r"`([a-z_0-9]+)`", documented)) - {"fit", "jit_compile"}
    assert names == set(_CHECKS) == set().union(*(row[-1] for row in BROKEN))


def test_the_report_names_check_promise_and_difference() -> None:
    with pytest.raises(AssertionError) as caught:
        run(CountsPadding, **POOL_CASE)
    head, check, difference = str(caught.value).split("\n")
    assert head == "CountsPadding breaks 1 of 29 promises:"
    assert check == "- trailing_padding: Masked places appended to the length change nothing."
    assert re.match(r"  with two masked places .*: output differs in 18 of 18 values", difference)
    assert isinstance(caught.value.__cause__, ExceptionGroup)


def test_a_layer_that_cannot_be_called_is_reported_once() -> None:
    with pytest.raises(AssertionError, match="CannotBeCalled cannot be called: KeyError"):
        run(CannotBeCalled, **TOKENS_CASE)


def test_a_waiver_lets_a_check_fail() -> None:
    run(CountsPadding, waivers={"trailing_padding": "the length is part of it"}, **POOL_CASE)


def test_a_waiver_for_a_check_that_holds_fails() -> None:
    with pytest.raises(AssertionError, match=r"trailing_padding: .*\n  holds; its waiver"):
        run(Pool, waivers={"trailing_padding": "the length is part of it"}, **POOL_CASE)


@register
class DrawsAsItIsMade(Projection):
    """Notes what Python's generator and Keras' initializers give."""

    drawn: ClassVar[list[tuple[Any, float]]] = []

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        weight = float(keras.ops.convert_to_numpy(self.dense.kernel)[0, 0])
        self.drawn.append((random.getstate(), weight))


def test_the_process_draws_on_as_if_nothing_had_been() -> None:
    def draws() -> list[Any]:
        unseeded = keras.ops.convert_to_numpy(keras.random.uniform((2,)))
        state = np.random.get_state()[1]  # noqa: NPY002
        return [random.getstate(), state.tolist(), unseeded.tolist()]

    keras.utils.set_random_seed(5)
    expected = draws()
    keras.utils.set_random_seed(5)
    run(Projection, checks=["constructor", "fit_step"], **TOKENS_CASE)
    assert draws() == expected


def test_every_run_draws_the_same() -> None:
    found = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        DrawsAsItIsMade.drawn.clear()
        run(DrawsAsItIsMade, checks=["config_round_trip"], **TOKENS_CASE)
        found.append(list(DrawsAsItIsMade.drawn))
    assert found[0]
    assert found[0] == found[1]


def test_checks_that_are_not_asked_for_are_not_made() -> None:
    others = set(_CHECKS) - {"trailing_padding"}
    run(CountsPadding, checks=others, waivers={"trailing_padding": "not asked for"}, **POOL_CASE)
    with pytest.raises(AssertionError, match="breaks 1 of 2 promises") as caught:
        run(CountsPadding, checks=("trailing_padding", "graph"), **POOL_CASE)
    assert failed_checks(caught.value) == {"trailing_padding"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checks": ()}, "`checks` must be a collection of one or more"),
        ({"checks": "graph"}, "`checks` must be a collection of one or more"),
        ({"checks": ["graph", "no_such_check"]}, "Received: checks=.*no_such_check"),
        ({"waivers": {"jit": " "}}, "must give a reason"),
        ({"waivers": {"no_such_check": "a reason"}}, "must give a reason"),
        ({"masks": MASK.astype("float32")}, "`masks` must be boolean"),
        ({"masks": MASK[:, :2]}, "must have the leading axes"),
        ({"masks": np.ones_like(MASK)}, "both valid and masked places"),
        ({"masks": np.zeros_like(MASK)}, "both valid and masked places"),
        ({"inputs": TOKENS[:1], "masks": MASK[:1]}, "number of rows"),
        ({"inputs": (TOKENS, TOKENS)}, "no more entries than"),
        ({"expected_output_mask": [MASK, MASK]}, "one mask or None for each output"),
    ],
)
def test_arguments_that_make_no_sense_are_value_errors(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        run(Projection, **{**TOKENS_CASE, **changes})
